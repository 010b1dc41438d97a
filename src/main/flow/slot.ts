import type { LimitTable, Ticket } from './limit-table.ts'

/** What is left of a slot and is less than this part of it stays for the next one; and so much more may go, rather than stay behind. */
const A_LITTLE = 1 / 16
/** So much of a slot may go to one who has it at hand. */
export const MOST_OF_A_SLOT = 1 + 2 * A_LITTLE
/** After its end a slot is good for so long, for one who comes back late. */
const GRACE_NS = 3_000_000n

/** What is asked of a slot: least ≤ most ≤ left. */
export interface PartOfSlot {
  /** Until the body ends: a little more of it goes rather than stays behind. */
  readonly leftBytes: number
  /** Fewer make no sense: the head of a request, say. */
  readonly leastBytes: number
  /** What is at hand. With `MOST_OF_A_SLOT`, or all that is left, no slot has to be shared for want of it. */
  readonly mostBytes: number
}

/**
 * A quantum that one thread was granted at a node: its time has come, and whoever has something to send takes of it, several
 * where one has too little left. So every quantum goes at once and whole, whatever the sizes of files and parts, and a window
 * of 100 ms or of a second holds a known number of them (`quantumSeconds`). What nobody takes in its time is given back.
 */
export class Slot {
  readonly #table: LimitTable
  #ticket: Ticket | null = null
  /** Not taken yet; below 0 where more was. */
  #bytes = 0
  #endsNs = 0n

  constructor(table: LimitTable) {
    this.#table = table
  }

  /** The ticket whose time has come, null where there was none. */
  get ticket(): Ticket | null {
    return this.#ticket
  }

  /** The time of `ticket` has come. */
  open(ticket: Ticket, nowNs: bigint): void {
    this.#expire(nowNs)
    this.#ticket = ticket
    this.#bytes += ticket.bytes
    this.#endsNs = nowNs + this.#table.lengthNs(ticket) + GRACE_NS
  }

  /** How many bytes go now for one who asks; 0: not before the next slot. */
  take(asked: PartOfSlot, nowNs: bigint): number {
    this.#expire(nowNs)
    const bytes = this.#ticket === null ? 0 : partOf(asked, this.#bytes, this.#ticket.bytes * A_LITTLE)
    this.#bytes -= bytes
    return bytes
  }

  /** Bytes that were taken of `ticket` and not sent. */
  giveBack(ticket: Ticket, bytes: number): void {
    if (this.#ticket?.epoch === ticket.epoch) this.#bytes += bytes
  }

  #expire(nowNs: bigint): void {
    if (this.#ticket === null) return
    if (!this.#table.stands(this.#ticket)) {
      this.#ticket = null
      this.#bytes = 0
    } else if (nowNs > this.#endsNs && this.#bytes > 0) {
      this.#table.giveBack(this.#ticket, this.#bytes)
      this.#bytes = 0
    }
  }
}

function partOf({ leftBytes, leastBytes, mostBytes }: PartOfSlot, hasBytes: number, littleBytes: number): number {
  if (hasBytes > 0 && leftBytes <= hasBytes + littleBytes && leftBytes <= mostBytes) return leftBytes
  const part = Math.min(hasBytes, mostBytes)
  return hasBytes < littleBytes || part < leastBytes ? 0 : part
}
