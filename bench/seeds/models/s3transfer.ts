import type { ByteLimiter, ByteSystem, LimitedStream } from '../system.ts'
import type { World } from '../world.ts'

/** Reads up to here pass without asking, on every stream anew after each charge. */
const FREE_BYTES = 256 * 1024
/** Weight of the newest reading in the tracked rate. */
const ALPHA = 0.8

/** The rate of what was charged, as an exponential mean; the first charge only starts its clock. */
class RateTracker {
  #lastSeconds: number | null = null
  #rate = 0

  projected(bytes: number, nowSeconds: number): number {
    if (this.#lastSeconds === null) return 0
    const elapsed = nowSeconds - this.#lastSeconds
    const newest = elapsed <= 0 ? Number.POSITIVE_INFINITY : bytes / elapsed
    return ALPHA * newest + (1 - ALPHA) * this.#rate
  }

  record(bytes: number, nowSeconds: number): void {
    this.#rate = this.projected(bytes, nowSeconds)
    this.#lastSeconds = nowSeconds
  }
}

/** s3transfer's LeakyBucket with its ConsumptionScheduler, shared by the threads of a transfer manager. */
export class S3TransferBucket implements ByteLimiter {
  readonly setRate = null
  readonly #world: World
  readonly #maxRate: number
  readonly #tracker = new RateTracker()
  readonly #waitOfToken = new Map<object, number>()
  #totalWaitSeconds = 0

  constructor(world: World, maxRate: number) {
    this.#world = world
    this.#maxRate = maxRate
  }

  /** How long the next one that is refused will have to wait, without its own time. */
  get scheduledSeconds(): number {
    return this.#totalWaitSeconds
  }

  /** @returns seconds to sleep before the same token asks again; 0 when the bytes are granted */
  consume(bytes: number, token: object): number {
    const now = this.#world.seconds
    const waited = this.#waitOfToken.get(token)
    if (waited !== undefined) {
      this.#waitOfToken.delete(token)
      this.#totalWaitSeconds = Math.max(0, this.#totalWaitSeconds - waited)
    } else if (this.#tracker.projected(bytes, now) > this.#maxRate) {
      const ownSeconds = bytes / this.#maxRate
      this.#totalWaitSeconds += ownSeconds
      this.#waitOfToken.set(token, ownSeconds)
      return this.#totalWaitSeconds
    }
    this.#tracker.record(bytes, now)
    return 0
  }

  open(): LimitedStream {
    const token = {}
    let seen = 0
    return {
      write: async (bytes, send, signal) => {
        seen += bytes
        if (seen >= FREE_BYTES) {
          for (;;) {
            // The only place where an abort is seen; what was scheduled stays scheduled.
            signal.throwIfAborted()
            const waitSeconds = this.consume(seen, token)
            if (waitSeconds === 0) break
            await this.#world.sleep(waitSeconds)
          }
          seen = 0
        }
        await send(bytes)
      },
      close: () => {},
    }
  }
}

export const s3transfer: ByteSystem<S3TransferBucket> = {
  name: 's3transfer',
  create: (world, bytesPerSecond) => new S3TransferBucket(world, bytesPerSecond),
}
