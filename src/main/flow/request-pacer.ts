import type { Clock } from './clock.ts'
import type { Carry, LimitTable, Reservation, Ticket } from './limit-table.ts'
import { requestRate, UNITS_PER_REQUEST } from './request-rate.ts'
import { TicketTimer } from './ticket-timer.ts'

/** As for bytes: timers have a grain of 1 ms, so what is due within half of it goes now. */
const EARLY_NS = 500_000n
const NEVER_NS = 3_600_000_000_000n

/** Leave to begin one request. `giveBack` it, once, when the request was not begun after all. */
export interface RequestSlot {
  readonly waitedMs: number
  giveBack(): void
}

export type TryRequest =
  | { readonly granted: true; readonly slot: RequestSlot }
  /** null: not before a rate changes. */
  | { readonly granted: false; readonly retryAfterMs: number | null }

export interface RequestPacerOptions {
  readonly table: LimitTable
  readonly clock: Clock
  /** What each request passes: files per second before requests per second, the root last. */
  readonly nodes: readonly number[]
  /** Requests that may go at once after a rest; 1, the default, is even spacing. The same in every thread. */
  readonly burst?: number
}

interface Waiter {
  readonly sinceNs: bigint
  readonly resolve: (slot: RequestSlot) => void
}

/**
 * Requests per second (or files), shared by all senders and evenly spaced: 12 a second are one each 83 ms.
 *
 * Source: the token-bucket tutorial for requests per second across workers, without its flaws: the slots come from
 * the limit table, so no thread refills or polls anything, and those who wait in one thread wait in line behind a
 * single ticket. Whoever leaves the line leaves that ticket to the next; the last one gives it back. So no slot is
 * spent without a request, and a stop is immediate.
 *
 * ```ts
 * const pacer = new RequestPacer({ table, clock, nodes: [requestsNode] })
 * await pacer.take(signal)
 * ```
 */
export class RequestPacer {
  readonly #table: LimitTable
  readonly #clock: Clock
  readonly #nodes: readonly number[]
  readonly #burst: number
  readonly #timer: TicketTimer
  readonly #waiters = new Set<Waiter>()
  readonly #carries = new Map<number, Carry>()
  #pump: AbortController | null = null

  /** @throws RangeError for a burst below 1 */
  constructor({ table, clock, nodes, burst = 1 }: RequestPacerOptions) {
    if (!(burst >= 1 && Number.isFinite(burst))) {
      throw new RangeError(`A burst of requests must be 1 or more, not ${burst}.`)
    }
    this.#table = table
    this.#clock = clock
    this.#nodes = nodes
    this.#burst = burst
    this.#timer = new TicketTimer(clock)
  }

  /** A rate has changed, perhaps in another thread: who waits is looked at now, not within 25 ms. */
  wake(): void {
    this.#timer.wake()
  }

  /** Requests that wait in this thread. */
  get waiting(): number {
    return this.#waiters.size
  }

  /** Resolves when one request may begin, in the order of asking. @throws the signal's reason, at once */
  take(signal: AbortSignal): Promise<RequestSlot> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const onAbort = () => {
        this.#waiters.delete(waiter)
        if (this.#waiters.size === 0) this.#pump?.abort()
        reject(signal.reason)
      }
      const waiter: Waiter = {
        sinceNs: this.#clock.nowNs(),
        resolve: (slot) => {
          signal.removeEventListener('abort', onAbort)
          resolve(slot)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
      if (this.#pump === null) void this.#serve()
    })
  }

  /** A slot now, or when to come back; a refused try holds no place, and none overtakes those who wait. */
  tryTake(): TryRequest {
    const nowNs = this.#clock.nowNs()
    const tickets: Ticket[] = []
    let dueNs = nowNs
    for (const node of this.#nodes) {
      const reservation = this.#reserve(node, nowNs)
      if (reservation.kind === 'paused') {
        this.#return(tickets)
        return { granted: false, retryAfterMs: null }
      }
      if (reservation.kind === 'unlimited') continue
      tickets.push(reservation)
      const nodeDueNs = reservation.dueNs - this.#earlyNs(node)
      if (nodeDueNs > dueNs) dueNs = nodeDueNs
    }
    if (dueNs === nowNs && this.#waiters.size === 0) return { granted: true, slot: this.#slot(tickets, nowNs) }
    this.#return(tickets)
    return { granted: false, retryAfterMs: Math.max(1, Number(dueNs - nowNs) / 1e6) }
  }

  /** One slot after the other for the line, until nobody waits. */
  async #serve(): Promise<void> {
    while (this.#waiters.size > 0) {
      const pump = new AbortController()
      this.#pump = pump
      const tickets = await this.#pass(pump.signal).catch((reason) => {
        if (pump.signal.aborted) return null
        throw reason
      })
      if (tickets === null) continue
      const [next] = this.#waiters
      if (next === undefined) {
        this.#return(tickets)
      } else {
        this.#waiters.delete(next)
        next.resolve(this.#slot(tickets, next.sinceNs))
      }
    }
    this.#pump = null
  }

  /** Through all nodes, one after the other: a blocked node keeps no place in the next. */
  async #pass(signal: AbortSignal): Promise<Ticket[]> {
    const tickets: Ticket[] = []
    try {
      for (const node of this.#nodes) {
        for (;;) {
          const nowNs = this.#clock.nowNs()
          const reservation = this.#reserve(node, nowNs)
          if (reservation.kind === 'unlimited') break
          if (reservation.kind === 'paused') {
            await this.#sleep(nowNs + NEVER_NS, () => this.#table.rate(node) !== 0, signal)
            continue
          }
          tickets.push(reservation)
          const dueNs = reservation.dueNs - this.#earlyNs(node)
          if (dueNs > nowNs) this.#table.markBound(node, nowNs)
          if (dueNs > nowNs) {
            this.#table.markBound(node, dueNs)
            await this.#sleep(dueNs, () => !this.#table.stands(reservation), signal)
          }
          if (this.#table.stands(reservation)) break
          tickets.pop()
        }
      }
    } catch (reason) {
      this.#return(tickets)
      throw reason
    }
    return tickets
  }

  #sleep(dueNs: bigint, stale: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const forget = this.#timer.wait(dueNs, stale, resolve)
      signal.addEventListener('abort', () => {
        forget()
        reject(signal.reason)
      })
    })
  }

  #reserve(node: number, nowNs: bigint): Reservation {
    let carry = this.#carries.get(node)
    if (carry === undefined) {
      carry = { units: 0, lateNs: 0 }
      this.#carries.set(node, carry)
    }
    return this.#table.reserve(node, UNITS_PER_REQUEST, carry, nowNs)
  }

  /** A burst of n is a ticket that may go n - 1 spacings before it is due. */
  #earlyNs(node: number): bigint {
    const rate = requestRate(this.#table, node)
    if (rate === null || rate === 0) return EARLY_NS
    return BigInt(Math.round(((this.#burst - 1) * 1e9) / rate)) + EARLY_NS
  }

  #slot(tickets: Ticket[], sinceNs: bigint): RequestSlot {
    const waitedMs = Number(this.#clock.nowNs() - sinceNs) / 1e6
    return { waitedMs, giveBack: () => this.#return(tickets.splice(0)) }
  }

  #return(tickets: readonly Ticket[]): void {
    for (const ticket of tickets) this.#table.giveBack(ticket, UNITS_PER_REQUEST)
  }
}
