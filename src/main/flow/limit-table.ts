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

const UNITS_PER_SECOND = 7_812_500
const NANOSECONDS_PER_UNIT = 128n
const TAT_BITS = 48n
const TAT_MASK = (1n << TAT_BITS) - 1n
const EPOCH_MASK = 0xffffn

/** Cells of 8 bytes: one cache line a node, so that neighbours do not slow each other down. */
const CELLS_PER_NODE = 8
const STATE = 0
const RATE = 1 // and 2: the slots of even and odd epochs
const GRANTED = 3
const OWED = 4
const WEIGHT = 5
const CONNECTIONS = 6
const BOUND_AT = 7

const HEADER_CELLS = CELLS_PER_NODE
const ORIGIN = 0

/** Weights are kept in thousandths. */
const WEIGHT_SCALE = 1000n

const UNLIMITED = (1n << 63n) - 1n

/** However much is owed, a node never runs faster than this much above its rate: no second is more than 3 % over. */
export const MAX_PAYBACK = 0.02
/** At most this much lost time is remembered: 2 s, so an hour asleep is not paid back. */
const MAX_OWED_UNITS = BigInt(2 * UNITS_PER_SECOND)

/**
 * What a stall costs is paid back by running a little faster, and only time that was lost is. By 0.3 % while little is owed, so
 * that a stall of 40 ms now and then leaves every second within 1 %; by more, growing with the square, where a busy
 * machine stalls again and again and the mean would never be reached: 2 % from 120 ms on.
 */
export function paybackFraction(owedSeconds: number): number {
  return Math.min(MAX_PAYBACK, Math.max(0.003, 1.4 * owedSeconds ** 2))
}

/**
 * How late a ticket may be and still be followed at full pace: 3 ms from 100 kB/s up, growing to 12 ms at
 * 25 kB/s and below. Together with the quantum (`quantumSeconds`) this is the node's whole burst.
 */
export function toleranceSeconds(bytesPerSecond: number): number {
  return Math.min(0.012, Math.max(0.003, 300 / bytesPerSecond))
}

/**
 * The bytes of all tickets of a node together, in seconds of its rate. Each ticket is a wake and a write, and those are
 * what limiting costs: 5 ms where 8 ms of burst are allowed, 3 ms from 2 MB/s up, more only at the lowest rates.
 */
export function quantumSeconds(bytesPerSecond: number): number {
  const least = bytesPerSecond < 2_000_000 ? 0.005 : 0.003
  return Math.min(0.0125, Math.max(least, 300 / bytesPerSecond))
}

/** A reservation: `bytes` may be written from `dueNs` (monotonic clock) on, while the epoch stands. */
export interface Ticket {
  readonly kind: 'ticket'
  readonly node: number
  readonly epoch: number
  readonly dueNs: bigint
  /** What the reservation moved the node's clock by, for `giveBack`. */
  readonly costUnits: number
}

export type Reservation = Ticket | { readonly kind: 'unlimited' } | { readonly kind: 'paused' }

const FREE: Reservation = { kind: 'unlimited' }
const PAUSED: Reservation = { kind: 'paused' }

/** What one connection remembers of one node between its tickets. */
export interface Carry {
  /** The rounding remainder; without it, small tickets run 0.8 % off. */
  units: number
  /**
   * How late the last ticket was released, in nanoseconds: set by its holder, used up by the next reservation. Of the time
   * that the node has lost by then, this much is the fault of a late timer, the rest that of whoever had
   * nothing to send.
   */
  lateNs: number
}

export class LimitTable {
  readonly buffer: SharedArrayBuffer
  readonly #cells: BigUint64Array
  readonly #originNs: bigint

  /** A table over memory that `LimitTable.create` made, possibly in another thread. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#cells = new BigUint64Array(buffer)
    this.#originNs = Atomics.load(this.#cells, ORIGIN)
  }

  /** All nodes start unlimited. `nowNs` is `process.hrtime.bigint()`, or a fake clock's time in tests. */
  static create(nodeCount: number, nowNs: bigint): LimitTable {
    const buffer = new SharedArrayBuffer((HEADER_CELLS + nodeCount * CELLS_PER_NODE) * 8)
    const cells = new BigUint64Array(buffer)
    // One second of headroom, so that `now - tolerance` never falls before the origin.
    cells[ORIGIN] = nowNs - 1_000_000_000n
    for (let node = 0; node < nodeCount; node++) {
      const base = HEADER_CELLS + node * CELLS_PER_NODE
      cells[base + RATE] = UNLIMITED
      cells[base + RATE + 1] = UNLIMITED
      cells[base + WEIGHT] = WEIGHT_SCALE
      cells[base + CONNECTIONS] = 1n
    }
    return new LimitTable(buffer)
  }

  /** null is unlimited, 0 stops. Every ticket of the node is void from here on. Control plane only. */
  setRate(node: number, bytesPerSecond: number | null, nowNs: bigint): void {
    const base = HEADER_CELLS + node * CELLS_PER_NODE
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
  }

  /** Bytes per second; null is unlimited, 0 is stopped. */
  rate(node: number): number | null {
    const base = HEADER_CELLS + node * CELLS_PER_NODE
    const epoch = Atomics.load(this.#cells, base + STATE) >> TAT_BITS
    const rate = Atomics.load(this.#cells, base + RATE + Number(epoch & 1n))
    return rate === UNLIMITED ? null : Number(rate)
  }

  /** The node's weight among its siblings (1 is normal), and over how many connections it is spread. Control plane only. */
  setWeight(node: number, weight: number, connections: number): void {
    const base = HEADER_CELLS + node * CELLS_PER_NODE
    Atomics.store(this.#cells, base + WEIGHT, BigInt(Math.max(1, Math.round(weight * Number(WEIGHT_SCALE)))))
    Atomics.store(this.#cells, base + CONNECTIONS, BigInt(Math.max(1, connections)))
  }

  /** What one connection of this node weighs, so that a transfer gets its weight however many it has. */
  weightPerConnection(node: number): number {
    const base = HEADER_CELLS + node * CELLS_PER_NODE
    const weight = Number(Atomics.load(this.#cells, base + WEIGHT)) / Number(WEIGHT_SCALE)
    return weight / Number(Atomics.load(this.#cells, base + CONNECTIONS))
  }

  /** Somebody had to wait for this node: it is what holds the rate down. */
  markBound(node: number, nowNs: bigint): void {
    Atomics.store(this.#cells, HEADER_CELLS + node * CELLS_PER_NODE + BOUND_AT, this.#unitsAt(nowNs))
  }

  /** Did anybody have to wait for this node within the last `withinNs`? */
  wasBound(node: number, nowNs: bigint, withinNs: bigint): boolean {
    const at = Atomics.load(this.#cells, HEADER_CELLS + node * CELLS_PER_NODE + BOUND_AT)
    return at !== 0n && this.#unitsAt(nowNs) - at <= withinNs / NANOSECONDS_PER_UNIT
  }

  /**
   * Bytes that were reserved and not given back, since the table was made; those of a ticket that a rate change made void are
   * among them. Unlimited bytes are not counted.
   */
  granted(node: number): number {
    return Number(Atomics.load(this.#cells, HEADER_CELLS + node * CELLS_PER_NODE + GRANTED))
  }

  /** True while a ticket may still be used. */
  stands(ticket: Ticket): boolean {
    const word = Atomics.load(this.#cells, HEADER_CELLS + ticket.node * CELLS_PER_NODE + STATE)
    return Number(word >> TAT_BITS) === ticket.epoch
  }

  /**
   * Takes the next `bytes` of the node's time.
   * `creditNs` widens the tolerance for one that could not ask in time because a node above held it up.
   * Time that the node lost to a late timer (`carry.lateNs`) is remembered and paid back: see
   * `paybackFraction`.
   */
  reserve(node: number, bytes: number, carry: Carry, nowNs: bigint, creditNs = 0n): Reservation {
    const base = HEADER_CELLS + node * CELLS_PER_NODE
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
      const earliest = now - tolerance - creditNs / NANOSECONDS_PER_UNIT
      const due = tat > earliest ? tat : earliest
      const owed = Atomics.load(this.#cells, base + OWED)
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
      const late = BigInt(Math.round(carry.lateNs)) / NANOSECONDS_PER_UNIT
      carry.lateNs = 0
      const idle = due > tat ? due - tat : 0n
      this.#settle(base, idle < late ? idle : late, payback)
      return {
        kind: 'ticket',
        node,
        epoch: Number(epoch),
        dueNs: this.#originNs + due * NANOSECONDS_PER_UNIT,
        costUnits: cost,
      }
    }
  }

  /**
   * Charges bytes that have been sent already (an answer's control request, say): the node's later
   * tickets make up for them. Nothing happens on an unlimited or stopped node.
   */
  charge(node: number, bytes: number, nowNs: bigint): void {
    this.reserve(node, bytes, { units: 0, lateNs: 0 }, nowNs)
  }

  /**
   * Returns what was reserved and not sent. After a rate change there is nothing to return. A later
   * ticket that was queued behind this one keeps its due time; the ones after it move up.
   */
  giveBack(ticket: Ticket, bytes: number): void {
    const base = HEADER_CELLS + ticket.node * CELLS_PER_NODE
    for (;;) {
      const word = Atomics.load(this.#cells, base + STATE)
      if (Number(word >> TAT_BITS) !== ticket.epoch) return
      const next = word - BigInt(ticket.costUnits)
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
