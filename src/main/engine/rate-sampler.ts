import type { RateSample } from '../../shared/samples.ts'
import { CONFIRMED_MEAN_MS, RateHistory } from '../../shared/samples.ts'
import { EtaModel } from '../flow/eta.ts'
import { RateMeter } from '../flow/rate-meter.ts'
import type { EngineStats } from './api.ts'
import { BatchRates } from './batch-rates.ts'
import type { Engine } from './engine.ts'
import { statsOf } from './engine-stats.ts'
import { limitedBy } from './limited-by.ts'
import { SlidingMean } from './sliding-mean.ts'
import type { Transfer } from './transfer-record.ts'

/** Half a minute. */
const MAX_FRESH = 120

/** Reads the counters four times a second: the graph's samples, the rates of rows, the figures of `--json`. */
export class RateSampler {
  readonly #engine: Engine
  readonly #sent: RateMeter
  readonly #confirmed = new SlidingMean(CONFIRMED_MEAN_MS)
  /** By this process. */
  #confirmedHere = 0
  readonly #history = new RateHistory()
  /** Samples that no patch has carried yet. */
  #fresh: RateSample[] = []
  #inFlight: ReadonlyMap<Transfer, number> = new Map()
  readonly #batches = new BatchRates()
  readonly #eta = new EtaModel()
  /** Where the last sample left off. */
  #last = { atMs: performance.now(), completed: 0, confirmedBytes: 0, retries: 0, limit: null as number | null }

  constructor(engine: Engine) {
    this.#engine = engine
    this.#sent = new RateMeter(0, performance.now())
  }

  sample(): void {
    const now = performance.now()
    const { limits, counters, queue, tally } = this.#engine
    const payloadBytes = counters.payloadBytes()
    // What begins anew takes its confirmed bytes back, and a restored queue brings those of an earlier run: neither is a rate.
    const news = Math.min(queue.confirmedBytes - this.#last.confirmedBytes, payloadBytes - this.#confirmedHere)
    this.#confirmed.add(Math.max(0, news), now - this.#last.atMs)
    this.#confirmedHere += Math.max(0, news)
    const sample: RateSample = {
      atMs: Date.now(),
      sentBytesPerSecond: Math.round(this.#sent.sample(payloadBytes, now)),
      confirmedBytesPerSecond: Math.round(this.#confirmed.perSecond),
      limitBytesPerSecond: limits.effective,
      retries: tally.retries - this.#last.retries,
    }
    this.#learn(sample, now)
    this.#engine.dispatcher.admission.rateBytesPerSecond = this.#sent.smoothed
    this.#history.append(sample)
    this.#fresh.push(sample)
    // While nobody looks they would gather; a window that comes asks for the history.
    if (this.#fresh.length > MAX_FRESH) this.#fresh = []

    this.#inFlight = this.#engine.dispatcher.inFlightBytes()
    this.#batches.sample(this.#inFlight, (batchId) => queue.batch(batchId)?.confirmedBytes, now)
    for (const transfer of this.#engine.dispatcher.working()) {
      const { work } = transfer
      if (work === null) continue
      work.meter ??= new RateMeter(this.progress(transfer), now)
      work.meter.sample(this.progress(transfer), now)
    }
  }

  get history(): readonly RateSample[] {
    return this.#history.all
  }

  takeFresh(): readonly RateSample[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }

  /** Bytes of the object that are at a socket or acknowledged. */
  progress(transfer: Transfer): number {
    return Math.min(transfer.identity.sizeBytes, transfer.confirmedBytes + (this.#inFlight.get(transfer) ?? 0))
  }

  rate(transfer: Transfer): number {
    const { work } = transfer
    return work === null || work.jobs.size === 0 ? 0 : Math.round(work.meter?.smoothed ?? 0)
  }

  /** Of a batch: what is on its way, and how fast. */
  batch(batchId: number): { readonly inFlightBytes: number; readonly bytesPerSecond: number } {
    return { inFlightBytes: this.#batches.inFlight(batchId), bytesPerSecond: this.#batches.rate(batchId) }
  }

  stats(): EngineStats {
    const stats = statsOf(this.#engine)
    const bytesPerSecond = Math.round(this.#sent.smoothed)
    let inFlight = 0
    for (const bytes of this.#inFlight.values()) inFlight += bytes
    const left = Math.max(0, stats.totalBytes - stats.confirmedBytes - inFlight)
    const etaMs = bytesPerSecond === 0 && left > 0 ? null : this.#eta.estimateMs(left, stats.unfinished)
    return { ...stats, bytesPerSecond, etaMs, limitedBy: limitedBy(this.#engine) }
  }

  /** Feeds the estimate with intervals in which something was being sent. */
  #learn({ sentBytesPerSecond, limitBytesPerSecond }: RateSample, now: number): void {
    const { queue, tally } = this.#engine
    const { completed } = queue.counts
    const last = this.#last
    const { confirmedBytes } = queue
    this.#last = { atMs: now, completed, confirmedBytes, retries: tally.retries, limit: limitBytesPerSecond }
    if (limitBytesPerSecond !== last.limit) this.#eta.forget()
    if (sentBytesPerSecond === 0) return
    const elapsedMs = now - last.atMs
    this.#eta.observe((sentBytesPerSecond * elapsedMs) / 1000, Math.max(0, completed - last.completed), elapsedMs)
  }
}
