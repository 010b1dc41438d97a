/**
 * How long to wait before the next try: full jitter, which spreads clients that failed together
 * (AWS Architecture Blog, "Exponential Backoff and Jitter"). Pure: the caller brings the dice.
 */
const BASE_MS = 500
const CAP_MS = 5 * 60_000
/** Never less, so that a client in a loop is never a storm. */
const FLOOR_MS = 100

/**
 * @param attempt failures in a row so far, from 1
 * @param random in [0, 1)
 * @param retryAfterMs what the server asked for; honoured in full, the jitter goes on top
 */
export function retryDelayMs(attempt: number, random: number, retryAfterMs = 0): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt - 1, 30))
  return Math.round(retryAfterMs + Math.max(FLOOR_MS, random * ceiling))
}
