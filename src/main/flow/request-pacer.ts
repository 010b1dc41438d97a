import { UNITS_PER_REQUEST } from './request-rate.ts'
import type { ThreadLimiter, Way } from './thread-limiter.ts'
import type { TryReserve } from './token-bucket.ts'

/**
 * Requests per second (or files), shared by all senders and evenly spaced: 12 a second are one each 83 ms. More at once
 * after a rest is the nodes' burst (`setRequestBurst`).
 *
 * Source: the token-bucket tutorial for requests per second across workers, without its flaws: the slots come from
 * the limit table, so no thread refills or polls anything, and those who wait in one thread wait in line behind a
 * single ticket. Whoever leaves the line leaves that ticket to the next; the last one gives it back. So no slot is
 * spent without a request, and a stop is immediate.
 *
 * ```ts
 * const pacer = new RequestPacer(limiter, requestsNode)
 * await pacer.take(signal)
 * ```
 */
export class RequestPacer {
  readonly #limiter: ThreadLimiter
  readonly #way: Way

  /** @param way what each request passes: files per second before requests per second */
  constructor(limiter: ThreadLimiter, way: Way) {
    this.#limiter = limiter
    this.#way = way
  }

  /** Resolves when one request may begin, in the order of asking. @returns milliseconds waited @throws the signal's reason, at once */
  async take(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted()
    return this.#limiter.isFree(this.#way) ? 0 : await this.#limiter.reserve(this.#way, UNITS_PER_REQUEST, signal)
  }

  /** A slot now, or when to come back; a refused try holds no place, and none overtakes those who wait. */
  tryTake(): TryReserve {
    return this.#limiter.tryReserve(this.#way, UNITS_PER_REQUEST)
  }
}
