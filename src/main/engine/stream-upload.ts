import type { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TransferError } from '../../shared/errors.ts'
import { concernsDestination, recoveryOf, SluiceError } from '../../shared/errors.ts'
import type { TransferState } from '../../shared/transfer.ts'
import { combineCrc32 } from '../core/crc32-combine.ts'
import { MAX_PART_COUNT } from '../core/part-plan.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import { maxStreamBytes, partsInMemory, streamPartBytes } from '../core/stream-plan.ts'
import { uploadIdOf } from '../core/transition.ts'
import { systemClock } from '../flow/clock.ts'
import { connectionsFor } from '../flow/connections-for.ts'
import { ThreadLimiter } from '../flow/thread-limiter.ts'
import { bodyLimiter } from '../flow/throttle-at.ts'
import { STREAM_LANES } from './counters.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import { encodeCrc32 } from './lane.ts'
import { strictest } from './limits.ts'
import { createAgent } from './put-exchange.ts'
import type { Completed, S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'
import type { SenderDestination } from './sender-protocol.ts'
import { existsAlready, settleLostAnswer } from './stream-exists.ts'
import type { StreamPart } from './stream-parts.ts'
import { PartReader } from './stream-parts.ts'
import type { PutDone, StreamRoute } from './stream-put.ts'
import { PutRefused, putPart } from './stream-put.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { mustBeNew, newWork } from './transfer-record.ts'

/** A part's own failures (a checksum that differs, an answer without an ETag) end the stream after so many in a row. */
const MAX_OWN_FAILURES = 5
/** How often a part that waits for a pause to end looks whether it has. */
const LOOK_AGAIN_MS = 250

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
  readonly #limiter: ThreadLimiter
  readonly #abort = new AbortController()
  readonly #free = [...STREAM_LANES]
  readonly #sending = new Set<Promise<void>>()
  readonly #done: Promise<void>
  #agent: Agent | null = null
  #waitForPause = 0
  #failures = 0
  #failingSinceMs: number | null = null

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
    this.#reader = new PartReader(source, this.#abort.signal)
    this.#limiter = new ThreadLimiter(engine.limits.table, systemClock)
    this.#work = newWork(0, transfer.options.partBytes)
    this.#work.node = engine.limits.take(transfer.limitBytesPerSecond)
    transfer.work = this.#work
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
    return this.#waitForPause > 0 && this.inHand === 0
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
    this.#agent?.destroy()
    this.#engine.end(this.transfer, state)
  }

  async #upload(): Promise<TransferState> {
    const { transfer } = this
    this.#set({ phase: 'preparing' })
    const stored = await this.#call((control) => control.headIfAllowed(transfer.key))
    const ended = stored === null ? null : existsAlready(transfer, stored)
    if (ended !== null) return ended
    const first = await this.#read(1)
    if (first.last) return this.#putWhole(first)
    const uploadId = await this.#call((control) => control.createUpload(transfer.key, transfer.options.checksum))
    this.#set({ phase: 'uploading', uploadId })
    await this.#sendParts(first, uploadId)
    this.#set({ phase: 'completing', uploadId })
    return this.#complete(uploadId)
  }

  async #read(partNumber: number): Promise<StreamPart> {
    const { transfer } = this
    const { partBytes } = transfer.options
    if (partNumber > MAX_PART_COUNT) {
      const message = `Standard input is longer than the ${maxStreamBytes(partBytes)} bytes that 10 000 parts hold: begin with a larger part size.`
      throw new SluiceError({ code: 'too-large', message })
    }
    const part = await this.#reader.read(streamPartBytes(partNumber, partBytes))
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
      done = await this.#put(part, null)
    } catch (thrown) {
      const mayBeOurs = transfer.resentBytes > 0 || this.#failures > 0
      if (!(thrown instanceof SluiceError) || thrown.code !== 'exists' || !mayBeOurs) throw thrown
      const stored = await this.#call((control) => control.head(transfer.key))
      return settleLostAnswer(transfer, part, stored)
    }
    const summed = transfer.options.checksum === 'crc32'
    this.#engine.queue.confirm(transfer, part.bytes)
    return {
      phase: 'completed',
      etag: done.etag,
      checksum: summed ? { algorithm: 'crc32', value: encodeCrc32(part.crc32) } : null,
      verified: summed && done.serverCrc32 !== null ? 'checksum' : 'accepted',
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
      // A source that ends where a part ends: nothing is left to send.
      if (part.bytes === 0) break
    }
    await Promise.all(this.#sending)
    this.#abort.signal.throwIfAborted()
  }

  /** Parts on their way while the next is read: fewer under a low limit, so that no connection falls silent. */
  #allowed(partNumber: number): number {
    const { limits, dispatcher } = this.#engine
    const inMemory = partsInMemory(streamPartBytes(partNumber, this.transfer.options.partBytes)) - 1
    const limit = strictest(limits.heldTo, this.#runtime.heldTo)
    return connectionsFor(limit, Math.min(inMemory, dispatcher.connections), this.#runtime.adaptive.factor)
  }

  async #sendPart(part: StreamPart, of: { readonly uploadId: string; readonly partNumber: number }): Promise<void> {
    const { queue } = this.#engine
    const { etag } = await this.#put(part, of)
    this.#work.done.set(of.partNumber, { etag, crc32: part.crc32, bytes: part.bytes })
    queue.confirm(this.transfer, part.bytes)
  }

  async #complete(uploadId: string): Promise<TransferState> {
    const { key, options, identity } = this.transfer
    const summed = options.checksum === 'crc32'
    const done = [...this.#work.done].sort(([a], [b]) => a - b)
    const whole = done.reduce((sum, [, part]) => combineCrc32(sum, part.crc32, part.bytes), 0)
    const crc32 = summed ? encodeCrc32(whole) : null
    const parts = done.map(([partNumber, part]) => ({
      partNumber,
      etag: part.etag,
      crc32: summed ? encodeCrc32(part.crc32) : null,
    }))
    const completed: Completed = await this.#call((control) =>
      control.completeUpload({
        key,
        uploadId,
        parts,
        crc32,
        sizeBytes: identity.sizeBytes,
        onlyIfNew: this.#onlyIfNew,
      }),
    )
    return { phase: 'completed', checksum: crc32 === null ? null : { algorithm: 'crc32', value: crc32 }, ...completed }
  }

  // ---------------------------------------------------------------- requests, and what becomes of their failures

  get #onlyIfNew(): boolean {
    return mustBeNew(this.transfer) && this.#runtime.conditionalWrites
  }

  /** A PUT until it succeeds. */
  async #put(
    part: StreamPart,
    of: { readonly uploadId: string; readonly partNumber: number } | null,
  ): Promise<PutDone> {
    const { counters, quotas, tally } = this.#engine
    const { transfer } = this
    const lane = this.#free.pop()
    if (lane === undefined) throw new Error('more parts are on their way than there are places for')
    const job = -lane
    const crc32 = transfer.options.checksum === 'crc32' ? encodeCrc32(part.crc32) : null
    for (;;) {
      await this.#turn(part.bytes, of === null ? 'transfer' : 'part')
      this.#work.jobs.set(job, of?.partNumber ?? 1)
      quotas.promise(job, this.#runtime.id, part.bytes)
      counters.begin(lane, job)
      let failure: unknown
      let lostBytes = 0
      try {
        const input = { key: transfer.key, part: of, crc32, onlyIfNew: of === null && this.#onlyIfNew }
        const done = await this.#counted(async (control) => {
          const route = this.#route(await control.forSenders(), lane)
          const put = await putPart(part, input, route, this.#abort.signal)
          if (crc32 !== null && put.serverCrc32 !== null && put.serverCrc32 !== crc32) throw this.#differs(of === null)
          return put
        })
        this.#free.push(lane)
        return done
      } catch (thrown) {
        failure = thrown
        lostBytes = counters.job(lane).bytes
      } finally {
        this.#release(lane, job)
      }
      await this.#recover(failure)
      transfer.resentBytes += lostBytes
      tally.resentBytes += lostBytes
    }
  }

  #release(lane: number, job: number): void {
    const { counters, quotas, limits } = this.#engine
    counters.begin(lane, 0)
    quotas.settle(job)
    this.#work.jobs.delete(job)
    limits.setConnections(this.#work.node ?? 0, this.#work.jobs.size)
  }

  #route(destination: SenderDestination, lane: number): StreamRoute {
    const { limits, counters, quotas } = this.#engine
    const { id, nodes } = this.#runtime
    this.#agent ??= createAgent(destination)
    quotas.count(id, 'requests', 1)
    const path = limits.path(this.#work.node ?? 0, nodes.bytes)
    return {
      destination,
      agent: this.#agent,
      limiter: bodyLimiter(limits.table, this.#limiter, systemClock, path, () => 1),
      onSent: (payloadBytes, wireBytes) => {
        counters.addPayload(lane, payloadBytes)
        counters.addSocket(lane, wireBytes)
        quotas.count(id, 'bytes', wireBytes)
      },
    }
  }

  /** A control call until it succeeds. */
  async #call<T>(call: (control: S3Control) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#turn(0, 'part')
      try {
        return await this.#counted(call)
      } catch (thrown) {
        await this.#recover(thrown)
      }
    }
  }

  async #counted<T>(call: (control: S3Control) => Promise<T>): Promise<T> {
    const { tally, recovery } = this.#engine
    const control = await this.#runtime.control()
    await this.#runtime.pacer.take(this.#abort.signal)
    const startedAt = performance.now()
    try {
      const answer = await call(control)
      if (this.#failingSinceMs !== null) this.#tell(null)
      this.#failures = 0
      this.#failingSinceMs = null
      recovery.onSuccess(this.transfer)
      return answer
    } finally {
      tally.requests++
      tally.requestMs += performance.now() - startedAt
    }
  }

  /** Waits while everything is paused, for a pause that is too near for so many bytes, and for a quota. */
  async #turn(bytes: number, what: 'transfer' | 'part'): Promise<void> {
    const { limits, dispatcher, quotas } = this.#engine
    const { signal } = this.#abort
    for (;;) {
      const inTime = limits.paused || dispatcher.endsInTime(bytes)
      if (inTime && !limits.paused && quotas.admits(this.#runtime.id, what)) return
      if (!inTime) this.#waitForPause++
      await sleep(LOOK_AGAIN_MS, null, { signal }).catch(() => {})
      if (!inTime) this.#waitForPause--
      signal.throwIfAborted()
    }
  }

  /** Waits until the next try, or throws what no further try will mend. */
  async #recover(thrown: unknown): Promise<void> {
    const { signal } = this.#abort
    const { tally, recovery, limits } = this.#engine
    signal.throwIfAborted()
    const error = errorFromThrown(thrown, this.#runtime.context)
    if (thrown instanceof PutRefused && thrown.status === 501 && this.#onlyIfNew) {
      this.#runtime.conditionalWrites = false
      return
    }
    const again = recoveryOf(error.code)
    const ofDestination = concernsDestination(error.code)
    if (error.code === 'throttled') recovery.slowedDown(this.#runtime)
    if (ofDestination) this.#tell(error)
    this.#failures++
    const hopeless = again === 'fail' || again === 'ask' || error.code === 'upload-vanished'
    if (hopeless || (!ofDestination && this.#failures >= MAX_OWN_FAILURES)) throw new SluiceError(error, thrown)
    // While paused nothing can succeed.
    if (limits.paused) this.#failingSinceMs = null
    else this.#failingSinceMs ??= Date.now()
    const { giveUpAfterMs } = this.transfer.options
    const failingMs = Date.now() - (this.#failingSinceMs ?? Date.now())
    if (giveUpAfterMs !== null && failingMs >= giveUpAfterMs) throw new SluiceError(error, thrown)
    tally.retries++
    const delayMs = retryDelayMs(this.#failures, Math.random(), error.retryAfterMs)
    await sleep(delayMs, null, { signal }).catch(() => {})
    signal.throwIfAborted()
  }

  /** The object or the part that the server has is not ours: it is replaced. */
  #differs(whole: boolean): SluiceError {
    if (whole) this.transfer.overwrite = true
    const message = 'The server computed another checksum than ours for the bytes that it received.'
    return new SluiceError({ code: 'checksum-mismatch', message })
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

  #tell(error: TransferError | null): void {
    const { id, answered } = this.#runtime
    this.#engine.emit({ type: 'destination', id, error, answered })
  }
}
