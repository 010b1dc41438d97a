import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { LimitTable } from './limit-table.ts'
import { ThreadLimiter } from './thread-limiter.ts'
import type { BodyLimiter, ThrottleOptions } from './throttled-body.ts'
import { throttle } from './throttled-body.ts'

/** One body's way through the limit tree, for `throttle`: a connection of its own among those of the thread. */
export function bodyLimiter(
  table: LimitTable,
  limiter: ThreadLimiter,
  clock: Clock,
  leaf: number,
  threadShare: () => number,
): BodyLimiter {
  const connection = {}
  return {
    quantum: () => limiter.quantum(connection, leaf, threadShare()),
    take: (bytes, signal) => limiter.take(connection, leaf, bytes, signal),
    charge: (bytes) => table.charge(leaf, bytes, clock.nowNs()),
    rest: () => limiter.rest(connection),
  }
}

/**
 * A body at a rate of its own, with nothing else to set up.
 *
 * ```ts
 * for await (const chunk of throttleAt(createReadStream(path), 500_000, { signal })) socket.write(chunk)
 * ```
 * @throws RangeError when the rate is not above 0
 */
export function throttleAt(
  source: AsyncIterable<Uint8Array>,
  bytesPerSecond: number,
  options: Omit<ThrottleOptions, 'limiter'> & { readonly clock?: Clock },
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!(bytesPerSecond > 0 && Number.isFinite(bytesPerSecond))) {
    throw new RangeError(`A body needs a rate above 0 bytes a second, not ${bytesPerSecond}.`)
  }
  const { clock = systemClock, ...rest } = options
  const table = LimitTable.create(1, clock.nowNs())
  table.setRate(0, Math.max(1, bytesPerSecond), clock.nowNs())
  const limiter = new ThreadLimiter(table, clock)
  return throttle(source, { ...rest, limiter: bodyLimiter(table, limiter, clock, 0, () => 1) })
}
