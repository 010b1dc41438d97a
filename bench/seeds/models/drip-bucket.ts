import type { ByteLimiter, ByteSystem, LimitedStream } from '../system.ts'
import type { World } from '../world.ts'

const PERIOD_SECONDS = 1

interface Waiter {
  done: boolean
  readonly wake: () => void
}

/**
 * The limited body of the aiohttp thread: a leaky bucket that "drips out access", and a payload that asks it for
 * each chunk, split where it is above the rate.
 */
export class DripBucket implements ByteLimiter {
  readonly #world: World
  readonly #leakPerSecond: number
  /** In the order in which they first waited; one that waits again keeps its place. */
  readonly #waiters = new Map<object, Waiter>()
  #maxLevel: number
  #level = 0
  #leakedAtSeconds: number

  constructor(world: World, maxRate: number) {
    this.#world = world
    this.#maxLevel = maxRate
    this.#leakPerSecond = maxRate / PERIOD_SECONDS
    this.#leakedAtSeconds = world.seconds
  }

  /** All that assigning `max_rate` does: the leak was computed when the bucket was made. */
  setRate(maxRate: number): void {
    this.#maxLevel = maxRate
  }

  async acquire(amount: number, task: object): Promise<void> {
    if (amount > this.#maxLevel) throw new RangeError('More than the bucket holds can never be acquired.')
    while (!this.#hasCapacity(amount)) await this.#wait(amount / this.#leakPerSecond, task)
    this.#waiters.delete(task)
    this.#level += amount
  }

  #hasCapacity(amount: number): boolean {
    const now = this.#world.seconds
    this.#level = Math.max(0, this.#level - (now - this.#leakedAtSeconds) * this.#leakPerSecond)
    this.#leakedAtSeconds = now
    // The first to wait is told, but nothing is kept for it: whoever asks for little takes the room.
    if (this.#level + amount < this.#maxLevel) {
      for (const waiter of this.#waiters.values()) {
        if (waiter.done) continue
        waiter.wake()
        break
      }
    }
    return this.#level + amount <= this.#maxLevel
  }

  #wait(longestSeconds: number, task: object): Promise<void> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        done: false,
        wake: () => {
          waiter.done = true
          cancel()
          resolve()
        },
      }
      const cancel = this.#world.clock.after(longestSeconds * 1000, waiter.wake)
      this.#waiters.set(task, waiter)
    })
  }

  open(): LimitedStream {
    const task = {}
    return {
      write: async (bytes, send) => {
        for (let left = bytes; left > 0; ) {
          const piece = Math.min(left, this.#maxLevel)
          await this.acquire(piece, task)
          await send(piece)
          left -= piece
        }
      },
      close: () => {},
    }
  }
}

export const dripBucket: ByteSystem<DripBucket> = {
  name: 'aiohttp limited body',
  create: (world, bytesPerSecond) => new DripBucket(world, bytesPerSecond),
}
