/**
 * A connection's least share of a limit. One write of 512 B (the smallest quantum) then comes every 4 ms, so all
 * connections together hold at most 4 ms of the rate, which is what the burst budget leaves beside the
 * tolerance; and a part of 8 MiB takes a minute, not an hour.
 */
export const LEAST_CONNECTION_BYTES_PER_SECOND = 128 * 1024

/** One thread is as quick as two up to here, with files of 4 KiB too; above, a second one costs little more (at 10 MiB/s 7.6 % of a core, and 6.5). */
const ONE_THREAD_BELOW_BYTES_PER_SECOND = 8_000_000

/**
 * Whether one thread should send all, however many there are. Under a low limit each thread that sends wakes for writes of its own:
 * 1 MiB/s took 9.9 % of a core with two of them and 3.3 % with one.
 * @param limitBytesPerSecond null is unlimited
 */
export function sendsOnOneThread(limitBytesPerSecond: number | null): boolean {
  return limitBytesPerSecond !== null && limitBytesPerSecond < ONE_THREAD_BELOW_BYTES_PER_SECOND
}

/**
 * How many connections to use: `configured` or fewer under a low limit, and fewer again in proportion to an adaptive
 * factor below 1. At least one.
 *
 * S3 drops a request that is silent for about 20 s. With the equal shares that lanes have, a connection writes
 * every few milliseconds at any of these counts, so none is silent for 5 s even when a stalled thread or a
 * full socket holds the others up. Requests whose body is one write (small files) are never silent:
 * for those pass null as the limit, since they need connections against the delay of the line.
 *
 * @param limitBytesPerSecond null is unlimited; 0 is paused, where nothing is sent and the limit asks for nothing
 */
export function connectionsFor(limitBytesPerSecond: number | null, configured: number, factor: number): number {
  const fed =
    limitBytesPerSecond === null || limitBytesPerSecond === 0
      ? configured
      : Math.min(configured, Math.ceil(limitBytesPerSecond / LEAST_CONNECTION_BYTES_PER_SECOND))
  return Math.max(1, Math.round(fed * Math.min(1, factor)))
}
