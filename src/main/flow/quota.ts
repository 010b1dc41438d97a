import type { Parsed } from '../../shared/units.ts'
import { MovingWindow } from './moving-window.ts'
import type { QuotaCounters, QuotaSlots } from './quota-counters.ts'
import { QuotaError, QuotaWorker, unknownQuota } from './quota-counters.ts'
import type { QuotaSnapshot, QuotaUnit, SavedQuota } from './quota-snapshot.ts'
import { readQuotaSnapshot } from './quota-snapshot.ts'
import { quotaProblem } from './quota-text.ts'

/** A budget over a moving window: no `windowMs` ever holds more than `amount`, but for what was in flight. */
export interface Quota {
  readonly name: string
  readonly unit: QuotaUnit
  /** In `unit`, whole, above 0. */
  readonly amount: number
  readonly windowMs: number
  /** Used up: `stop` and wait, or `spread` what remains evenly so that it never is. */
  readonly mode: 'stop' | 'spread'
}

export type QuotaVerdict =
  /** `ratePerSecond`, in the quota's unit, is what to hold to in mode `spread`; null in mode `stop`. */
  | { readonly kind: 'open'; readonly left: number; readonly ratePerSecond: number | null }
  /** Nothing may begin before `untilMs` (wall clock). */
  | { readonly kind: 'blocked'; readonly untilMs: number }

interface Entry {
  quota: Quota
  window: MovingWindow
  readonly slot: number
  /** The slot's sum as it was last rotated into the window. */
  seen: number
  total: number
  runMs: number
  rotatedAtMs: number
}

/**
 * Named quotas: the engine's side of `QuotaCounters`. Workers count; here, and only here, their counts are rotated
 * into moving windows. Every question rotates first what it asks about, so that nothing counted is overlooked.
 *
 * Source: App Engine's `Throttle` (AddThrottle(s), Register, VerifyThrottleName, AddTransfer, TotalTransferred). Idle
 * time is no credit here beyond the window, and a name that is added again keeps its counts.
 *
 * ```ts
 * const quotas = new Quotas(QuotaCounters.create(4))
 * quotas.addQuota({ name: 'daily', unit: 'bytes', amount: 20e9, windowMs: 86_400_000, mode: 'stop' }, Date.now())
 * const worker = quotas.register(0)
 * worker.add('daily', 65_536)
 * quotas.verdict('daily', Date.now()) // { kind: 'open', left: 19_999_934_464, ratePerSecond: null }
 * ```
 *
 * `nowMs` is the wall clock everywhere; `MovingWindow` says what becomes of a clock that jumps.
 */
export class Quotas {
  readonly counters: QuotaCounters
  readonly #entries = new Map<string, Entry>()
  /** A slot is its name's for ever: a worker that has not heard of a change still counts to the right name. */
  readonly #slots = new Map<string, number>()
  /** Counts of an earlier run for names that were not added yet. */
  readonly #saved = new Map<string, SavedQuota>()

  constructor(counters: QuotaCounters) {
    this.counters = counters
  }

  /**
   * Adds a quota or changes one. What was counted under its name stays, unless the unit is another. Post `slots()` to
   * the workers after it.
   * @throws QuotaError 'bad-quota' or 'too-many-quotas'
   */
  addQuota(quota: Quota, nowMs: number): void {
    const problem = quotaProblem(quota.amount, quota.windowMs)
    if (problem !== null) throw new QuotaError('bad-quota', problem)
    this.rotate(nowMs)
    const old = this.#entries.get(quota.name)
    if (old !== undefined && old.quota.unit === quota.unit) {
      if (old.quota.windowMs !== quota.windowMs) old.window = new MovingWindow(quota.windowMs, old.window.buckets)
      old.quota = quota
      return
    }
    const slot = this.#slot(quota.name)
    const saved = this.#saved.get(quota.name)
    const known = saved?.unit === quota.unit ? saved : null
    this.#saved.delete(quota.name)
    this.#entries.set(quota.name, {
      quota,
      window: new MovingWindow(quota.windowMs, known?.buckets),
      slot,
      seen: this.counters.sum(slot),
      total: known?.total ?? 0,
      runMs: known?.runMs ?? 0,
      rotatedAtMs: nowMs,
    })
  }

  /** @throws QuotaError as `addQuota`; those before the bad one are added */
  addQuotas(quotas: Iterable<Quota>, nowMs: number): void {
    for (const quota of quotas) this.addQuota(quota, nowMs)
  }

  /** Removes a quota and forgets its counts. @throws QuotaError 'unknown-quota' */
  removeQuota(name: string): void {
    this.#entry(name)
    this.#entries.delete(name)
  }

  /** Lets a worker count. Threads other than this one make their own `QuotaWorker`. @throws QuotaError */
  register(worker: number): QuotaWorker {
    this.counters.register(worker)
    return new QuotaWorker(this.counters, worker, this.slots())
  }

  /** For the workers: where each name counts. */
  slots(): QuotaSlots {
    return Object.fromEntries([...this.#entries].map(([name, entry]) => [name, entry.slot]))
  }

  /** All quotas, in the order of adding. */
  list(): readonly Quota[] {
    return [...this.#entries.values()].map((entry) => entry.quota)
  }

  /** Moves what the workers counted since the last time into the windows. Call it at least once a second. */
  rotate(nowMs: number): void {
    for (const entry of this.#entries.values()) this.#rotate(entry, nowMs)
  }

  /** Everything ever counted under the name, exactly, and the running time in which it was. @throws QuotaError */
  totals(name: string, nowMs: number): { readonly count: number; readonly seconds: number } {
    const { total, runMs } = this.#rotated(name, nowMs)
    return { count: total, seconds: runMs / 1000 }
  }

  /** What may still be sent in this window, 0 or more, in the quota's unit. @throws QuotaError 'unknown-quota' */
  left(name: string, nowMs: number): number {
    return Math.max(0, this.#rotated(name, nowMs).quota.amount - this.used(name, nowMs))
  }

  /** What counts in this window, in the quota's unit; it can be more than the amount. @throws QuotaError */
  used(name: string, nowMs: number): number {
    return this.#rotated(name, nowMs).window.used(nowMs)
  }

  /** When something that counts leaves the window next; `nowMs` when nothing counts. @throws QuotaError */
  easesAtMs(name: string, nowMs: number): number {
    const { window } = this.#rotated(name, nowMs)
    return window.belowAtMs(window.used(nowMs), nowMs)
  }

  /** May something begin now, and how fast? @throws QuotaError 'unknown-quota' */
  verdict(name: string, nowMs: number): QuotaVerdict {
    const left = this.left(name, nowMs)
    const { quota, window } = this.#entry(name)
    if (left === 0) return { kind: 'blocked', untilMs: window.belowAtMs(quota.amount, nowMs) }
    const ratePerSecond = quota.mode === 'spread' ? window.evenRatePerSecond(quota.amount, nowMs) : null
    return { kind: 'open', left, ratePerSecond }
  }

  /** For a file that outlives the process. */
  snapshot(nowMs: number): QuotaSnapshot {
    this.rotate(nowMs)
    const live = [...this.#entries].map(([name, { quota, window, total, runMs }]): SavedQuota => {
      return { name, unit: quota.unit, total, runMs, buckets: window.buckets }
    })
    return { version: 1, quotas: [...live, ...this.#saved.values()] }
  }

  /**
   * Takes up what an earlier run counted, for quotas that were added already and for those to come. Once, at the start.
   * @returns how many names there were, or why the data cannot be read: then nothing has changed
   */
  restore(json: unknown, nowMs: number): Parsed<number> {
    const snapshot = readQuotaSnapshot(json)
    if (!snapshot.ok) return snapshot
    this.rotate(nowMs)
    for (const saved of snapshot.value.quotas) {
      const entry = this.#entries.get(saved.name)
      if (entry === undefined) {
        this.#saved.set(saved.name, saved)
      } else if (entry.quota.unit === saved.unit) {
        entry.window = new MovingWindow(entry.quota.windowMs, [...saved.buckets, ...entry.window.buckets])
        entry.total += saved.total
        entry.runMs += saved.runMs
      }
    }
    return { ok: true, value: snapshot.value.quotas.length }
  }

  #rotated(name: string, nowMs: number): Entry {
    const entry = this.#entry(name)
    this.#rotate(entry, nowMs)
    return entry
  }

  #rotate(entry: Entry, nowMs: number): void {
    const sum = this.counters.sum(entry.slot)
    entry.window.add(sum - entry.seen, nowMs)
    entry.total += sum - entry.seen
    entry.seen = sum
    entry.runMs += Math.max(0, nowMs - entry.rotatedAtMs)
    entry.rotatedAtMs = nowMs
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw unknownQuota(name)
    return entry
  }

  #slot(name: string): number {
    const slot = this.#slots.get(name) ?? this.#slots.size
    if (slot >= this.counters.quotas) {
      throw new QuotaError('too-many-quotas', `There is room for ${this.counters.quotas} names of quotas, and no more.`)
    }
    this.#slots.set(name, slot)
    return slot
  }
}
