import type { Clock } from './clock.ts'
import type { Turn } from './fair-turns.ts'
import { FairTurns } from './fair-turns.ts'
import type { Carry, LimitTable, Ticket } from './limit-table.ts'
import type { PartOfSlot } from './slot.ts'
import { Slot } from './slot.ts'
import type { TicketTimer } from './ticket-timer.ts'

const NEVER_NS = 3_600_000_000_000n

/** While one connection waits for an answer and makes its next part ready, the others have something to send. */
const APART_SECONDS = 0.1

/** Who is away for longer than this after a grant was not just slow in writing. */
const MAX_WRITING_NS = 250_000_000n

/** What a connection asks of one node. */
export interface Ask extends Turn {
  readonly asked: PartOfSlot
  /** What the ticket is for; null: for all that is asked, and no less of it will do. */
  readonly slotBytes: number | null
  /** How long nodes above held it up since it last passed here. */
  readonly creditNs: bigint
  /** True once it would ask for something else, or of other nodes. */
  readonly isStale: () => boolean
}

/** What was passed of what was asked. */
export interface Passage {
  readonly bytes: number
  /** null: the node does not limit. */
  readonly ticket: Ticket | null
  /** Returns so many of the bytes, which are not sent. */
  readonly giveBack: (bytes: number) => void
}

/** How a wait ended. null: something has changed, and what was asked for is no longer the right size, or way. */
export type Passed = Passage | null

interface Waiting extends Ask {
  readonly end: (passed: Passed) => void
}

const nothing = () => {}

/**
 * The connections of one thread that wait at one node. Only the first holds a ticket: one write of the
 * node's whole quantum costs a quarter of what four writes of a quarter cost, and what is outstanding, which is the
 * node's burst, does not grow with the number of connections. `FairTurns` says who is first. A ticket is for a whole slot
 * where that will do, and what its holder does not need goes to those behind it.
 */
export class NodeQueue {
  readonly #node: number
  readonly #table: LimitTable
  readonly #timer: TicketTimer
  readonly #clock: Clock
  readonly #carry: Carry = { units: 0, lateNs: 0 }
  readonly #turns: FairTurns<Waiting>
  /** Connections that are writing what their last ticket allowed, while the limit was what held them. */
  readonly #writing = new WeakSet<object>()
  readonly #slot: Slot
  #releasedAtNs = 0n
  #head: { readonly waiting: Waiting; readonly ticket: Ticket | null; readonly forget: () => void } | null = null

  constructor(node: number, table: LimitTable, timer: TicketTimer, clock: Clock) {
    this.#node = node
    this.#table = table
    this.#timer = timer
    this.#clock = clock
    this.#slot = new Slot(table)
    this.#turns = new FairTurns(() => (table.rate(node) ?? 0) * APART_SECONDS)
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
      if (this.#serveFromSlot(waiting)) continue
      const now = this.#clock.nowNs()
      const bytes = ticketBytes(waiting)
      const reservation = this.#table.reserve(this.#node, bytes, this.#carry, now, waiting.creditNs)
      if (reservation.kind === 'unlimited') {
        this.#grant(waiting, { bytes: Math.min(bytes, waiting.asked.mostBytes), ticket: null, giveBack: nothing })
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

  /** The time of `ticket` has come, which was reserved for `waiting`. A slot is open then, and `#pump` gives it away. */
  #release(waiting: Waiting, ticket: Ticket): void {
    const now = this.#clock.nowNs()
    this.#releasedAtNs = now
    this.#table.noteRelease(ticket, this.#carry, now)
    if (waiting.slotBytes !== null) {
      this.#slot.open(ticket, now)
      return
    }
    // Whoever came in the meantime and whose turn is earlier takes the ticket, if it asks for as much.
    const first = this.#turns.first()
    const served = first !== null && isLike(first, waiting) && !first.isStale() ? first : waiting
    const giveBack = (bytes: number) => this.#table.giveBack(ticket, bytes)
    this.#grant(served, { bytes: ticket.bytes, ticket, giveBack })
  }

  /** False: not before the next slot. */
  #serveFromSlot(waiting: Waiting): boolean {
    const bytes = this.#slot.take(waiting.asked, this.#clock.nowNs())
    const { ticket } = this.#slot
    if (bytes === 0 || ticket === null) return false
    this.#grant(waiting, { bytes, ticket, giveBack: (unsent) => this.#slot.giveBack(ticket, unsent) })
    return true
  }

  #grant(waiting: Waiting, passage: Passage): void {
    if (passage.ticket?.inStep === true) this.#writing.add(waiting.connection)
    this.#turns.serve(waiting, passage.bytes)
    waiting.end(passage)
  }

  #void(waiting: Waiting): void {
    this.#turns.remove(waiting)
    waiting.end(null)
  }

  /** The limit is another now: everybody who waits looks anew at how much to ask for. */
  #voidAll(): void {
    for (const waiting of [...this.#turns]) this.#void(waiting)
  }

  #withdraw(waiting: Waiting, ticket: Ticket | null): void {
    this.#void(waiting)
    if (ticket !== null) this.#handOn(ticket, waiting)
  }

  #leave(waiting: Waiting): void {
    this.#turns.remove(waiting)
    if (this.#head?.waiting !== waiting) return
    const { ticket, forget } = this.#head
    forget()
    this.#head = null
    if (ticket !== null) this.#handOn(ticket, waiting)
    this.#pump()
  }

  /** The ticket of one who left is the next one's, so that no time of the node is lost; else it is given back. */
  #handOn(ticket: Ticket, from: Ask): void {
    const next = this.#turns.first()
    if (next !== null && isLike(next, from) && this.#table.stands(ticket)) this.#hold(next, ticket)
    else this.#table.giveBack(ticket, ticket.bytes)
  }
}

function ticketBytes({ asked, slotBytes }: Ask): number {
  return slotBytes ?? asked.leftBytes
}

/** Whether the ticket of one would do for the other. */
function isLike(one: Ask, other: Ask): boolean {
  return (one.slotBytes === null) === (other.slotBytes === null) && ticketBytes(one) === ticketBytes(other)
}
