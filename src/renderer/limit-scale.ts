/**
 * The slider's logarithmic scale. Position 0 is 16 KB/s, `TOP_POSITION` is unlimited; every step between
 * multiplies the rate by the same factor. Rates are bytes per second, null unlimited.
 */
export const TOP_POSITION = 1000
export const SLIDER_MIN_BYTES_PER_SECOND = 16_000
export const SLIDER_MAX_BYTES_PER_SECOND = 1e9
/** The last stretch of the track means unlimited, so that ∞ is easy to hit with a pointer. */
const HIGHEST_FINITE_POSITION = 970
const LOWEST_LIMIT_BYTES_PER_SECOND = 1024

const decades = Math.log(SLIDER_MAX_BYTES_PER_SECOND / SLIDER_MIN_BYTES_PER_SECOND)

/** Where the thumb stands; limits off the scale stand at its end. */
export function positionOf(limit: number | null): number {
  if (limit === null) return TOP_POSITION
  const share = Math.log(limit / SLIDER_MIN_BYTES_PER_SECOND) / decades
  return Math.round(Math.min(1, Math.max(0, share)) * HIGHEST_FINITE_POSITION)
}

/** The limit at a position, rounded to two significant digits: people set "5.2 MB/s", not 5.1837. */
export function limitAt(position: number): number | null {
  if (position > HIGHEST_FINITE_POSITION) return null
  const exact = SLIDER_MIN_BYTES_PER_SECOND * Math.exp((position / HIGHEST_FINITE_POSITION) * decades)
  return roundTo(exact, 2)
}

/**
 * One key press or wheel notch. From unlimited the way down starts at the rate of the moment, because
 * "a bit less" means less than what is going out now.
 */
export function nudge(limit: number | null, factor: number, currentBytesPerSecond: number): number | null {
  if (limit === null) {
    if (factor > 1) return null
    const start = currentBytesPerSecond > 0 ? currentBytesPerSecond : SLIDER_MAX_BYTES_PER_SECOND / factor
    return Math.max(LOWEST_LIMIT_BYTES_PER_SECOND, roundTo(start * factor, 3))
  }
  const next = roundTo(limit * factor, 3)
  if (next > SLIDER_MAX_BYTES_PER_SECOND) return factor > 1 ? null : SLIDER_MAX_BYTES_PER_SECOND
  return Math.max(LOWEST_LIMIT_BYTES_PER_SECOND, next)
}

function roundTo(value: number, digits: number): number {
  return Math.round(Number(value.toPrecision(digits)))
}
