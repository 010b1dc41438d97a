import { choosePartBytes } from '../core/part-plan.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import { wholeChecksum } from './checksums.ts'
import type { EngineContext } from './engine-context.ts'
import { EXISTS_DIFFERENT, judgeExisting } from './job-outcomes.ts'
import type { S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'
import { readIdentity } from './source-file.ts'
import type { Transfer } from './transfer-record.ts'
import { mustBeNew, newWork } from './transfer-record.ts'

const ABORT_TRIES = 5

/** The control calls of a transfer's life: look at the key, begin, complete, abort. */
export class TransferCalls {
  readonly #engine: EngineContext
  readonly #aborts = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  #preparing = 0

  constructor(engine: EngineContext) {
    this.#engine = engine
  }

  /** Transfers that are asking for their upload id. */
  get preparing(): number {
    return this.#preparing
  }

  /** Resolves when every abort that was begun has ended. */
  async abortsDone(): Promise<void> {
    while (this.#aborts.size > 0) await Promise.all(this.#aborts)
  }

  /** Looks whether the key exists and asks for an upload id. */
  prepare(transfer: Transfer): void {
    const { sizeBytes } = transfer.identity
    transfer.work ??= newWork(sizeBytes, choosePartBytes(sizeBytes, transfer.options.partBytes))
    // An earlier preparation (before a pause, say) is still under way: its answer will do.
    if (transfer.work.busy) return
    this.#preparing++
    void this.#run(transfer, async (control) => {
      if (mustBeNew(transfer)) {
        const stored = await control.headIfAllowed(transfer.key)
        if (stored !== null) return judgeExisting(this.#engine, transfer, stored, false)
      }
      const uploadId = await control.createUpload(transfer.key, transfer.options.checksum)
      this.#engine.apply(transfer, { type: 'prepared', uploadId })
    }).finally(() => {
      this.#preparing--
      this.#engine.settled(transfer)
    })
  }

  complete(transfer: Transfer, uploadId: string): void {
    const { work, options, identity, key } = transfer
    if (work === null) return
    const done = [...work.done].sort(([a], [b]) => a - b)
    const sums = done.map(([, part]) => part)
    const checksum = wholeChecksum(options.checksum, sums, work.partBytes)
    const parts = done.map(([partNumber, { etag, checksum }]) => ({ partNumber, etag, checksum }))
    void this.#run(transfer, async (control) => {
      const runtime = this.#engine.destinations.get(transfer.destinationId)
      const onlyIfNew = mustBeNew(transfer) && (runtime?.conditionalWrites ?? true)
      const { sizeBytes } = identity
      const completed = await control.completeUpload({ key, uploadId, parts, checksum, sizeBytes, onlyIfNew })
      this.#engine.apply(transfer, { type: 'completed', checksum, ...completed })
    })
  }

  /** Looks at what is there, since the server said that the key exists or cannot say. */
  lookAtKey(transfer: Transfer, mayBeOurs: boolean): void {
    void this.#run(transfer, async (control) => {
      const stored = await control.head(transfer.key)
      if (stored !== null) judgeExisting(this.#engine, transfer, stored, mayBeOurs)
      else if (transfer.state.phase === 'uploading') this.#engine.dispatcher.offer(transfer)
    })
  }

  /** Looks at the file anew, then lets it begin again by `event`. */
  async beginAgain(transfer: Transfer, event: { readonly type: 'again' | 'start-over' }): Promise<void> {
    if (event.type === 'start-over') transfer.restarts++
    try {
      this.#engine.queue.setIdentity(transfer, await readIdentity(transfer.path))
      this.#engine.apply(transfer, event)
    } catch (thrown) {
      this.#engine.apply(transfer, event)
      this.#engine.apply(transfer, { type: 'failed', error: errorFromThrown(thrown, '') })
    }
    this.#engine.settled(transfer)
  }

  /** Aborts an upload once its requests have ended, since a part that arrives later would be kept. */
  abort(transfer: Transfer, uploadId: string): void {
    const aborting = this.#abort(transfer, uploadId).finally(() => {
      this.#aborts.delete(aborting)
      this.#engine.apply(transfer, { type: 'aborted' })
      this.#engine.settled(transfer)
    })
    this.#aborts.add(aborting)
  }

  async #abort(transfer: Transfer, uploadId: string): Promise<void> {
    const runtime = this.#engine.destinations.get(transfer.destinationId)
    const { work } = transfer
    if (runtime === undefined) return
    while ((work?.jobs.size ?? 0) > 0) await sleep(20)
    for (let attempt = 1; ; attempt++) {
      try {
        const control = await runtime.control()
        return await control.abortUpload(transfer.key, uploadId)
      } catch (thrown) {
        if (attempt < ABORT_TRIES) {
          await sleep(retryDelayMs(attempt, Math.random()))
          continue
        }
        const { message } = errorFromThrown(thrown, runtime.context)
        const notice = `Parts of ${transfer.key} may remain at the server, since the upload could not be aborted: ${message}`
        return this.#engine.emit({ type: 'notice', level: 'error', message: notice })
      }
    }
  }

  /** Control calls on behalf of a transfer; a failure goes the way of all failures. */
  async #run(transfer: Transfer, calls: (control: S3Control) => Promise<void>): Promise<void> {
    const runtime = this.#engine.destinations.get(transfer.destinationId)
    if (runtime === undefined) return
    const { recovery, tally } = this.#engine
    const { work } = transfer
    if (work !== null) work.busy = true
    const startedAt = performance.now()
    try {
      const control = await runtime.control()
      await runtime.pacer.take(this.#stop.signal)
      await calls(control)
      recovery.onSuccess(transfer)
    } catch (thrown) {
      const error = errorFromThrown(thrown, runtime.context)
      recovery.onFailure(transfer, error.code === 'exists' ? EXISTS_DIFFERENT : error)
    } finally {
      tally.requests++
      tally.requestMs += performance.now() - startedAt
      if (work !== null) work.busy = false
      this.#engine.settled(transfer)
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
