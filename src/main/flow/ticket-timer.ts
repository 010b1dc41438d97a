import type { Clock } from './clock.ts'

/** Timers have a grain of 1 ms and come up to one early: what is due within it is released now, not after one more wake. */
const EARLY_NS = 1_000_000n
/** A rate change is seen within this time even by a thread that missed its wake. */
const LONGEST_SLEEP_MS = 25

interface Waiter {
  readonly dueNs: bigint
  /** True once waiting longer makes no sense: the ticket is void, or the node runs again. */
  readonly stale: () => boolean
  readonly release: () => void
}

/**
 * All waiting of one thread: one timer for the earliest ticket, and on each tick everything that is due goes.
 * Timer wakes are what limiting costs, so there is never more than one pending.
 */
export class TicketTimer {
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()
  #cancel: (() => void) | null = null
  #wakeAtNs = 0n

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** True where a ticket need not wait at all. */
  isDue(dueNs: bigint): boolean {
    return dueNs <= this.#clock.nowNs() + EARLY_NS
  }

  /** Calls `release` once `dueNs` has come, or earlier when `stale` turns true. The answer forgets the wait. */
  wait(dueNs: bigint, stale: () => boolean, release: () => void): () => void {
    const waiter: Waiter = { dueNs, stale, release }
    this.#waiters.add(waiter)
    this.#arm(dueNs)
    return () => this.#waiters.delete(waiter)
  }

  /** Looks again at once: a rate has changed. */
  wake(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#tick()
  }

  #tick(): void {
    const horizon = this.#clock.nowNs() + EARLY_NS
    let earliest: bigint | null = null
    for (const waiter of [...this.#waiters]) {
      if (waiter.dueNs <= horizon || waiter.stale()) {
        if (this.#waiters.delete(waiter)) waiter.release()
      } else if (earliest === null || waiter.dueNs < earliest) {
        earliest = waiter.dueNs
      }
    }
    if (earliest !== null) this.#arm(earliest)
  }

  #arm(dueNs: bigint): void {
    if (this.#cancel !== null) {
      if (this.#wakeAtNs <= dueNs) return
      this.#cancel()
    }
    this.#wakeAtNs = dueNs
    const delayMs = Number(dueNs - this.#clock.nowNs()) / 1e6
    this.#cancel = this.#clock.after(Math.min(LONGEST_SLEEP_MS, Math.max(1, Math.round(delayMs))), () => {
      this.#cancel = null
      this.#tick()
    })
  }
}
