import { LimitTable } from '../../../src/main/flow/limit-table.ts'
import { ThreadLimiter } from '../../../src/main/flow/thread-limiter.ts'
import type { ByteLimiter, ByteSystem, LimitedStream } from '../system.ts'
import type { World } from '../world.ts'

const NODE = 0
/** Streams take turns on the threads, as connections do on senders. */
const THREADS = 2

/** Ours, as the senders use it: the real table and limiters of `src/main/flow`; only the clock is simulated. */
export class Ours implements ByteLimiter {
  readonly #world: World
  readonly #table: LimitTable
  readonly #threads: readonly { readonly limiter: ThreadLimiter; streams: number }[]
  #opened = 0
  #open = 0

  constructor(world: World, bytesPerSecond: number) {
    this.#world = world
    const table = LimitTable.create(1, world.clock.nowNs())
    this.#table = table
    this.#threads = Array.from({ length: THREADS }, () => ({
      limiter: new ThreadLimiter(table, world.clock),
      streams: 0,
    }))
    this.setRate(bytesPerSecond)
  }

  setRate(bytesPerSecond: number): void {
    this.#table.setRate(NODE, bytesPerSecond, this.#world.clock.nowNs())
    for (const { limiter } of this.#threads) limiter.wake()
  }

  /** All bytes that were reserved and not given back. */
  get granted(): number {
    return this.#table.granted(NODE)
  }

  open(): LimitedStream {
    const thread = this.#threads[this.#opened % THREADS]
    if (thread === undefined) throw new Error('there is no thread')
    const connection = {}
    this.#opened += 1
    this.#count(thread, 1)
    return {
      write: async (bytes, send, signal) => {
        for (let left = bytes; left > 0; ) {
          const asked = { leftBytes: left, leastBytes: 1, mostBytes: left }
          const grant = await thread.limiter.takeNext(connection, NODE, asked, thread.streams / this.#open, signal)
          // The limit has changed while it waited: the piece may have another size now.
          if (grant === null) continue
          await send(grant.bytes)
          left -= grant.bytes
        }
      },
      close: () => this.#count(thread, -1),
    }
  }

  #count(thread: { streams: number }, change: number): void {
    thread.streams += change
    this.#open += change
    this.#table.tree.setConnections(NODE, this.#open)
  }
}

export const ours: ByteSystem<Ours> = {
  name: 'Sluice',
  create: (world, bytesPerSecond) => new Ours(world, bytesPerSecond),
}
