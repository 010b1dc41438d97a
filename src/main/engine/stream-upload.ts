import { SluiceError } from '../../shared/errors.ts'
import type { TransferState } from '../../shared/transfer.ts'
import { S3_LIMITS } from '../core/part-plan.ts'
import { maxStreamBytes, partsInMemory, streamPartBytes } from '../core/stream-plan.ts'
import { uploadIdOf } from '../core/transition.ts'
import { connectionsFor } from '../flow/connections-for.ts'
import { beginUpload } from './begin-upload.ts'
import { wholeChecksum } from './checksums.ts'
import type { Completed } from './complete-upload.ts'
import { completeUpload } from './complete-upload.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import { keepsBoth, takeNextName } from './keep-both.ts'
import { strictest } from './limits.ts'
import type { S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'
import { existsAlready, settleLostAnswer } from './stream-exists.ts'
import type { StreamPart } from './stream-parts.ts'
import { PartReader } from './stream-parts.ts'
import type { PutDone } from './stream-put.ts'
import type { PartOf } from './stream-requests.ts'
import { StreamRequests } from './stream-requests.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { newWork, wasSentTwice } from './transfer-record.ts'

/**
 * Uploads a source of bytes that can be read once and whose length nobody knows, as one transfer of the queue. Two or
 * three parts are in memory; what fails is sent again from there. It cannot go on later: whatever ends it before the
 * last byte aborts the upload.
 */
export class StreamUpload {
  readonly transfer: Transfer
  readonly #engine: EngineContext
  readonly #runtime: DestinationRuntime
  readonly #reader: PartReader
  readonly #work: Work
  readonly #requests: StreamRequests
  readonly #abort = new AbortController()
  readonly #sending = new Set<Promise<void>>()
  readonly #done: Promise<void>

  /** Begins at once. The transfer is in the queue, and is this object's alone. */
  constructor(
    engine: EngineContext,
    transfer: Transfer,
    runtime: DestinationRuntime,
    source: AsyncIterable<Uint8Array>,
  ) {
    this.#engine = engine
    this.transfer = transfer
    this.#runtime = runtime
    this.#reader = new PartReader(source, transfer.options.checksum, this.#abort.signal)
    this.#work = newWork(0, transfer.options.partBytes)
    this.#work.node = engine.limits.takeTransfer(transfer, runtime.nodes)
    transfer.work = this.#work
    this.#requests = new StreamRequests(engine, transfer, this.#work, runtime, this.#abort.signal)
    this.#done = this.#run()
  }

  /** Resolves when the transfer has ended; never rejects. */
  get done(): Promise<void> {
    return this.#done
  }

  /** Requests with a body that are in flight. */
  get inHand(): number {
    return this.#work.jobs.size
  }

  /** What is next could not end before a pause that is known, and nothing is under way. */
  get awaitsPause(): boolean {
    return this.#requests.waitsForPause && this.inHand === 0
  }

  /** See `StreamRequests.reconnect`. */
  reconnect(): void {
    this.#requests.reconnect()
  }

  /** Ends it, and resolves when it has ended. A completion that is under way is waited for, and may succeed. */
  async stop(): Promise<void> {
    this.#abort.abort(new SluiceError({ code: 'interrupted', message: 'The upload was stopped.' }))
    await this.#done
  }

  async #run(): Promise<void> {
    let state: TransferState
    try {
      state = await this.#upload()
    } catch (thrown) {
      state = await this.#failed(this.#abort.signal.aborted ? this.#abort.signal.reason : thrown)
    }
    this.#reader.close()
    this.#requests.close()
    // How long it was is known by now.
    this.#engine.journal.changed(this.transfer)
    this.#engine.end(this.transfer, state)
  }

  async #upload(): Promise<TransferState> {
    this.#set({ phase: 'preparing' })
    const ended = await this.#lookAtKey()
    if (ended !== null) return ended
    const first = await this.#read(1)
    if (first.last) return this.#putWhole(first)
    const uploadId = await this.#begin()
    this.#set({ phase: 'uploading', uploadId })
    await this.#sendParts(first, uploadId)
    this.#set({ phase: 'completing', uploadId })
    return this.#complete(uploadId)
  }

  /** What the rule says about an object that has the key; null: the stream is uploaded, perhaps under another name. */
  async #lookAtKey(): Promise<TransferState | null> {
    const { transfer } = this
    for (;;) {
      const stored = await this.#requests.call((control) => control.headIfAllowed(transfer.key))
      if (stored === null) return null
      if (!keepsBoth(transfer)) return existsAlready(transfer, stored)
      takeNextName(this.#engine, transfer)
    }
  }

  async #begin(): Promise<string> {
    const { transfer } = this
    for (;;) {
      const begin = (control: S3Control) => beginUpload(this.#engine, control, transfer, transfer.options.partBytes)
      const uploadId = await this.#requests.call(begin)
      if (uploadId !== null) return uploadId
    }
  }

  async #read(partNumber: number): Promise<StreamPart> {
    const { transfer } = this
    const { partBytes, limits = S3_LIMITS } = transfer.options
    if (partNumber > limits.maxPartCount) {
      const message = `Standard input is longer than the ${maxStreamBytes(partBytes, limits)} bytes that ${limits.maxPartCount} parts hold: begin with a larger part size.`
      throw new SluiceError({ code: 'too-large', message })
    }
    const part = await this.#reader.read(streamPartBytes(partNumber, partBytes, limits.equalParts))
    const sizeBytes = transfer.identity.sizeBytes + part.bytes
    this.#engine.queue.setIdentity(transfer, { ...transfer.identity, sizeBytes })
    return part
  }

  // ---------------------------------------------------------------- one request

  async #putWhole(part: StreamPart): Promise<TransferState> {
    const { transfer } = this
    this.#set({ phase: 'uploading', uploadId: null })
    let done: PutDone
    try {
      done = await this.#requests.put(part, null)
    } catch (thrown) {
      const mayBeOurs = wasSentTwice(transfer) || this.#requests.failing
      if (!(thrown instanceof SluiceError) || thrown.code !== 'exists') throw thrown
      if (!mayBeOurs && keepsBoth(transfer)) {
        await this.#lookAtKey()
        return this.#putWhole(part)
      }
      if (!mayBeOurs) throw thrown
      const stored = await this.#requests.call((control) => control.head(transfer.key))
      return settleLostAnswer(transfer, part, stored)
    }
    const { checksum: algorithm } = transfer.options
    const { checksum: value } = part
    this.#engine.queue.confirm(transfer, part.bytes)
    return {
      phase: 'completed',
      etag: done.etag,
      versionId: done.versionId,
      checksum: algorithm === 'none' || value === null ? null : { algorithm, value, partBytes: null },
      verified: value !== null && done.serverChecksum === value ? 'checksum' : 'accepted',
    }
  }

  // ---------------------------------------------------------------- many requests

  async #sendParts(first: StreamPart, uploadId: string): Promise<void> {
    let part = first
    for (let partNumber = 1; ; partNumber++) {
      const sending = this.#sendPart(part, { uploadId, partNumber })
        // One that fails ends the reading and the others.
        .catch((thrown) => this.#abort.abort(thrown))
        .finally(() => this.#sending.delete(sending))
      this.#sending.add(sending)
      if (part.last) break
      while (this.#sending.size >= this.#allowed(partNumber + 1)) await Promise.race(this.#sending)
      part = await this.#read(partNumber + 1)
    }
    await Promise.all(this.#sending)
    this.#abort.signal.throwIfAborted()
  }

  /** Parts on their way while the next is read: fewer under a low limit, so that no connection falls silent. */
  #allowed(partNumber: number): number {
    const { limits, dispatcher } = this.#engine
    const { partBytes, limits: ofParts = S3_LIMITS } = this.transfer.options
    const inMemory = partsInMemory(streamPartBytes(partNumber, partBytes, ofParts.equalParts)) - 1
    const limit = strictest(limits.heldToFor(this.transfer.id), this.#runtime.heldTo)
    return connectionsFor(limit, Math.min(inMemory, dispatcher.admission.connections), this.#runtime.adaptive.factor)
  }

  async #sendPart(part: StreamPart, of: NonNullable<PartOf>): Promise<void> {
    const { queue } = this.#engine
    const { etag } = await this.#requests.put(part, of)
    this.#work.done.set(of.partNumber, {
      etag,
      crc32: part.crc32,
      bytes: part.bytes,
      checksum: part.checksum,
    })
    queue.confirm(this.transfer, part.bytes)
  }

  async #complete(uploadId: string): Promise<TransferState> {
    const { key, options, identity } = this.transfer
    const done = [...this.#work.done].sort(([a], [b]) => a - b)
    const sums = done.map(([, part]) => part)
    // A long stream's parts grow.
    const partBytes = sums[0]?.bytes === sums.at(-2)?.bytes ? (sums[0]?.bytes ?? null) : null
    const checksum = wholeChecksum(options.checksum, sums, partBytes)
    const parts = done.map(([partNumber, { etag, checksum }]) => ({ partNumber, etag, checksum }))
    const completed: Completed = await this.#requests.call((control) =>
      completeUpload(control, {
        key,
        uploadId,
        parts,
        checksum,
        sizeBytes: identity.sizeBytes,
        onlyIfNew: this.#requests.onlyIfNew,
      }),
    )
    return { phase: 'completed', checksum, ...completed }
  }

  /** Nothing of it remains at the server. */
  async #failed(thrown: unknown): Promise<TransferState> {
    const error = errorFromThrown(thrown, this.#runtime.context)
    this.#abort.abort(thrown)
    await Promise.all(this.#sending)
    const uploadId = uploadIdOf(this.transfer.state)
    if (uploadId !== null) this.#engine.calls.abort(this.transfer, uploadId)
    return error.code === 'interrupted' ? { phase: 'cancelled' } : { phase: 'failed', error }
  }

  #set(state: TransferState): void {
    this.#engine.queue.setState(this.transfer, state)
    this.#abort.signal.throwIfAborted()
  }
}
