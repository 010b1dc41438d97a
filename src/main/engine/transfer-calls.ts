import { recoveryOf } from '../../shared/errors.ts'
import { choosePartBytes } from '../core/part-plan.ts'
import { beginUpload } from './begin-upload.ts'
import { completeTransfer } from './completion.ts'
import type { EngineContext } from './engine-context.ts'
import { EXISTS_DIFFERENT, judgeExisting, takeItsTurnAgain } from './job-outcomes.ts'
import { keepsBoth } from './keep-both.ts'
import { lookBack } from './look-back.ts'
import type { S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'
import { readIdentity } from './source-file.ts'
import type { Transfer } from './transfer-record.ts'
import { mustBeNew, newWork, wasSentTwice } from './transfer-record.ts'
import { Turns } from './turns.ts'

/** Looks at what earlier runs left, at the same time. */
const MAX_LOOKING = 4

/** The control calls of a transfer's life: look at the key, begin, complete, abort. */
export class TransferCalls {
  readonly #engine: EngineContext
  readonly #aborts = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  readonly #completions = new Turns()
  readonly #toLookBack = new Set<Transfer>()
  #preparing = 0
  #looking = 0

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
    const { partBytes, limits } = transfer.options
    transfer.work ??= newWork(sizeBytes, choosePartBytes(sizeBytes, partBytes, limits?.maxPartCount))
    // An earlier preparation (before a pause, say) is still under way: its answer will do.
    if (transfer.work.busy) return
    this.#preparing++
    void this.#run(transfer, async (control) => {
      if (mustBeNew(transfer)) {
        const stored = await control.headIfAllowed(transfer.key)
        if (stored !== null) return judgeExisting(this.#engine, transfer, stored, false)
      }
      await this.#begin(control, transfer)
    }).finally(() => {
      this.#preparing--
      this.#engine.settled(transfer)
    })
  }

  async #begin(control: S3Control, transfer: Transfer): Promise<void> {
    const uploadId = await beginUpload(
      this.#engine,
      control,
      transfer,
      transfer.work?.partBytes ?? transfer.options.partBytes,
    )
    if (uploadId === null) return takeItsTurnAgain(this.#engine, transfer)
    this.#engine.apply(transfer, { type: 'prepared', uploadId })
  }

  /** Asks the server what it has of an earlier run. A few at a time, however many there are. */
  lookBack(transfer: Transfer): void {
    if (transfer.work === null || transfer.work.busy || this.#toLookBack.has(transfer)) return
    this.#toLookBack.add(transfer)
    this.#lookBack()
  }

  #lookBack(): void {
    for (const transfer of this.#toLookBack) {
      if (this.#looking >= MAX_LOOKING) return
      this.#toLookBack.delete(transfer)
      this.#looking++
      void this.#run(transfer, (control) => lookBack(this.#engine, control, transfer)).finally(() => {
        this.#looking--
        this.#lookBack()
      })
    }
  }

  complete(transfer: Transfer, uploadId: string): void {
    this.#engine.journal.commit('process')
    const { destinationId, key } = transfer
    void this.#run(transfer, (control) => {
      const complete = () => completeTransfer(this.#engine, control, transfer, uploadId)
      // Where both are kept, the second of two uploads to one key sees what the first has made of it.
      return keepsBoth(transfer) ? this.#completions.take(`${destinationId}/${key}`, complete) : complete()
    })
  }

  /** Before a small file goes where `If-None-Match` is not honoured. */
  lookFirst(transfer: Transfer): void {
    this.#preparing++
    // An earlier try, whose answer was lost, may have put it there.
    void this.#look(transfer, wasSentTwice(transfer) || (transfer.work?.lost.size ?? 0) > 0).finally(() => {
      this.#preparing--
      this.#engine.settled(transfer)
    })
  }

  /** Looks at what is there, since the server said that the key exists or cannot say. */
  lookAtKey(transfer: Transfer, mayBeOurs: boolean): void {
    void this.#look(transfer, mayBeOurs)
  }

  #look(transfer: Transfer, mayBeOurs: boolean): Promise<void> {
    return this.#run(transfer, async (control) => {
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
      this.#engine.journal.changed(transfer)
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
    const { destinations, journal, janitor } = this.#engine
    const { id, key, work } = transfer
    journal.aborting(id, uploadId)
    const runtime = destinations.get(transfer.destinationId)
    // The janitor sees to it once the destination is there.
    if (runtime === undefined) return
    while ((work?.jobs.size ?? 0) > 0) await sleep(20)
    await janitor.abort(runtime, id, key, uploadId)
  }

  /** Control calls on behalf of a transfer; a failure goes the way of all failures. */
  async #run(transfer: Transfer, calls: (control: S3Control) => Promise<void>): Promise<void> {
    const runtime = this.#engine.destinations.get(transfer.destinationId)
    if (runtime === undefined) return
    const { recovery, tally } = this.#engine
    const { work } = transfer
    if (work !== null) work.busy = true
    const startedAt = performance.now()
    const { generation } = runtime
    try {
      const control = await runtime.control()
      await runtime.pacer.take(this.#stop.signal)
      await calls(control)
      recovery.onSuccess(transfer)
    } catch (thrown) {
      const error = errorFromThrown(thrown, runtime.context)
      // What was refused has been mended since: the keys are others by now.
      const now = this.#engine.destinations.get(transfer.destinationId) ?? runtime
      if (recoveryOf(error.code) === 'ask' && generation < now.generation) recovery.again(transfer, error)
      else recovery.onFailure(transfer, error.code === 'exists' ? EXISTS_DIFFERENT : error)
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
