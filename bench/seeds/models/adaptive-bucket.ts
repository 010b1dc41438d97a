import type { ByteLimiter, ByteSystem, LimitedStream } from '../system.ts'
import type { World } from '../world.ts'

const MIN_FACTOR = 0.1
const MAX_FACTOR = 10
const LONGEST_SLEEP_SECONDS = 0.1
const BYTES_PER_TOKEN = 1024

interface Band {
  readonly minCapacity: number
  readonly low: number
  readonly lowFactor: number
  readonly high: number
  readonly highFactor: number
}

const BANDS: readonly Band[] = [
  { minCapacity: 256, low: 0.15, lowFactor: 1.1, high: 0.85, highFactor: 0.9 },
  { minCapacity: 128, low: 0.23, lowFactor: 1.2, high: 0.77, highFactor: 0.81 },
  { minCapacity: 0, low: 0.3, lowFactor: 1.4, high: 0.7, highFactor: 0.73 },
]

/**
 * The adaptive LeakyBucket of asyncutils. It starts full and leaks `leak · factor` tokens a second; a fuller bucket
 * leaks slower. A token is 1 KiB here, since its drain wakes once a token; the bucket holds a second's worth.
 */
export class AdaptiveBucket implements ByteLimiter {
  readonly setRate = null
  readonly #world: World
  readonly #leak: number
  readonly #capacity: number
  readonly #band: Band | undefined
  #tokens: number
  #factor = 1
  #leakedAtSeconds: number

  constructor(world: World, leak: number, capacity: number) {
    this.#world = world
    this.#leak = leak
    this.#capacity = capacity
    this.#tokens = capacity
    this.#leakedAtSeconds = world.seconds
    this.#band = BANDS.find(({ minCapacity }) => capacity >= minCapacity)
    world.start(() => this.#drain())
  }

  get factor(): number {
    return this.#factor
  }

  async waitForTokens(amount: number): Promise<void> {
    for (;;) {
      this.#leakAndAdjust()
      if (this.#tokens + amount <= this.#capacity) {
        this.#tokens += amount
        return
      }
      const excess = amount - this.#capacity + this.#tokens
      await this.#world.sleep(Math.min(LONGEST_SLEEP_SECONDS, excess / (this.#leak * this.#factor)))
    }
  }

  async #drain(): Promise<void> {
    for (;;) {
      this.#leakAndAdjust()
      await this.#world.sleep(Math.min(1, 1 / (this.#leak * this.#factor)))
    }
  }

  #leakAndAdjust(): void {
    const now = this.#world.seconds
    this.#tokens = Math.max(0, this.#tokens - (now - this.#leakedAtSeconds) * this.#leak * this.#factor)
    this.#leakedAtSeconds = now
    const next = this.#nextFactor()
    // A change of less than 1 % is ignored.
    if (Math.abs(next - this.#factor) * 100 > this.#factor) this.#factor = next
  }

  #nextFactor(): number {
    const fill = this.#tokens / this.#capacity
    const band = this.#band
    if (band !== undefined && fill <= band.low) return Math.min(MAX_FACTOR, this.#factor * band.lowFactor)
    if (band !== undefined && fill >= band.high) return Math.max(MIN_FACTOR, this.#factor * band.highFactor)
    return this.#factor < 1 ? Math.min(1, this.#factor * 1.05) : this.#factor
  }

  open(): LimitedStream {
    return {
      write: async (bytes, send) => {
        await this.waitForTokens(bytes / BYTES_PER_TOKEN)
        await send(bytes)
      },
      close: () => {},
    }
  }
}

export const adaptiveBucket: ByteSystem<AdaptiveBucket> = {
  name: 'asyncutils LeakyBucket',
  create: (world, bytesPerSecond) =>
    new AdaptiveBucket(world, bytesPerSecond / BYTES_PER_TOKEN, bytesPerSecond / BYTES_PER_TOKEN),
}
