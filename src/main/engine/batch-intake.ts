import type { TransferError } from '../../shared/errors.ts'
import { maxObjectBytes, S3_LIMITS, tooLargeFor } from '../core/part-plan.ts'
import { STANDARD_INPUT } from '../core/standard-input.ts'
import type { AddBatch, AddStream, EngineEvent, ScanTotals } from './api.ts'
import type { Engine } from './engine.ts'
import type { ScannedFile } from './scan.ts'
import { scanSources } from './scan.ts'
import type { Transfer } from './transfer-record.ts'
import { newTransfer } from './transfer-record.ts'

/** So many problems are listed one by one; more are only counted. */
const MAX_LISTED = 1_000

/** Turns what was dropped or named into transfers: walks, checks, and queues. */
export class BatchIntake {
  readonly #engine: Engine
  readonly #emit: (event: EngineEvent) => void
  readonly #stop = new AbortController()
  readonly #walks = new Map<number, AbortController>()
  scanning = 0
  skippedNames = 0
  emptyFolders = 0
  unreadable = 0

  constructor(engine: Engine, emit: (event: EngineEvent) => void) {
    this.#engine = engine
    this.#emit = emit
  }

  /**
   * Answers at once; what is found is told by events, `scanned` last.
   * @throws Error where the batch cannot be kept
   */
  add(batch: AddBatch, onScanned: () => void): number {
    const { journal } = this.#engine
    const batchId = batch.start === 'scan' ? journal.takeBatchId() : journal.keepBatch(batch, Date.now())
    this.walk(batchId, batch, new Set(), onScanned)
    return batchId
  }

  /** Walks a batch that is in the journal, again if need be: keys that are known are passed over. */
  walk(batchId: number, batch: AddBatch, known: ReadonlySet<string>, onScanned: () => void): void {
    this.#engine.queue.nameBatch(batchId, batch.sources)
    const cancel = new AbortController()
    this.#walks.set(batchId, cancel)
    this.scanning++
    void this.#scan(batchId, batch, known, cancel.signal).finally(() => {
      this.scanning--
      this.#walks.delete(batchId)
      onScanned()
    })
  }

  /**
   * A source without a name: one transfer that the queue does not hand out, told as queued and scanned. The journal has
   * it, so that the next process knows what to take back at the server should this one be killed.
   * @throws Error where it cannot be kept
   */
  addStream({ destinationId, key, options }: AddStream): Transfer {
    const { journal, queue } = this.#engine
    const batchId = journal.takeBatchId()
    const none = { sizeBytes: 0, mtimeNs: 0n, inode: 0n, device: 0n }
    const transfer: Transfer = {
      ...this.#transfer(batchId, { destinationId, options }, { path: STANDARD_INPUT, key, ...none }),
      state: { phase: 'preparing' },
    }
    const sources = [{ path: STANDARD_INPUT, keyOrPrefix: key }]
    journal.keepSingle(
      { destinationId, sources, options, include: [], exclude: [], start: 'at-once' },
      transfer,
      Date.now(),
    )
    queue.add(transfer)
    this.tellQueued(transfer)
    const tally = { files: 1, bytes: 0, leftOut: 0, emptyFolders: 0, problemCount: 0 }
    this.#emit({ type: 'scanned', totals: { batchId, ...tally, problems: [], duplicateKeys: [] } })
    return transfer
  }

  stop(): void {
    this.#stop.abort()
  }

  /** What has not been found yet is cancelled with the rest: these walks, or all, end and are not taken up again. */
  cancelWalks(batchIds: readonly number[] = [...this.#walks.keys()]): void {
    for (const batchId of batchIds) this.#walks.get(batchId)?.abort()
  }

  async #scan(batchId: number, batch: AddBatch, known: ReadonlySet<string>, cancelled: AbortSignal): Promise<void> {
    const tally = { files: 0, bytes: 0, leftOut: 0, emptyFolders: 0, problemCount: 0 }
    const problems: { path: string; error: TransferError }[] = []
    const mostBytes = maxObjectBytes(batch.options.limits ?? S3_LIMITS)
    const pathOf = new Map<string, string>()
    const duplicateKeys: { key: string; paths: [string, string] }[] = []
    const waiting: Transfer[] = []
    const signal = AbortSignal.any([this.#stop.signal, cancelled])
    const refuse = (path: string, error: TransferError) => {
      tally.problemCount++
      this.unreadable++
      if (problems.length < MAX_LISTED) problems.push({ path, error })
    }
    try {
      for await (const found of scanSources(batch.sources, {
        include: batch.include,
        exclude: batch.exclude,
        signal,
      })) {
        tally.leftOut += found.leftOut
        tally.emptyFolders += found.emptyFolders
        this.skippedNames += found.leftOut
        this.emptyFolders += found.emptyFolders
        for (const problem of found.problems) refuse(problem.path, problem.error)
        for (const file of found.files) {
          if (known.has(file.key)) continue
          const earlier = pathOf.get(file.key)
          if (earlier !== undefined) {
            duplicateKeys.push({ key: file.key, paths: [earlier, file.path] })
            refuse(file.path, { code: 'exists', message: `Another file of this batch has the same key: ${earlier}` })
            continue
          }
          if (file.sizeBytes > mostBytes) {
            refuse(file.path, { code: 'too-large', message: tooLargeFor(mostBytes) })
            continue
          }
          pathOf.set(file.key, file.path)
          tally.files++
          tally.bytes += file.sizeBytes
          const transfer = this.#transfer(batchId, batch, file)
          if (batch.start === 'at-once') this.#queue(transfer)
          else waiting.push(transfer)
        }
        if (batch.start === 'at-once') this.#engine.dispatcher.fill()
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown
    }
    const totals: ScanTotals = { batchId, ...tally, problems, duplicateKeys }
    if (batch.start === 'after-scan' && duplicateKeys.length === 0) {
      for (const transfer of waiting) this.#queue(transfer)
    } else if (batch.start === 'scan') {
      for (const transfer of waiting) this.tellQueued(transfer)
    }
    // A walk that was stopped has not seen everything: the next start walks again.
    if (!this.#stop.signal.aborted) this.#engine.journal.scanned(batchId)
    this.#emit({ type: 'scanned', totals })
    this.#engine.dispatcher.fill()
  }

  #transfer(batchId: number, batch: Pick<AddBatch, 'destinationId' | 'options'>, file: ScannedFile): Transfer {
    const { path, key, ...identity } = file
    const { destinationId, options } = batch
    const id = this.#engine.journal.takeTransferId()
    return newTransfer({ id, batchId, destinationId, path, key, options, identity })
  }

  #queue(transfer: Transfer): void {
    this.#engine.queue.add(transfer)
    this.#engine.journal.addTransfer(transfer)
    this.tellQueued(transfer)
  }

  tellQueued(transfer: Transfer): void {
    const { id, batchId, path, key } = transfer
    this.#emit({ type: 'queued', id, batchId, path, key, sizeBytes: transfer.identity.sizeBytes })
  }
}
