/**
 * The shared limiter: GCRA (virtual scheduling) over a SharedArrayBuffer, one state word a node.
 *
 * Senders reserve with a compare-and-swap from any thread; only the control plane sets rates. A
 * node's word holds `epoch (16 bit) | TAT (48 bit)`, the theoretical arrival time in units of 128 ns since
 * the table's origin (417 days fit). The rate lives in the slot `epoch & 1` beside it, so one
 * successful swap proves that both the time and the rate that it used were current.
 *
 * A rate change voids, it does not rescale: the other slot is written, then the word is swapped to
 * `(epoch + 1, now)`. A ticket of an older epoch is dropped and reserved anew by its holder, so neither
 * debt nor credit survives a change in either direction.
 */

import { paybackFraction, SPACED_BELOW_OWED_SECONDS, toleranceSeconds } from './limit-numbers.ts'
import {
  BOUND_AT,
  BURST,
  CELLS_PER_NODE,
  cellsOf,
  GRANTED,
  HEADER_CELLS,
  LimitTree,
  ORIGIN,
  OWED,
  RATE,
  STATE,
} from './limit-tree.ts'

const UNITS_PER_SECOND = 7_812_500
const NANOSECONDS_PER_UNIT = 128n
const TAT_BITS = 48n
const TAT_MASK = (1n << TAT_BITS) - 1n
const EPOCH_MASK = 0xffffn

const UNLIMITED = (1n << 63n) - 1n

/** At most this much lost time is remembered: 2 s, so an hour asleep is not paid back. */
const MAX_OWED_UNITS = BigInt(2 * UNITS_PER_SECOND)
const SPACED_BELOW_OWED_UNITS = BigInt(Math.round(SPACED_BELOW_OWED_SECONDS * UNITS_PER_SECOND))

/** A reservation: `bytes` may be written from `dueNs` (monotonic clock) on, while the epoch stands. */
export interface Ticket {
  readonly kind: 'ticket'
  readonly node: number
  readonly epoch: number
  readonly dueNs: bigint
  readonly bytes: number
  /** What the reservation moved the node's clock by, for `giveBack`. */
  readonly costUnits: number
  /** The node had lost no time until then: it is the limit that holds, not whoever has too little to send. */
  readonly inStep: boolean
}

export type Reservation = Ticket | { readonly kind: 'unlimited' } | { readonly kind: 'paused' }

const FREE: Reservation = { kind: 'unlimited' }
const PAUSED: Reservation = { kind: 'paused' }

/** What one who asks remembers of one node between its tickets. */
export interface Carry {
  /** The rounding remainder; without it, small tickets run 0.8 % off. */
  units: number
  /**
   * For how much of what the node is behind, in nanoseconds, a late timer or a slow machine is to blame: told by its
   * holder. The rest is the fault of whoever had nothing to send. A reservation uses up what it had to give up for lost.
   */
  lateNs: number
  /** Until when the ticket that was released last lasts, from its release on; see `noteRelease`. */
  lasts?: { readonly epoch: number; readonly untilNs: bigint }
}

export class LimitTable {
  readonly buffer: SharedArrayBuffer
  /** Who is whose parent, weights, and who is exempt. */
  readonly tree: LimitTree
  readonly #cells: BigUint64Array
  readonly #originNs: bigint

  /** A table over memory that `LimitTable.create` made, possibly in another thread. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#cells = new BigUint64Array(buffer)
    this.tree = new LimitTree(this.#cells)
    this.#originNs = Atomics.load(this.#cells, ORIGIN)
  }

  /**
   * All nodes start unlimited, with the weight 1 and no parent.
   * @param nowNs `process.hrtime.bigint()`, or a fake clock's time in tests
   */
  static create(nodeCount: number, nowNs: bigint): LimitTable {
    const buffer = new SharedArrayBuffer((HEADER_CELLS + nodeCount * CELLS_PER_NODE) * 8)
    const cells = new BigUint64Array(buffer)
    // One second of headroom, so that `now - tolerance` never falls before the origin.
    cells[ORIGIN] = nowNs - 1_000_000_000n
    for (let node = 0; node < nodeCount; node++) {
      const base = cellsOf(node)
      cells[base + RATE] = UNLIMITED
      cells[base + RATE + 1] = UNLIMITED
    }
    const table = new LimitTable(buffer)
    for (let node = 0; node < nodeCount; node++) table.tree.reset(node)
    return table
  }

  /** null is unlimited, 0 stops. Every ticket of the node is void from here on. Control plane only. */
  setRate(node: number, bytesPerSecond: number | null, nowNs: bigint): void {
    const base = cellsOf(node)
    const rate = bytesPerSecond === null ? UNLIMITED : BigInt(Math.round(bytesPerSecond))
    for (;;) {
      const word = Atomics.load(this.#cells, base + STATE)
      const epoch = (word >> TAT_BITS) & EPOCH_MASK
      const next = (epoch + 1n) & EPOCH_MASK
      Atomics.store(this.#cells, base + RATE + Number(next & 1n), rate)
      const fresh = (next << TAT_BITS) | (this.#unitsAt(nowNs) & TAT_MASK)
      if (Atomics.compareExchange(this.#cells, base + STATE, word, fresh) === word) break
    }
    Atomics.store(this.#cells, base + OWED, 0n)
    // Who waited until a time to come waits for that no longer.
    const now = this.#unitsAt(nowNs)
    if (Atomics.load(this.#cells, base + BOUND_AT) > now) Atomics.store(this.#cells, base + BOUND_AT, now)
  }

  /** Bytes per second; null is unlimited, 0 is stopped. */
  rate(node: number): number | null {
    const base = cellsOf(node)
    const epoch = Atomics.load(this.#cells, base + STATE) >> TAT_BITS
    const rate = Atomics.load(this.#cells, base + RATE + Number(epoch & 1n))
    return rate === UNLIMITED ? null : Number(rate)
  }

  /**
   * What the node may pass at once after a rest, beyond its rate: 0 unless set. It fills at the rate, and a rate change
   * empties it. In every window the node then passes at most `rate × window + burst`, beside the tolerance and the
   * tickets that every limited node has. In the node's unit, so bytes or `UNITS_PER_REQUEST`. Control plane only.
   */
  setBurst(node: number, bytes: number): void {
    Atomics.store(this.#cells, cellsOf(node) + BURST, BigInt(Math.max(0, Math.round(bytes))))
  }

  /**
   * From now on what goes through `leaf` passes by `node` (null: by none), also what waits there at this moment: the
   * leaf gets a new epoch, and whoever asked under the old one asks again. Control plane only.
   */
  exempt(leaf: number, node: number | null, nowNs: bigint): void {
    this.tree.setExempt(leaf, node)
    this.setRate(leaf, this.rate(leaf), nowNs)
  }

  /** Somebody has to wait for this node until then: it is what holds the rate down. */
  markBound(node: number, untilNs: bigint): void {
    Atomics.store(this.#cells, cellsOf(node) + BOUND_AT, this.#unitsAt(untilNs))
  }

  /** Did anybody have to wait for this node within the last `withinNs`? */
  wasBound(node: number, nowNs: bigint, withinNs: bigint): boolean {
    const at = Atomics.load(this.#cells, cellsOf(node) + BOUND_AT)
    return at !== 0n && this.#unitsAt(nowNs) - at <= withinNs / NANOSECONDS_PER_UNIT
  }

  /**
   * Bytes that were reserved and not given back, since the table was made; those of a ticket that a rate change made void are
   * among them. Unlimited bytes are not counted.
   */
  granted(node: number): number {
    return Number(Atomics.load(this.#cells, cellsOf(node) + GRANTED))
  }

  /** True while a ticket may still be used. */
  stands(ticket: Ticket): boolean {
    return this.epoch(ticket.node) === ticket.epoch
  }

  /** Changes with every `setRate` and `exempt` of the node: what was asked for under another one is void. */
  epoch(node: number): number {
    return Number(Atomics.load(this.#cells, cellsOf(node) + STATE) >> TAT_BITS)
  }

  /**
   * Takes the next `bytes` of the node's time.
   * `creditNs` widens the tolerance for one that could not ask in time because a node above held it up.
   * Time that the node lost to a late timer (`carry.lateNs`) is remembered and paid back: see
   * `paybackFraction`.
   */
  reserve(node: number, bytes: number, carry: Carry, nowNs: bigint, creditNs = 0n): Reservation {
    const base = cellsOf(node)
    const now = this.#unitsAt(nowNs)
    for (;;) {
      const word = Atomics.load(this.#cells, base + STATE)
      const epoch = word >> TAT_BITS
      const rate = Atomics.load(this.#cells, base + RATE + Number(epoch & 1n))
      if (rate === UNLIMITED) return FREE
      if (rate === 0n) return PAUSED

      const bytesPerSecond = Number(rate)
      const tolerance = BigInt(Math.round(toleranceSeconds(bytesPerSecond) * UNITS_PER_SECOND))
      const tat = word & TAT_MASK
      const burst = (Atomics.load(this.#cells, base + BURST) * BigInt(UNITS_PER_SECOND)) / rate
      // Right after a start the clock has not run for so long yet; a rate change makes the node's time `now` anyway.
      const owed = Atomics.load(this.#cells, base + OWED)
      const { lasts } = carry
      const spaced = lasts !== undefined && lasts.epoch === Number(epoch) && owed < SPACED_BELOW_OWED_UNITS
      const from = spaced ? most(now, this.#unitsAt(lasts.untilNs)) : now
      const earliest = most(0n, from - tolerance - burst - creditNs / NANOSECONDS_PER_UNIT)
      const due = most(tat, earliest)
      const fullCost = (bytes * UNITS_PER_SECOND) / bytesPerSecond
      const fraction = owed > 0n ? paybackFraction(Number(owed) / UNITS_PER_SECOND) : 0
      // Running faster by f is charging each byte 1 / (1 + f) of its time.
      const payback = Math.min((fullCost * fraction) / (1 + fraction), Number(owed))
      const exact = fullCost - payback + carry.units
      const cost = Math.floor(exact)
      const next = (epoch << TAT_BITS) | ((due + BigInt(cost)) & TAT_MASK)
      if (Atomics.compareExchange(this.#cells, base + STATE, word, next) !== word) continue

      carry.units = exact - cost
      Atomics.add(this.#cells, base + GRANTED, BigInt(bytes))
      const behind = most(0n, now - tat)
      const late = least(behind, BigInt(Math.round(carry.lateNs)) / NANOSECONDS_PER_UNIT)
      // What is given up for lost is idle time first.
      const lost = most(0n, due - tat - (behind - late))
      carry.lateNs = Number(most(0n, late - lost) * NANOSECONDS_PER_UNIT)
      this.#settle(base, lost, payback)
      return {
        kind: 'ticket',
        node,
        epoch: Number(epoch),
        dueNs: this.#originNs + due * NANOSECONDS_PER_UNIT,
        bytes,
        costUnits: cost,
        inStep: due === tat,
      }
    }
  }

  /** The holder of `ticket` and `carry` lets it go now: its next ticket keeps its distance from this one. */
  noteRelease(ticket: Ticket, carry: Carry, nowNs: bigint): void {
    carry.lasts = { epoch: ticket.epoch, untilNs: nowNs + this.lengthNs(ticket) }
  }

  /** How long the node's rate takes for what `ticket` is for. */
  lengthNs(ticket: Ticket): bigint {
    return BigInt(ticket.costUnits) * NANOSECONDS_PER_UNIT
  }

  /**
   * Charges bytes that have been sent already (a control request, say) to `leaf` and all above it: their later tickets
   * make up for them. Nothing happens on an unlimited or stopped node.
   */
  charge(leaf: number, bytes: number, nowNs: bigint): void {
    for (const node of this.tree.path(leaf)) this.reserve(node, bytes, { units: 0, lateNs: 0 }, nowNs)
  }

  /**
   * Returns what was reserved and not sent, all of it or a part. After a rate change there is nothing to return. A later
   * ticket that was queued behind this one keeps its due time; the ones after it move up.
   */
  giveBack(ticket: Ticket, bytes: number): void {
    const base = cellsOf(ticket.node)
    const units = BigInt(
      bytes === ticket.bytes ? ticket.costUnits : Math.floor((ticket.costUnits * bytes) / ticket.bytes),
    )
    for (;;) {
      const word = Atomics.load(this.#cells, base + STATE)
      if (Number(word >> TAT_BITS) !== ticket.epoch) return
      const next = word - units
      if (Atomics.compareExchange(this.#cells, base + STATE, word, next) === word) break
    }
    Atomics.sub(this.#cells, base + GRANTED, BigInt(bytes))
  }

  /** Remembers lost time, and forgets what was just paid back. */
  #settle(base: number, lost: bigint, payback: number): void {
    const paid = BigInt(Math.ceil(payback))
    if (lost === 0n && paid === 0n) return
    for (;;) {
      const owed = Atomics.load(this.#cells, base + OWED)
      const sum = owed + lost - paid
      const next = sum < 0n ? 0n : sum > MAX_OWED_UNITS ? MAX_OWED_UNITS : sum
      if (Atomics.compareExchange(this.#cells, base + OWED, owed, next) === owed) return
    }
  }

  #unitsAt(nowNs: bigint): bigint {
    return (nowNs - this.#originNs) / NANOSECONDS_PER_UNIT
  }
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
