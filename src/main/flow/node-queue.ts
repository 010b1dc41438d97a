import type { Clock } from './clock.ts'
import type { Carry, LimitTable, Ticket } from './limit-table.ts'
import type { TicketTimer } from './ticket-timer.ts'

const NEVER_NS = 3_600_000_000_000n

interface Waiting {
  readonly bytes: number
  readonly creditNs: bigint
  /** Its turn in fair queueing: lower goes first. */
  readonly turn: number
  readonly grant: (passed: Passed) => void
}

/**
 * How a wait ended. `void`: the limit has changed, and what was asked for is no longer the right size. `ticket` null:
 * the node does not limit.
 */
export type Passed = { readonly void: true } | { readonly void: false; readonly ticket: Ticket | null }

/**
 * The connections of one thread that wait at one node. Only the first holds a ticket: one write of the
 * node's whole quantum costs a quarter of what four writes of a quarter cost, and what is outstanding, which is the
 * node's burst, does not grow with the number of connections.
 *
 * Who is first follows start-time fair queueing (Goyal, Vin, Cheng 1996): each connection's turn moves on by bytes
 * over weight, so shares are exact whatever the sizes of the writes.
 */
export class NodeQueue {
  readonly #node: number
  readonly #table: LimitTable
  readonly #timer: TicketTimer
  readonly #clock: Clock
  readonly #carry: Carry = { units: 0, lateNs: 0 }
  readonly #waiting = new Set<Waiting>()
  /** Where each connection's last turn ended. */
  readonly #ends = new WeakMap<object, number>()
  /** The turn that was granted last: newcomers start here, without credit for their absence. */
  #now = 0
  #head: { readonly waiting: Waiting; readonly ticket: Ticket | null; readonly forget: () => void } | null = null

  constructor(node: number, table: LimitTable, timer: TicketTimer, clock: Clock) {
    this.#node = node
    this.#table = table
    this.#timer = timer
    this.#clock = clock
  }

  /**
   * Waits for `bytes`. Rejects with the signal's reason, and the node is then as if nobody had asked.
   * @param connection who asks; its turns are kept by this object
   * @param creditNs how long nodes above held it up since it last passed here
   */
  pass(connection: object, bytes: number, weight: number, creditNs: bigint, signal: AbortSignal): Promise<Passed> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const start = Math.max(this.#now, this.#ends.get(connection) ?? 0)
      const onAbort = () => {
        this.#leave(waiting)
        reject(signal.reason)
      }
      const waiting: Waiting = {
        bytes,
        creditNs,
        turn: start,
        grant: (passed) => {
          signal.removeEventListener('abort', onAbort)
          if (!passed.void) {
            this.#ends.set(connection, start + bytes / weight)
            this.#now = start
          }
          resolve(passed)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(waiting)
      this.#pump()
    })
  }

  /** Serves the next in turn, unless somebody is being served. */
  #pump(): void {
    while (this.#head === null) {
      const waiting = this.#next()
      if (waiting === null) return
      const now = this.#clock.nowNs()
      const reservation = this.#table.reserve(this.#node, waiting.bytes, this.#carry, now, waiting.creditNs)
      if (reservation.kind === 'unlimited') {
        this.#grant(waiting, { void: false, ticket: null })
      } else if (reservation.kind === 'paused') {
        this.#carry.lateNs = 0
        this.#wait(waiting, null, now + NEVER_NS, () => this.#table.rate(this.#node) !== 0)
      } else if (this.#timer.isDue(reservation.dueNs)) {
        this.#release(waiting, reservation)
      } else {
        this.#table.markBound(this.#node, now)
        this.#wait(waiting, reservation, reservation.dueNs, () => !this.#table.stands(reservation))
      }
    }
  }

  #wait(waiting: Waiting, ticket: Ticket | null, dueNs: bigint, stale: () => boolean): void {
    const forget = this.#timer.wait(dueNs, stale, () => {
      this.#head = null
      if (ticket !== null && this.#table.stands(ticket)) this.#release(waiting, ticket)
      else this.#voidAll()
      this.#pump()
    })
    this.#head = { waiting, ticket, forget }
  }

  #release(waiting: Waiting, ticket: Ticket): void {
    this.#carry.lateNs = Math.max(0, Number(this.#clock.nowNs() - ticket.dueNs))
    // Whoever came in the meantime and whose turn is earlier takes the ticket, if it asks for as much.
    const first = this.#next()
    this.#grant(first?.bytes === waiting.bytes ? first : waiting, { void: false, ticket })
  }

  /** The limit is another now: everybody who waits looks anew at how much to ask for. */
  #voidAll(): void {
    for (const waiting of [...this.#waiting]) this.#grant(waiting, { void: true })
  }

  #grant(waiting: Waiting, passed: Passed): void {
    this.#waiting.delete(waiting)
    waiting.grant(passed)
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting)
    if (this.#head?.waiting !== waiting) return
    const { ticket, forget } = this.#head
    forget()
    if (ticket !== null) this.#table.giveBack(ticket, waiting.bytes)
    this.#head = null
    this.#pump()
  }

  #next(): Waiting | null {
    let first: Waiting | null = null
    for (const waiting of this.#waiting) if (first === null || waiting.turn < first.turn) first = waiting
    return first
  }
}
