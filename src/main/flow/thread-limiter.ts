import type { Clock } from './clock.ts'
import { evenSlot } from './even-slot.ts'
import { quantumSeconds } from './limit-numbers.ts'
import type { LimitTable, Ticket } from './limit-table.ts'
import type { Passage } from './node-queue.ts'
import { NodeQueue } from './node-queue.ts'
import type { PartOfSlot } from './slot.ts'
import { TicketTimer } from './ticket-timer.ts'
import type { TryReserve } from './token-bucket.ts'

/**
 * One limited write at the most: 2.5 ms of 800 MiB/s. With 512 KiB timers of 1 ms came too late for each of them there, and
 * the mean at 700 MiB/s was 0.98 of the limit; much more would hold the other connections up.
 */
export const MAX_QUANTUM_BYTES = 2 * 1024 * 1024
/** Smaller writes cost more in packets and wakes than they gain in evenness. */
export const MIN_QUANTUM_BYTES = 512

/** A parent's queue is short; a longer wait than this was something else, and earns no credit. */
export const MAX_CREDIT_NS = 50_000_000n

/** What was taken for a write, with the way to give it back if the write never happens. */
export interface Grant {
  readonly bytes: number
  giveBack(): void
}

/** What is passed: a leaf of the tree with all nodes above it, or several leaves, one after the other. */
export type Way = number | readonly number[]

/**
 * The limiter as one thread sees it: its connections wait here, at the nodes from their transfer's own up to the
 * root, one after the other, so that a blocked child holds no place in its parent and its siblings use what
 * it cannot. Each takes its way from the tree as it is at that moment.
 *
 *     const limiter = new ThreadLimiter(new LimitTable(buffer), systemClock)
 *     const asked = { leftBytes: buffer.length - at, leastBytes: 1, mostBytes: buffer.length - at }
 *     const grant = await limiter.takeNext(connection, leaf, asked, 1, signal)
 *     if (grant !== null) socket.write(buffer.subarray(at, at + grant.bytes))
 */
export class ThreadLimiter {
  readonly #table: LimitTable
  readonly #timer: TicketTimer
  readonly #clock: Clock
  readonly #queues = new Map<number, NodeQueue>()
  /** By connection: how long the nodes above each of those that it passed last held it up after that. */
  readonly #heldUp = new WeakMap<object, Map<number, bigint>>()
  /** Connections that have begun a body since they rested. */
  readonly #within = new WeakSet<object>()

  constructor(table: LimitTable, clock: Clock) {
    this.#table = table
    this.#clock = clock
    this.#timer = new TicketTimer(clock)
  }

  /** Something has changed in the table: whoever waits looks at it now. */
  wake(): void {
    for (const queue of this.#queues.values()) queue.wake()
    this.#timer.wake()
  }

  /** The lowest limit that holds for `leaf`, null where none does; 0 is paused. */
  strictest(leaf: number): number | null {
    const rates = this.#table.tree.path(leaf).flatMap((node) => this.#table.rate(node) ?? [])
    return rates.length === 0 ? null : Math.min(...rates)
  }

  /** True when no node of the way limits: a few atomic loads, no ticket. */
  isFree(way: Way): boolean {
    const { tree } = this.#table
    if (typeof way !== 'number') return way.every((leaf) => this.isFree(leaf))
    for (let node: number | null = way; node !== null; node = tree.parent(node)) {
      if (this.#table.rate(node) !== null && !tree.isExempt(way, node)) return false
    }
    return true
  }

  /**
   * Bytes worth asking for at once: this thread's part of the strictest node's quantum, and what that node could have
   * given while nodes above held this connection up.
   * @param threadShare what part of all connections (by weight) is this thread's, 0..1
   */
  quantum(connection: object, leaf: number, threadShare: number): number {
    return this.#strictest(connection, leaf, threadShare).bytes
  }

  /**
   * Waits until `bytes` may be written through `way`. null: a limit, or the way, has changed in the meantime, so ask
   * again for the `quantum` of now; nothing was charged.
   * Rejects with the signal's reason; every node is then as if nobody had asked.
   * @param connection who asks: any object of its own, by which its turns are kept
   */
  take(connection: object, way: Way, bytes: number, signal: AbortSignal): Promise<Grant | null> {
    return this.#take(connection, typeof way === 'number' ? [way] : way, whole(bytes), null, signal)
  }

  /**
   * Waits until the next of what is left of a body may be written, and says how much of it: at most `MOST_OF_A_SLOT` of the
   * `quantum`. It is even where `take` of so much each time is not, since what one does not need of its slot goes to the
   * others at once. null, and a rejection, as for `take`.
   * @param threadShare as for `quantum`
   */
  async takeNext(
    connection: object,
    leaf: number,
    asked: PartOfSlot,
    threadShare: number,
    signal: AbortSignal,
  ): Promise<Grant | null> {
    const { node, bytes, seconds } = this.#strictest(connection, leaf, threadShare)
    const slot = { node, bytes: evenSlot(asked.leftBytes, bytes, seconds) }
    const grant = await this.#take(connection, [leaf], asked, slot, signal)
    if (grant !== null) this.#within.add(connection)
    return grant
  }

  /** @param slot not null: at that node a part of a slot of so many bytes will do */
  async #take(
    connection: object,
    leaves: readonly number[],
    asked: PartOfSlot,
    slot: { readonly node: number | null; readonly bytes: number } | null,
    signal: AbortSignal,
  ): Promise<Grant | null> {
    const { tree } = this.#table
    const epochs = leaves.map((leaf) => this.#table.epoch(leaf))
    const passages: Passage[] = []
    // Who waits above a node whose limit has changed since has nothing left of the old one.
    const isStale = () =>
      leaves.some((leaf, index) => this.#table.epoch(leaf) !== epochs[index]) ||
      passages.some(({ ticket }) => ticket !== null && !this.#table.stands(ticket))
    const heldUp = this.#heldUp.get(connection)
    let granted = Math.min(asked.mostBytes, Math.max(asked.leastBytes, slot?.bytes ?? asked.leftBytes))
    const giveBack = (unsent: number) => {
      for (const passage of passages) passage.giveBack(unsent)
    }
    const passedAt: [node: number, atNs: bigint][] = []
    try {
      for (const leaf of leaves) {
        const group = tree.parent(leaf) ?? leaf
        const turn = {
          connection,
          weight: tree.weightPerConnection(leaf),
          group,
          groupWeight: tree.weight(group),
          beginsBytes: slot === null || this.#within.has(connection) ? 0 : asked.leftBytes,
        }
        for (const node of tree.path(leaf)) {
          if (this.#table.rate(node) === null) continue
          const slotBytes = slot?.node === node ? slot.bytes : null
          // What nodes below have granted is all that may go.
          const part = { ...asked, mostBytes: passages.length === 0 ? asked.mostBytes : granted }
          const ask = {
            ...turn,
            asked: slotBytes === null ? whole(granted) : part,
            slotBytes,
            creditNs: heldUp?.get(node) ?? 0n,
            isStale,
          }
          const passage = await this.#queue(node).pass(ask, signal)
          passedAt.push([node, this.#clock.nowNs()])
          if (passage === null) {
            giveBack(granted)
            return null
          }
          giveBack(granted - passage.bytes)
          granted = passage.bytes
          passages.push(passage)
        }
      }
    } catch (reason) {
      giveBack(granted)
      throw reason
    }
    if (isStale()) {
      giveBack(granted)
      return null
    }
    this.#remember(connection, passedAt)
    return {
      bytes: granted,
      giveBack: () => {
        giveBack(granted)
        granted = 0
      },
    }
  }

  /**
   * Waits for `bytes`, however many and whatever changes meanwhile.
   * @returns milliseconds waited
   * @throws the signal's reason; every node is then as if nobody had asked
   */
  async reserve(way: Way, bytes: number, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted()
    const startNs = this.#clock.nowNs()
    const connection = {}
    while ((await this.take(connection, way, bytes, signal)) === null);
    return Number(this.#clock.nowNs() - startNs) / 1e6
  }

  /**
   * Takes `bytes` now, or says when to come back (milliseconds of the clock; null: not before a rate changes). A
   * refused try holds no place, and none overtakes those who wait.
   */
  tryReserve(way: Way, bytes: number): TryReserve {
    const nowNs = this.#clock.nowNs()
    const taken: Ticket[] = []
    const cancel = () => {
      for (const ticket of taken.splice(0)) this.#table.giveBack(ticket, bytes)
    }
    let dueNs = nowNs
    for (const node of (typeof way === 'number' ? [way] : way).flatMap((leaf) => this.#table.tree.path(leaf))) {
      const reservation = this.#table.reserve(node, bytes, { units: 0, lateNs: 0 }, nowNs)
      if (reservation.kind === 'paused') {
        cancel()
        return { granted: false, retryAtMs: null }
      }
      if (reservation.kind === 'unlimited') continue
      taken.push(reservation)
      if (!this.#timer.isDue(reservation.dueNs) && reservation.dueNs > dueNs) dueNs = reservation.dueNs
    }
    if (dueNs === nowNs) return { granted: true, cancel }
    cancel()
    return { granted: false, retryAtMs: Number(dueNs) / 1e6 }
  }

  /**
   * The connection has nothing to send for now, and begins another body next. Say it, or up to 250 ms of that time count as
   * lost in writing, and bodies begin and end together.
   */
  rest(connection: object): void {
    this.#within.delete(connection)
    for (const node of this.#heldUp.get(connection)?.keys() ?? []) this.#queues.get(node)?.rest(connection)
  }

  /** The node that asks for the smallest writes, how large those are and how long they last there; null: none limits. */
  #strictest(
    connection: object,
    leaf: number,
    threadShare: number,
  ): { readonly node: number | null; readonly bytes: number; readonly seconds: number } {
    const heldUp = this.#heldUp.get(connection)
    let strictest: number | null = null
    let bytes = MAX_QUANTUM_BYTES
    let lowest = Number.POSITIVE_INFINITY
    for (const node of this.#table.tree.path(leaf)) {
      const rate = this.#table.rate(node)
      if (rate === null || rate === 0) continue
      const seconds = quantumSeconds(rate) * threadShare + Number(heldUp?.get(node) ?? 0n) / 1e9
      const quantum = Math.floor(rate * seconds)
      if (strictest !== null && quantum >= bytes) continue
      strictest = node
      lowest = rate
      bytes = Math.max(MIN_QUANTUM_BYTES, Math.min(bytes, quantum))
    }
    return { node: strictest, bytes, seconds: bytes / lowest }
  }

  /** Without this a child would lose its time in its parent's queue. */
  #remember(connection: object, passedAt: readonly (readonly [node: number, atNs: bigint])[]): void {
    const last = passedAt.at(-1)?.[1] ?? 0n
    const heldUp = new Map<number, bigint>()
    for (const [node, atNs] of passedAt) {
      const waited = last - atNs
      heldUp.set(node, waited < MAX_CREDIT_NS ? waited : MAX_CREDIT_NS)
    }
    this.#heldUp.set(connection, heldUp)
  }

  #queue(node: number): NodeQueue {
    let queue = this.#queues.get(node)
    if (queue === undefined) {
      queue = new NodeQueue(node, this.#table, this.#timer, this.#clock)
      this.#queues.set(node, queue)
    }
    return queue
  }
}

/** All of them or none. */
function whole(bytes: number): PartOfSlot {
  return { leftBytes: bytes, leastBytes: bytes, mostBytes: bytes }
}
