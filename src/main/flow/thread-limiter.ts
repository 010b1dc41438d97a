import type { Clock } from './clock.ts'
import type { LimitTable, Ticket } from './limit-table.ts'
import { quantumSeconds } from './limit-table.ts'
import { NodeQueue } from './node-queue.ts'
import { TicketTimer } from './ticket-timer.ts'

/** One limited write at the most: more would hold the other connections of a fast transfer up for too long. */
export const MAX_QUANTUM_BYTES = 512 * 1024
/** Smaller writes cost more in packets and wakes than they gain in evenness. */
const MIN_QUANTUM_BYTES = 512

/** A parent's queue is short; a longer wait than this was something else, and earns no credit. */
const MAX_CREDIT_NS = 50_000_000n

/** What was taken for a write, with the way to give it back if the write never happens. */
export interface Grant {
  readonly bytes: number
  giveBack(): void
}

/**
 * The limiter as one thread sees it: its connections wait here, at the nodes from their transfer's own up to the
 * root, one after the other, so that a blocked child holds no place in its parent and its siblings use what
 * it cannot.
 *
 *     const limiter = new ThreadLimiter(new LimitTable(buffer), systemClock)
 *     const bytes = limiter.quantum(connection, nodes, 1)
 *     const grant = await limiter.take(connection, nodes, bytes, signal)
 *     if (grant !== null) socket.write(buffer.subarray(at, at + bytes))
 */
export class ThreadLimiter {
  readonly #table: LimitTable
  readonly #timer: TicketTimer
  readonly #clock: Clock
  readonly #queues = new Map<number, NodeQueue>()
  readonly #heldUp = new WeakMap<object, Map<number, bigint>>()

  constructor(table: LimitTable, clock: Clock) {
    this.#table = table
    this.#clock = clock
    this.#timer = new TicketTimer(clock)
  }

  /** A limit has changed somewhere: waiting tickets are looked at now. */
  wake(): void {
    this.#timer.wake()
  }

  /** The lowest limit of the path, null where none limits; 0 is paused. */
  strictest(nodes: readonly number[]): number | null {
    const rates = nodes.flatMap((node) => this.#table.rate(node) ?? [])
    return rates.length === 0 ? null : Math.min(...rates)
  }

  /** True when no node of the path limits: one atomic load each, no ticket. */
  isFree(nodes: readonly number[]): boolean {
    return nodes.every((node) => this.#table.rate(node) === null)
  }

  /**
   * Bytes worth asking for at once: this thread's part of the strictest node's quantum, and what that node could have
   * given while nodes above held this connection up.
   * @param threadShare what part of all connections (by weight) is this thread's, 0..1
   */
  quantum(connection: object, nodes: readonly number[], threadShare: number): number {
    const heldUp = this.#heldUpOf(connection)
    let bytes = MAX_QUANTUM_BYTES
    for (const node of nodes) {
      const rate = this.#table.rate(node)
      if (rate === null || rate === 0) continue
      const seconds = quantumSeconds(rate) * threadShare + Number(heldUp.get(node) ?? 0n) / 1e9
      bytes = Math.min(bytes, Math.floor(rate * seconds))
    }
    return Math.max(MIN_QUANTUM_BYTES, bytes)
  }

  /**
   * Waits until `bytes` may be written through all `nodes`, given from the transfer's own up to the root. null: a limit
   * has changed in the meantime, so ask again for the `quantum` of now; nothing was charged.
   * Rejects with the signal's reason; every node is then as if nobody had asked.
   * @param connection who asks: any object of its own, by which its turns are kept
   */
  async take(connection: object, nodes: readonly number[], bytes: number, signal: AbortSignal): Promise<Grant | null> {
    const [own] = nodes
    const weight = own === undefined ? 1 : this.#table.weightPerConnection(own)
    const heldUp = this.#heldUpOf(connection)
    const passedAtNs: bigint[] = []
    const taken: Ticket[] = []
    const giveBack = () => {
      for (const ticket of taken) this.#table.giveBack(ticket, bytes)
    }
    try {
      for (const node of nodes) {
        if (this.#table.rate(node) === null) continue
        const passed = await this.#queue(node).pass(connection, bytes, weight, heldUp.get(node) ?? 0n, signal)
        passedAtNs.push(this.#clock.nowNs())
        if (passed.void) {
          giveBack()
          return null
        }
        if (passed.ticket !== null) taken.push(passed.ticket)
      }
    } catch (reason) {
      giveBack()
      throw reason
    }
    this.#remember(heldUp, nodes, passedAtNs)
    return { bytes, giveBack }
  }

  /** How long each node's successors above it took: without this a child would lose its time in its parent's queue. */
  #remember(heldUp: Map<number, bigint>, nodes: readonly number[], passedAtNs: readonly bigint[]): void {
    const last = passedAtNs.at(-1) ?? 0n
    const limited = nodes.filter((node) => this.#table.rate(node) !== null)
    heldUp.clear()
    passedAtNs.forEach((atNs, index) => {
      const node = limited[index]
      const waited = last - atNs
      if (node !== undefined) heldUp.set(node, waited < MAX_CREDIT_NS ? waited : MAX_CREDIT_NS)
    })
  }

  #heldUpOf(connection: object): Map<number, bigint> {
    let heldUp = this.#heldUp.get(connection)
    if (heldUp === undefined) {
      heldUp = new Map()
      this.#heldUp.set(connection, heldUp)
    }
    return heldUp
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
