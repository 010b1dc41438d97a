/** The limiter's figures: how late a ticket may be, how large it is, how lost time comes back. In seconds of a node's rate. */

/** However much is owed, a node never runs faster than this much above its rate: no second is more than 3 % over. */
export const MAX_PAYBACK = 0.02

/**
 * What a stall costs is paid back by running a little faster, and only time that was lost is. By 0.3 % while little is owed, so
 * that a stall of 40 ms now and then leaves every second within 1 %; by more, growing with the square, where a busy
 * machine stalls again and again and the mean would never be reached: 2 % from 120 ms on.
 */
export function paybackFraction(owedSeconds: number): number {
  return Math.min(MAX_PAYBACK, Math.max(0.003, 1.4 * owedSeconds ** 2))
}

/**
 * How late a ticket may be and still be followed at full pace: 3 ms from 100 kB/s up, growing to 12 ms at
 * 25 kB/s and below. Together with the quantum (`quantumSeconds`) this is the node's whole burst.
 */
export function toleranceSeconds(bytesPerSecond: number): number {
  return Math.min(0.012, Math.max(0.003, 300 / bytesPerSecond))
}

/**
 * The bytes of all tickets of a node together, in seconds of its rate. Each ticket is a wake and a write, and those are
 * what limiting costs: 5 ms where 8 ms of burst are allowed, 3 ms from 2 MB/s up, more only at the lowest rates.
 */
export function quantumSeconds(bytesPerSecond: number): number {
  const least = bytesPerSecond < 2_000_000 ? 0.005 : 0.003
  return Math.min(0.0125, Math.max(least, 300 / bytesPerSecond))
}
