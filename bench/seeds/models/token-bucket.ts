import type { ByteLimiter, ByteSystem, LimitedStream } from '../system.ts'
import type { World } from '../world.ts'

/** The smallest bucket that lets one write pass at once, so that what shows is not its burst. */
const CAPACITY_BYTES = 16 * 1024

/** The TokenBucket of asyncutils: starts full, one waiter at a time, more than the capacity only waits longer. */
export class TokenBucket implements ByteLimiter {
  readonly setRate = null
  readonly #world: World
  readonly #rate: number
  readonly #capacity: number
  #tokens: number
  #updatedSeconds: number
  #lock: Promise<void> = Promise.resolve()

  constructor(world: World, rate: number, capacity = CAPACITY_BYTES) {
    this.#world = world
    this.#rate = rate
    this.#capacity = capacity
    this.#tokens = capacity
    this.#updatedSeconds = world.seconds
  }

  consume(tokens: number): Promise<void> {
    this.#lock = this.#lock.then(() => this.#consumeAlone(tokens))
    return this.#lock
  }

  async #consumeAlone(tokens: number): Promise<void> {
    const now = this.#world.seconds
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#updatedSeconds) * this.#rate)
    this.#updatedSeconds = now
    const left = this.#tokens - tokens
    if (left >= 0) {
      this.#tokens = left
      return
    }
    await this.#world.sleep(-left / this.#rate)
    // The sleep has paid for these tokens, yet the time of the last update still lies before it: the next one to
    // ask is credited with the same sleep again.
    this.#tokens = 0
  }

  open(): LimitedStream {
    return {
      write: async (bytes, send) => {
        await this.consume(bytes)
        await send(bytes)
      },
      close: () => {},
    }
  }
}

export const tokenBucket: ByteSystem<TokenBucket> = {
  name: 'asyncutils TokenBucket',
  create: (world, bytesPerSecond) => new TokenBucket(world, bytesPerSecond),
}
