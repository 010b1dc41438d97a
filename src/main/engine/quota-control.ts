import type { Quota, QuotaVerdict } from '../flow/quota.ts'
import { Quotas } from '../flow/quota.ts'
import { QuotaCounters } from '../flow/quota-counters.ts'
import type { QuotaSnapshot, QuotaUnit } from '../flow/quota-snapshot.ts'
import { SLOWEST_SPREAD } from '../flow/quota-text.ts'
import { steadyRate } from '../flow/steady-rate.ts'
import type { EngineQuota, QuotaState } from './api.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { Limits } from './limits.ts'
import type { CountedQuotas } from './quota-meter.ts'
import { appliesTo, QuotaMeter } from './quota-meter.ts'

/** Names that can ever get a quota in one process; a name that is removed keeps its place. */
const NAMES = 1024
const STATE_PERIOD_MS = 1000

/** What a quota lets pass: nothing before `untilMs`, or `left` in its unit. */
interface Allowance {
  readonly untilMs: number | null
  readonly left: number
}

interface Promised {
  readonly destinationId: string
  readonly bytes: number
}

/**
 * The engine's side of the quotas. Senders count, each for itself; here the counts become windows, and the windows
 * say whether something may begin (`admits`) and how fast it may go (`spread`, as rates of limit nodes).
 *
 * What is in hand and not counted yet is thought of as used, so that a quota in mode `stop` is exceeded by one job
 * at the most, however many connections there are.
 */
export class QuotaControl {
  readonly counters: QuotaCounters
  readonly #quotas: Quotas
  readonly #meter: QuotaMeter
  readonly #limits: Limits
  readonly #destinations: ReadonlyMap<string, DestinationRuntime>
  #list: readonly EngineQuota[] = []
  readonly #promised = new Map<number, Promised>()
  /** Rates of `spread` that are set, by name. */
  #rates = new Map<string, number>()
  #states: readonly QuotaState[] = []
  #told = ''
  #toldAtMs = 0
  #refused = false

  /** @param threads senders 0 to `threads - 1` count, and this thread after them */
  constructor(threads: number, limits: Limits, destinations: ReadonlyMap<string, DestinationRuntime>) {
    this.counters = QuotaCounters.create(threads + 1, NAMES)
    this.#quotas = new Quotas(this.counters)
    for (let worker = 0; worker <= threads; worker++) this.counters.register(worker)
    this.#meter = new QuotaMeter(this.counters, threads)
    this.#limits = limits
    this.#destinations = destinations
  }

  /**
   * These and no others from now on; names that stay keep their counts. Post `counted` to the senders after it.
   * @param snapshot what an earlier run counted, or null
   * @throws QuotaError as `Quotas.addQuota`
   */
  set(list: readonly EngineQuota[], snapshot: unknown, nowMs: number): void {
    if (snapshot !== null) this.#quotas.restore(snapshot, nowMs)
    for (const old of this.#list) {
      // What was counted for one destination says nothing about another.
      const kept = list.some(({ name, destinationId }) => name === old.name && destinationId === old.destinationId)
      if (!kept) this.#quotas.removeQuota(old.name)
    }
    this.#quotas.addQuotas(list, nowMs)
    this.#list = list
    this.#meter.know(this.counted)
    this.apply(nowMs)
  }

  get counted(): CountedQuotas {
    const quotas = this.#list.map(({ name, unit, destinationId }) => ({ name, unit, destinationId }))
    return { quotas, slots: this.#quotas.slots() }
  }

  get states(): readonly QuotaState[] {
    return this.#states
  }

  snapshot(nowMs: number): QuotaSnapshot {
    return this.#quotas.snapshot(nowMs)
  }

  /** What this thread did: its own requests, and files that are done. */
  count(destinationId: string, unit: QuotaUnit, count: number): void {
    this.#meter.count(destinationId, unit, count)
  }

  /** A job was handed out; until `settle` it counts as used. */
  promise(jobId: number, destinationId: string, bytes: number): void {
    this.#promised.set(jobId, { destinationId, bytes })
  }

  settle(jobId: number): void {
    this.#promised.delete(jobId)
  }

  /** May something begin at this destination now: a whole transfer, or the next part of one that is under way? */
  admits(destinationId: string, what: 'transfer' | 'part'): boolean {
    const nowMs = Date.now()
    for (const quota of this.#list) {
      if (!appliesTo(quota, destinationId) || (what === 'part' && countsFiles(quota))) continue
      const { untilMs, left } = this.#allowance(quota, nowMs)
      if (untilMs === null && (quota.mode === 'spread' || left > this.#promisedOf(quota))) continue
      this.#refused = true
      return false
    }
    return true
  }

  /** Until when nothing new begins at this destination, or null; as of the last `apply`. */
  untilMs(destinationId: string): number | null {
    const until = this.#states.map((state) => (appliesTo(state, destinationId) ? state.blockedUntilMs : null))
    return until.reduce((latest, one) => (one === null ? latest : Math.max(one, latest ?? one)), null)
  }

  /**
   * Rotates the counts and sets the rates that follow from them. Several times a second.
   * @returns whether something was refused since the last time, so that it is worth asking again
   */
  apply(nowMs: number): boolean {
    this.#states = this.#list.map((quota): QuotaState => {
      const { untilMs, left } = this.#allowance(quota, nowMs)
      return { ...quota, used: this.#quotas.used(quota.name, nowMs), left, blockedUntilMs: untilMs }
    })
    const rates = new Map<string, number>()
    for (const quota of this.#list) {
      if (quota.mode === 'spread') rates.set(quota.name, this.#rate(quota, this.#quotas.verdict(quota.name, nowMs)))
    }
    this.#rates = rates
    this.#limits.setSpread({
      bytes: this.#strictest(null, 'bytes'),
      requests: this.#strictest(null, 'requests'),
      files: this.#strictest(null, 'files', 'records'),
    })
    for (const [id, runtime] of this.#destinations) {
      runtime.setSpread({
        bytes: this.#strictest(id, 'bytes'),
        requests: this.#strictest(id, 'requests'),
        files: this.#strictest(id, 'files', 'records'),
      })
    }
    const refused = this.#refused
    this.#refused = false
    return refused
  }

  /** The states, when they have changed and were not told within the last second; else null. */
  news(nowMs: number): readonly QuotaState[] | null {
    // A clock that went back must not silence the news.
    if (Math.abs(nowMs - this.#toldAtMs) < STATE_PERIOD_MS) return null
    const telling = JSON.stringify(this.#states)
    if (telling === this.#told) return null
    this.#told = telling
    this.#toldAtMs = nowMs
    return this.#states
  }

  #allowance(quota: EngineQuota, nowMs: number): Allowance {
    const verdict = this.#quotas.verdict(quota.name, nowMs)
    if (verdict.kind === 'blocked') return { untilMs: verdict.untilMs, left: 0 }
    const { ratePerSecond, left } = verdict
    const tooSlow = ratePerSecond !== null && ratePerSecond < SLOWEST_SPREAD[quota.unit]
    const easesAtMs = tooSlow ? this.#quotas.easesAtMs(quota.name, nowMs) : nowMs
    // Where nothing counts yet, waiting would make it no faster.
    return { untilMs: easesAtMs > nowMs ? easesAtMs : null, left }
  }

  /** What is under way goes on however little is left, or its connection would fall silent. */
  #rate(quota: Quota, verdict: QuotaVerdict): number {
    const target = verdict.kind === 'blocked' ? 0 : (verdict.ratePerSecond ?? 0)
    return Math.max(SLOWEST_SPREAD[quota.unit], steadyRate(this.#rates.get(quota.name) ?? null, target))
  }

  #strictest(destinationId: string | null, ...units: readonly QuotaUnit[]): number | null {
    let strictest: number | null = null
    for (const quota of this.#list) {
      if (quota.destinationId !== destinationId || !units.includes(quota.unit)) continue
      const rate = this.#rates.get(quota.name)
      if (rate !== undefined) strictest = Math.min(strictest ?? rate, rate)
    }
    return strictest
  }

  /** In the quota's unit; each job in hand is at least a request, and at most a file. */
  #promisedOf(quota: EngineQuota): number {
    let promised = 0
    for (const { destinationId, bytes } of this.#promised.values()) {
      if (appliesTo(quota, destinationId)) promised += quota.unit === 'bytes' ? bytes : 1
    }
    return promised
  }
}

/** A file under way is in flight: its parts may go although no further file may begin. */
function countsFiles({ unit }: Quota): boolean {
  return unit === 'files' || unit === 'records'
}
