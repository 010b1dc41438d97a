/** The limiter's figures: how late a ticket may be, how large it is, how lost time comes back. In seconds of a node's rate. */

/** However much is owed, a node never runs faster than this much above its rate: with a ticket and the tolerance, no second is more than 3.6 % over. */
export const MAX_PAYBACK = 0.02

/**
 * What a stall costs is paid back by running a little faster, and only time that was lost is. By 0.25 % while little is owed, so
 * that a stall of 40 ms now and then leaves every second within 1 %; by more, growing with the square, where a busy
 * machine stalls again and again and the mean would never be reached: 2 % from 120 ms on.
 */
export function paybackFraction(owedSeconds: number): number {
  return Math.min(MAX_PAYBACK, Math.max(0.0025, 1.4 * owedSeconds ** 2))
}

/**
 * How late a ticket may be and still be followed at full pace: 3 ms from 40 kB/s up, growing to 12 ms at
 * 10 kB/s and below. Together with the quantum (`quantumSeconds`) this is the node's whole burst.
 */
export function toleranceSeconds(bytesPerSecond: number): number {
  return Math.min(0.012, Math.max(0.003, 120 / bytesPerSecond))
}

/**
 * The bytes of all tickets of a node together, in seconds of its rate. Each ticket is a wake and a write, which cost about 0.3 ms
 * of CPU: they are what limiting costs. So they are as large as evenness allows. What a window of 100 ms holds differs by one
 * write, and by half as much where 100 ms are a half-integer of them: 7 or 8 writes of 13.27 ms are 0.93 or 1.06 of the rate,
 * 10 or 11 of 9.52 ms are 0.95 or 1.047, and a timer that is 4 ms late makes it no other number. A second holds 76 or 106, which are
 * 1.0085 or 1.009, and never one more: from the first to the 77th of them it is more than a second, also while a stall is paid back.
 * Of 13.22 ms there could be 77, 1.018. From 80 MB/s on the bytes cost far more than the writes, so that these may be small: 40 of
 * 2.5 ms, and a stall of a few ms stays within the goal. Below 40 kB/s no write is smaller than 512 bytes, which take longer.
 */
export function quantumSeconds(bytesPerSecond: number): number {
  if (bytesPerSecond < 2_000_000) return 0.01327
  return bytesPerSecond < 80_000_000 ? 0.00952 : 0.0025
}

/**
 * While less than this is owed, a ticket that came late is followed at its own distance: catching up would put a write more
 * into a window. On a machine where more is owed, timers are late all the time, and the mean comes first.
 */
export const SPACED_BELOW_OWED_SECONDS = 0.03
