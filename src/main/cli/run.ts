import { setTimeout as sleep } from 'node:timers/promises'
import type { TransferError } from '../../shared/errors.ts'
import type { LimitKeeper } from '../app/limit-keeper.ts'
import type { QuotaKeeper } from '../app/quota-keeper.ts'
import type { EngineEvent, EngineStats, QuotaState, RestoredWork, ScanTotals, TransferEnd } from '../engine/api.ts'
import type { EngineClient } from '../engine/client.ts'
import { OverwriteQuestion } from './ask.ts'
import type { Controls } from './control.ts'
import { EXIT } from './exit.ts'
import { FirstAnswer } from './first-answer.ts'
import type { Output } from './output.ts'
import { printable } from './output.ts'
import { RateWindow } from './rate-window.ts'
import type { Ended, Place, Reporter, Summary } from './reporter.ts'
import type { RunQuotas } from './run-quotas.ts'
import { keepQuotas } from './run-quotas.ts'
import { RunTally } from './run-tally.ts'

/** Twice as often as `--json` promises. */
const PROGRESS_MS = 250
/** How long a run that cannot go on waits for the abort of its uploads. */
const STOP_PATIENCE_MS = 1_500
const INTERRUPT_PATIENCE_MS = 5_000

export interface RunOptions {
  /** Where the files of a batch go. */
  placeOf(batchId: number): Place
  /** Said at the first Ctrl-C. */
  readonly stopping: string
  /** One object of a length that is known at its end. */
  readonly fromStdin: boolean
  /** A key that exists and differs is asked about. */
  readonly asks: boolean
  readonly dryRun: boolean
  readonly quotas: RunQuotas
  /** Absolute paths that were written out: what cannot be uploaded is a failure there, elsewhere it is skipped. */
  readonly named: ReadonlySet<string>
}

export interface RunOutcome {
  /** The exit status. */
  readonly status: number
  readonly summary: Summary
}

/** One engine at work, from its first event to its exit status. */
export class Run implements Controls {
  readonly #engine: EngineClient
  readonly #limits: LimitKeeper
  readonly #reporter: Reporter
  readonly #output: Output
  readonly #options: RunOptions
  readonly #rate = new RateWindow()
  readonly #question = new OverwriteQuestion()
  readonly #firstAnswer = new FirstAnswer((sentence) => this.#cannotGoOn(sentence))
  readonly #status = Promise.withResolvers<number>()
  readonly #tally = new RunTally()
  #quotas: QuotaKeeper | null = null
  /** Names of quotas that were told as used up. */
  #usedUp: ReadonlySet<string> = new Set()
  #interrupts = 0
  #isStopping = false
  #isOver = false
  #isDead = false
  #asking = 0

  constructor(engine: EngineClient, limits: LimitKeeper, reporter: Reporter, output: Output, options: RunOptions) {
    this.#engine = engine
    this.#limits = limits
    this.#reporter = reporter
    this.#output = output
    this.#options = options
    engine.onEvent((event) => this.#receive(event))
  }

  /**
   * Resolves when all has ended, or had to be given up.
   * @param begin hands the work to the engine, whose data folder is its own by then
   */
  async carryOut(begin: () => Promise<unknown>): Promise<RunOutcome> {
    this.#prepare(begin).catch((error: Error) => {
      if (!this.#isDead) this.#output.complain(error.message)
      this.#over(EXIT.failed)
    })
    const timer = setInterval(() => void this.status().catch(() => {}), PROGRESS_MS)
    const status = await this.#status.promise
    clearInterval(timer)
    this.#firstAnswer.stop()
    await this.#quotas?.save().catch(() => {})
    // Aborts of failed uploads go on behind their transfers: leave none of them half done.
    if (!this.#isStopping && !this.#isDead) await this.#stopped(false, INTERRUPT_PATIENCE_MS)
    const stats = this.#isDead ? null : await this.#engine.call('stats', null).catch(() => null)
    if (stats !== null && !this.#options.dryRun) this.#tellProgress(stats)
    return { status, summary: this.#tally.summary(stats, this.#options.dryRun) }
  }

  async #prepare(begin: () => Promise<unknown>): Promise<void> {
    const opened = await this.#engine.call('opened', null)
    if (!opened.ok) throw new Error(opened.message)
    const { quotas } = this.#options
    if (quotas.list.length > 0) {
      this.#quotas = await keepQuotas(quotas, this.#engine, (sentence) => this.#output.complain(sentence))
      await this.#quotas.begin()
    }
    await begin()
  }

  /** What an earlier process has left; see `RunTally`. */
  expectKept(restored: RestoredWork): void {
    this.#tally.expectKept(restored)
    this.#expectAnswer(true)
    this.#overIfDone()
  }

  /** Ctrl-C: first nothing new starts, then all stops at once, then the process ends as it is. */
  interrupt(): void {
    this.#interrupts += 1
    if (this.#interrupts === 1) this.#output.complain(this.#options.stopping)
    this.#stop(this.#interrupts > 1, EXIT.interrupted)
  }

  /** Nobody reads stdout any more: nothing is left to say, and nobody to say it to. */
  readerGone(): void {
    this.#stop(true, EXIT.interrupted)
  }

  quit(): void {
    this.interrupt()
  }

  setLimit(limitBytesPerSecond: number | null): Promise<unknown> {
    return this.#limits.setLimit(limitBytesPerSecond)
  }

  limitFor(limitBytesPerSecond: number | null, durationMs: number): Promise<unknown> {
    return this.#limits.change({ kind: 'for', limitBytesPerSecond, durationMs })
  }

  setPaused(paused: boolean): Promise<unknown> {
    return this.#limits.setPaused(paused)
  }

  pauseFor(durationMs: number): Promise<unknown> {
    return this.#limits.change({ kind: 'pause-for', durationMs })
  }

  async status(): Promise<void> {
    const stats = await this.#engine.call('stats', null)
    if (stats.sentBytes > 0) this.#firstAnswer.alive()
    this.#expectAnswer(stats.limitedBy !== 'paused')
    if (!this.#isOver && !this.#options.dryRun) this.#tellProgress(stats)
  }

  #receive(event: EngineEvent): void {
    switch (event.type) {
      case 'queued': {
        this.#tally.queued += 1
        this.#tally.queuedBytes += event.sizeBytes
        const { path, key } = event
        const { bucket } = this.#options.placeOf(event.batchId)
        this.#reporter.queued({ path, key, bucket, sizeBytes: this.#options.fromStdin ? null : event.sizeBytes })
        break
      }
      case 'scanned':
        this.#scanned(event.totals)
        break
      case 'ended':
        this.#transferEnded(event.end)
        break
      case 'destination':
        this.#firstAnswer.heard(event.error, event.answered)
        break
      case 'quotas':
        this.#quotas?.receive(event.quotas)
        this.#quotasMoved(event.quotas)
        break
      case 'notice':
        this.#output.complain(event.message)
        break
      case 'dead':
        this.#isDead = true
        this.#output.complain(event.message)
        this.#over(EXIT.failed)
        break
      default:
    }
  }

  /** Each time that one is used up is told once; one that is spread only slows down. */
  #quotasMoved(states: readonly QuotaState[]): void {
    const blocked = states.filter(({ mode, blockedUntilMs }) => mode === 'stop' && blockedUntilMs !== null)
    for (const state of blocked) if (!this.#usedUp.has(state.name)) this.#reporter.usedUp(state)
    this.#usedUp = new Set(blocked.map(({ name }) => name))
  }

  #scanned(totals: ScanTotals): void {
    this.#tally.scanned(totals)
    const place = this.#options.placeOf(totals.batchId)
    const [duplicate] = totals.duplicateKeys
    if (duplicate !== undefined) {
      const [one, other] = duplicate.paths
      const key = `s3://${place.bucket}/${printable(duplicate.key)}`
      this.#output.complain(`${printable(one)} and ${printable(other)} would both become ${key}, so nothing was sent`)
      this.#over(EXIT.usage)
      return
    }
    for (const { path, key, error } of totals.problems) this.#problem(path, key ?? null, error, place)
    this.#expectAnswer(true)
    this.#overIfDone()
  }

  /** Nothing is asked while everything is paused, so nothing can answer. */
  #expectAnswer(sending: boolean): void {
    if (!sending) return this.#firstAnswer.stop()
    const { queued, settled, scansLeft } = this.#tally
    const isOver = this.#options.dryRun || this.#isStopping || this.#isOver
    if (queued > settled && scansLeft === 0 && !isOver) this.#firstAnswer.expect()
  }

  #problem(path: string, key: string | null, error: TransferError, place: Place): void {
    const isSkipped = error.code === 'source-unsupported' && !this.#options.named.has(path)
    const nothing = { sizeBytes: null, etag: null, versionId: null, checksum: null, verified: null, resentBytes: 0 }
    this.#tellEnd({
      place,
      path,
      key,
      phase: isSkipped ? 'skipped' : 'failed',
      ...nothing,
      error,
      startedAtMs: null,
      endedAtMs: Date.now(),
    })
  }

  #transferEnded(end: TransferEnd): void {
    if (end.phase === 'completed' || end.phase === 'skipped') this.#firstAnswer.alive()
    if (end.error?.code === 'exists-different' && this.#options.asks && !this.#isStopping) void this.#ask(end)
    else this.#settle(end)
  }

  async #ask(end: TransferEnd): Promise<void> {
    this.#asking += 1
    this.#output.bar(null)
    const answer = await this.#question.ask(`s3://${this.#options.placeOf(end.batchId).bucket}/${printable(end.key)}`)
    this.#asking -= 1
    if (answer !== 'leave' && !this.#isStopping) {
      const which = { kind: 'ids' as const, ids: [end.id] }
      await this.#engine.call('retry', { which, overwrite: answer === 'overwrite', keepBoth: answer === 'keep-both' })
    } else this.#settle({ ...end, phase: 'skipped', error: null })
  }

  #settle(end: TransferEnd): void {
    this.#tally.settled += 1
    if (this.#options.fromStdin) this.#tally.queuedBytes = end.sizeBytes
    const place = this.#options.placeOf(end.batchId)
    this.#tellEnd({ ...end, place, error: end.error === null ? null : withRemedy(end.error) })
    this.#overIfDone()
  }

  #tellEnd(end: Ended): void {
    this.#tally.ended(end)
    this.#reporter.ended(end)
  }

  #overIfDone(): void {
    // A run that is being stopped ends with the engine's answer to `stop`.
    if (this.#isStopping) return
    const { isDone, scansLeft, failed } = this.#tally
    if (isDone || (this.#options.dryRun && scansLeft === 0)) this.#over(failed > 0 ? EXIT.failed : EXIT.done)
  }

  #cannotGoOn(sentence: string): void {
    if (this.#isStopping) return
    this.#output.complain(sentence)
    this.#stop(true, EXIT.failed, STOP_PATIENCE_MS)
  }

  #stop(now: boolean, status: number, patienceMs = INTERRUPT_PATIENCE_MS): void {
    this.#isStopping = true
    this.#firstAnswer.stop()
    const waitMs = now ? (this.#interrupts > 2 ? 0 : patienceMs) : null
    void this.#stopped(now, waitMs).then(() => this.#over(status))
  }

  /** Resolves when the engine has stopped, or after `patienceMs`; null waits for ever. */
  async #stopped(now: boolean, patienceMs: number | null): Promise<void> {
    const stopped = this.#engine.call('stop', { now }).catch(() => null)
    await Promise.race(patienceMs === null ? [stopped] : [stopped, sleep(patienceMs)])
  }

  #over(status: number): void {
    this.#isOver = true
    this.#status.resolve(status)
  }

  #tellProgress(stats: EngineStats): void {
    if (this.#asking > 0) return
    const atMs = Date.now()
    const { settled, queued, queuedBytes } = this.#tally
    const lengthUnknown = this.#options.fromStdin && settled === 0
    const { sentBytes, confirmedBytes, limitBytesPerSecond, limitedBy, etaMs } = stats
    this.#reporter.progress({
      atMs,
      sentBytes,
      confirmedBytes,
      totalBytes: lengthUnknown ? null : queuedBytes,
      bytesPerSecond: this.#rate.add(atMs, sentBytes),
      limitBytesPerSecond,
      limitedBy,
      etaMs: lengthUnknown ? null : etaMs,
      filesEnded: settled,
      filesTotal: queued,
    })
  }
}

/** The engine does not know that there is a command line with a flag for it. */
function withRemedy(error: TransferError): TransferError {
  if (error.code !== 'exists-different' && error.code !== 'exists') return error
  return {
    ...error,
    message: `${error.message.replace(/\.$/, '')}; --on-exists overwrite replaces it, keep-both takes another name.`,
  }
}
