import type { Clock } from './clock.ts'
import type { Carry, LimitTable, Ticket } from './limit-table.ts'
import { quantumSeconds } from './limit-table.ts'

/** One write at the most, and what a lane writes at once when nothing limits it. */
export const MAX_QUANTUM_BYTES = 256 * 1024
/** Smaller writes cost more in packets and wakes than they gain in evenness. */
const MIN_QUANTUM_BYTES = 512

/** Timers have a grain of 1 ms: a ticket due within half of it is released now. */
const EARLY_NS = 500_000n
/** A rate change is seen within this time even by a thread that missed its wake message. */
const LONGEST_SLEEP_MS = 25

interface Waiter {
  readonly dueNs: bigint
  /** True once waiting longer makes no sense: the ticket is void, or the node runs again. */
  readonly stale: () => boolean
  readonly release: () => void
}

/**
 * All waiting of one thread: one timer for the earliest ticket, and on each tick everything
 * that is due goes. Timer wakes are what limiting costs, so there is never more than one pending.
 */
export class TicketTimer {
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()
  #cancel: (() => void) | null = null
  #wakeAtNs = 0n

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when `dueNs` has come, or earlier when `stale` turns true. Rejects with the signal's reason. */
  wait(dueNs: bigint, stale: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const onAbort = () => {
        this.#waiters.delete(waiter)
        reject(signal.reason)
      }
      const waiter: Waiter = {
        dueNs,
        stale,
        release: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
      this.#arm(dueNs)
    })
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
    for (const waiter of this.#waiters) {
      if (waiter.dueNs <= horizon || waiter.stale()) {
        this.#waiters.delete(waiter)
        waiter.release()
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

/** Where a grant went: `commit` when it was written, `giveBack` when it was not. */
export interface Grant {
  readonly bytes: number
  giveBack(): void
}

/**
 * One connection's way through the limit tree. It holds one ticket at a time, and takes the nodes
 * from its transfer up to the root one after the other, so that a blocked child holds no place in
 * its parent and its siblings use what it cannot.
 */
export class LaneLimiter {
  readonly #table: LimitTable
  readonly #timer: TicketTimer
  readonly #clock: Clock
  readonly #carries = new Map<number, Carry>()

  constructor(table: LimitTable, timer: TicketTimer, clock: Clock) {
    this.#table = table
    this.#timer = timer
    this.#clock = clock
  }

  /** The socket pushed back, or there was nothing to send: lost time is not the limiter's. */
  rested(): void {
    for (const carry of this.#carries.values()) carry.waited = false
  }

  /**
   * Bytes worth asking for at once: this lane's share of the strictest node's quantum.
   * `share` is in 0..1 and comes from the engine, so that shares of all lanes sum to 1.
   */
  quantum(nodes: readonly number[], share: number): number {
    let bytes = MAX_QUANTUM_BYTES
    for (const node of nodes) {
      const rate = this.#table.rate(node)
      if (rate !== null && rate > 0) bytes = Math.min(bytes, Math.floor(rate * quantumSeconds(rate) * share))
    }
    return Math.max(MIN_QUANTUM_BYTES, bytes)
  }

  /** True when no node of the path limits: one atomic load each, no ticket. */
  isFree(nodes: readonly number[]): boolean {
    return nodes.every((node) => this.#table.rate(node) === null)
  }

  /**
   * Waits until `bytes` may be written through all `nodes`, given from the transfer up to the root.
   * Rejects with the signal's reason; the nodes are then as if this lane had never asked.
   */
  async take(nodes: readonly number[], bytes: number, signal: AbortSignal): Promise<Grant> {
    const taken: Ticket[] = []
    const giveBack = () => {
      for (const ticket of taken) this.#table.giveBack(ticket, bytes)
    }
    try {
      for (const node of nodes) {
        const ticket = await this.#pass(node, bytes, signal)
        if (ticket !== null) taken.push(ticket)
      }
    } catch (reason) {
      giveBack()
      throw reason
    }
    return { bytes, giveBack }
  }

  /** One node: null when it does not limit. */
  async #pass(node: number, bytes: number, signal: AbortSignal): Promise<Ticket | null> {
    const carry = this.#carry(node)
    for (;;) {
      signal.throwIfAborted()
      const now = this.#clock.nowNs()
      const reservation = this.#table.reserve(node, bytes, carry, now)
      if (reservation.kind === 'unlimited') return null
      if (reservation.kind === 'paused') {
        carry.waited = false
        await this.#timer.wait(now + 3_600_000_000_000n, () => this.#table.rate(node) !== 0, signal)
        continue
      }
      if (reservation.dueNs <= now + EARLY_NS) return reservation
      try {
        await this.#timer.wait(reservation.dueNs, () => !this.#table.stands(reservation), signal)
      } catch (reason) {
        this.#table.giveBack(reservation, bytes)
        throw reason
      }
      if (!this.#table.stands(reservation)) continue
      carry.waited = true
      return reservation
    }
  }

  #carry(node: number): Carry {
    let carry = this.#carries.get(node)
    if (carry === undefined) {
      carry = { units: 0, waited: false }
      this.#carries.set(node, carry)
    }
    return carry
  }
}
