import type { Activity, TimeSpent } from '../core/why-slow.ts'
import { ACTIVITIES } from '../core/why-slow.ts'
import { SENDER_LANES } from './counters.ts'
import type { EngineContext } from './engine-context.ts'
import type { Transfer } from './transfer-record.ts'

/** A cause must show within 5 s, and a hiccup must not change the answer: the last 3 s count. */
const WINDOW_SAMPLES = 12

/** What happened in one period. */
interface Slice {
  readonly spent: Record<Activity, number>
  restedMs: number
}

export interface TimeUsed {
  readonly spent: TimeSpent
  readonly restedMs: number
}

/** Where the connections' time went in the last seconds, in total and for each transfer that they worked for. */
export class TimeUse {
  readonly #engine: EngineContext
  readonly #before: TimeSpent[]
  /** Whom each lane worked for at last: what it spent since its job ended is that one's. */
  readonly #workedFor: (Transfer | null)[] = Array.from({ length: SENDER_LANES }, () => null)
  readonly #slices = new Map<Transfer, Slice[]>()
  #total: Slice[] = []
  #sampledAtMs = performance.now()

  constructor(engine: EngineContext) {
    this.#engine = engine
    this.#before = Array.from({ length: SENDER_LANES }, (_, lane) => engine.counters.spent(lane))
  }

  /** Reads the counters; call it several times a second. */
  sample(): void {
    const now = performance.now()
    const periodMs = now - this.#sampledAtMs
    this.#sampledAtMs = now
    const total = newSlice()
    const current = new Map<Transfer, Slice>()
    const sliceOf = (transfer: Transfer): Slice => {
      const slice = current.get(transfer) ?? newSlice()
      current.set(transfer, slice)
      return slice
    }
    const transferOf = this.#transfersByJob()
    for (let lane = 0; lane < SENDER_LANES; lane++) {
      const spent = this.#engine.counters.spent(lane)
      const before = this.#before[lane]
      this.#before[lane] = spent
      const transfer = transferOf.get(this.#engine.counters.job(lane).jobId) ?? this.#workedFor[lane] ?? null
      this.#workedFor[lane] = transferOf.get(this.#engine.counters.job(lane).jobId) ?? null
      if (before === undefined) continue
      for (const activity of ACTIVITIES) {
        // A reading in the middle of a change can be off by what was just written.
        const ms = Math.min(periodMs, Math.max(0, spent[activity] - before[activity]))
        if (ms === 0) continue
        total.spent[activity] += ms
        if (transfer !== null) sliceOf(transfer).spent[activity] += ms
      }
    }
    for (const transfer of this.#engine.queue.retrying) {
      if (!restsAtServersWish(transfer)) continue
      total.restedMs += periodMs
      sliceOf(transfer).restedMs += periodMs
    }
    this.#keep(total, current)
  }

  of(transfer: Transfer): TimeUsed {
    return sumOf(this.#slices.get(transfer) ?? [])
  }

  get total(): TimeUsed {
    return sumOf(this.#total)
  }

  #keep(total: Slice, current: ReadonlyMap<Transfer, Slice>): void {
    this.#total = [...this.#total, total].slice(-WINDOW_SAMPLES)
    for (const transfer of new Set([...this.#slices.keys(), ...current.keys()])) {
      const slices = [...(this.#slices.get(transfer) ?? []), current.get(transfer) ?? newSlice()].slice(-WINDOW_SAMPLES)
      const used = sumOf(slices)
      if (used.restedMs + ACTIVITIES.reduce((sum, activity) => sum + used.spent[activity], 0) > 0) {
        this.#slices.set(transfer, slices)
      } else {
        this.#slices.delete(transfer)
      }
    }
  }

  #transfersByJob(): ReadonlyMap<number, Transfer> {
    const byJob = new Map<number, Transfer>()
    for (const transfer of this.#engine.dispatcher.working()) {
      for (const jobId of transfer.work?.jobs.keys() ?? []) byJob.set(jobId, transfer)
    }
    return byJob
  }
}

function restsAtServersWish({ state }: Transfer): boolean {
  return state.phase === 'retrying' && (state.error.code === 'throttled' || state.error.code === 'server-unavailable')
}

function newSlice(): Slice {
  return { spent: { limit: 0, turn: 0, read: 0, write: 0, answer: 0, work: 0 }, restedMs: 0 }
}

function sumOf(slices: readonly Slice[]): TimeUsed {
  const sum = newSlice()
  for (const slice of slices) {
    for (const activity of ACTIVITIES) sum.spent[activity] += slice.spent[activity]
    sum.restedMs += slice.restedMs
  }
  return sum
}
