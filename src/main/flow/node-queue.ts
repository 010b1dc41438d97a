import type { Clock } from './clock.ts'
import type { Turn } from './fair-turns.ts'
import { FairTurns } from './fair-turns.ts'
import type { Carry, LimitTable, Ticket } from './limit-table.ts'
import type { TicketTimer } from './ticket-timer.ts'

const NEVER_NS = 3_600_000_000_000n

/** Who is away for longer than this after a grant was not just slow in writing. */
const MAX_WRITING_NS = 250_000_000n

/** What a connection asks of one node. */
export interface Ask extends Turn {
  /** How long nodes above held it up since it last passed here. */
  readonly creditNs: bigint
  /** True once it would ask for something else, or of other nodes. */
  readonly isStale: () => boolean
}

/**
 * How a wait ended. `void`: something has changed, and what was asked for is no longer the right size, or way. `ticket`
 * null: the node does not limit.
 */
export type Passed = { readonly void: true } | { readonly void: false; readonly ticket: Ticket | null }
const VOID: Passed = { void: true }

interface Waiting extends Ask {
  readonly end: (passed: Passed) => void
}

/**
 * The connections of one thread that wait at one node. Only the first holds a ticket: one write of the
 * node's whole quantum costs a quarter of what four writes of a quarter cost, and what is outstanding, which is the
 * node's burst, does not grow with the number of connections. `FairTurns` says who is first.
 */
export class NodeQueue {
  readonly #node: number
  readonly #table: LimitTable
  readonly #timer: TicketTimer
  readonly #clock: Clock
  readonly #carry: Carry = { units: 0, lateNs: 0 }
  readonly #turns = new FairTurns<Waiting>()
  /** Connections that are writing what their last ticket allowed, while the limit was what held them. */
  readonly #writing = new WeakSet<object>()
  #releasedAtNs = 0n
  #head: { readonly waiting: Waiting; readonly ticket: Ticket | null; readonly forget: () => void } | null = null

  constructor(node: number, table: LimitTable, timer: TicketTimer, clock: Clock) {
    this.#node = node
    this.#table = table
    this.#timer = timer
    this.#clock = clock
  }

  /** Waits for what is asked. Rejects with the signal's reason, and the node is then as if nobody had asked. */
  pass(ask: Ask, signal: AbortSignal): Promise<Passed> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const onAbort = () => {
        this.#leave(waiting)
        reject(signal.reason)
      }
      const waiting: Waiting = {
        ...ask,
        end: (passed) => {
          signal.removeEventListener('abort', onAbort)
          resolve(passed)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      if (this.#head === null) this.#countWriting(ask.connection)
      this.#writing.delete(ask.connection)
      this.#turns.add(waiting)
      this.#pump()
    })
  }

  /** The connection has nothing more to send for now: until it asks again, the node loses no time by it. */
  rest(connection: object): void {
    this.#writing.delete(connection)
  }

  /** Something has changed somewhere: whoever would ask for something else by now, asks again. */
  wake(): void {
    for (const waiting of [...this.#turns]) {
      if (waiting !== this.#head?.waiting && waiting.isStale()) this.#void(waiting)
    }
  }

  /**
   * Nobody waited since the last release: the node may have lost time. What went by while a connection that the
   * limit holds wrote what it was given is the fault of a slow machine, like a late timer: it is paid back. What
   * went by otherwise is idle time, and earns nothing.
   */
  #countWriting(connection: object): void {
    if (!this.#writing.has(connection)) return
    const awayNs = this.#clock.nowNs() - this.#releasedAtNs
    if (awayNs <= MAX_WRITING_NS) this.#carry.lateNs += Number(awayNs)
  }

  /** Serves the next in turn, unless somebody is being served. */
  #pump(): void {
    while (this.#head === null) {
      const waiting = this.#turns.first()
      if (waiting === null) return
      if (waiting.isStale()) {
        this.#void(waiting)
        continue
      }
      const now = this.#clock.nowNs()
      const reservation = this.#table.reserve(this.#node, waiting.bytes, this.#carry, now, waiting.creditNs)
      if (reservation.kind === 'unlimited') {
        this.#grant(waiting, null)
      } else if (reservation.kind === 'paused') {
        this.#carry.lateNs = 0
        this.#hold(waiting, null)
      } else if (this.#timer.isDue(reservation.dueNs)) {
        this.#release(waiting, reservation)
      } else {
        this.#hold(waiting, reservation)
      }
    }
  }

  /** `waiting` is served next: when its ticket is due, or, without one, when the node runs again. */
  #hold(waiting: Waiting, ticket: Ticket | null): void {
    const now = this.#clock.nowNs()
    if (ticket !== null) this.#table.markBound(this.#node, ticket.dueNs)
    const isVoid = () => (ticket === null ? this.#table.rate(this.#node) !== 0 : !this.#table.stands(ticket))
    const forget = this.#timer.wait(
      ticket?.dueNs ?? now + NEVER_NS,
      () => isVoid() || waiting.isStale(),
      () => {
        this.#head = null
        if (isVoid()) this.#voidAll()
        else if (waiting.isStale()) this.#withdraw(waiting, ticket)
        else if (ticket !== null) {
          this.#carry.lateNs = Math.max(0, Number(this.#clock.nowNs() - ticket.dueNs))
          this.#release(waiting, ticket)
        }
        this.#pump()
      },
    )
    this.#head = { waiting, ticket, forget }
  }

  /** Whoever came in the meantime and whose turn is earlier takes the ticket, if it asks for as much. */
  #release(waiting: Waiting, ticket: Ticket): void {
    this.#releasedAtNs = this.#clock.nowNs()
    this.#table.noteRelease(ticket, this.#carry, this.#releasedAtNs)
    const first = this.#turns.first()
    const served = first?.bytes === waiting.bytes && !first.isStale() ? first : waiting
    if (ticket.inStep) this.#writing.add(served.connection)
    this.#grant(served, ticket)
  }

  #grant(waiting: Waiting, ticket: Ticket | null): void {
    this.#turns.serve(waiting)
    waiting.end({ void: false, ticket })
  }

  #void(waiting: Waiting): void {
    this.#turns.remove(waiting)
    waiting.end(VOID)
  }

  /** The limit is another now: everybody who waits looks anew at how much to ask for. */
  #voidAll(): void {
    for (const waiting of [...this.#turns]) this.#void(waiting)
  }

  #withdraw(waiting: Waiting, ticket: Ticket | null): void {
    this.#void(waiting)
    if (ticket !== null) this.#handOn(ticket, waiting.bytes)
  }

  #leave(waiting: Waiting): void {
    this.#turns.remove(waiting)
    if (this.#head?.waiting !== waiting) return
    const { ticket, forget } = this.#head
    forget()
    this.#head = null
    if (ticket !== null) this.#handOn(ticket, waiting.bytes)
    this.#pump()
  }

  /** The ticket of one who left is the next one's, so that no time of the node is lost; else it is given back. */
  #handOn(ticket: Ticket, bytes: number): void {
    const next = this.#turns.first()
    if (next?.bytes === bytes && this.#table.stands(ticket)) this.#hold(next, ticket)
    else this.#table.giveBack(ticket, bytes)
  }
}
