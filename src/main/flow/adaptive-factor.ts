/**
 * The adaptive factor: effective rate = limit × factor, with `minFactor` ≤ factor ≤ `maxFactor`.
 *
 * Source: the adaptive leaky bucket of asyncutils, with its table of bands. There the factor follows the bucket's
 * own fill level, so a busy bucket slows itself down until it is stuck at the floor. Here the level is the
 * congestion that others report (SlowDown answers, rising delay): offered load alone never moves it. Pure: the
 * caller keeps the state and brings a monotonic time in ms.
 *
 * ```ts
 * let state = FACTOR_AT_REST
 * state = step(state, { kind: 'slow-down' }, nowMs) // a 429 or 503
 * setRequestRate(table, node, effectiveRate(limit, state.factor, limit), nowNs)
 * ```
 */

/** How the factor moves while the level of congestion is at or below `low`, or at or above `high`. */
export interface Band {
  /** The row is for capacities from here up. */
  readonly leastCapacity: number
  readonly low: number
  readonly lowFactor: number
  readonly high: number
  readonly highFactor: number
}

/** The seed's rows, largest capacity first: the more signals can come in a second, the gentler each one. */
export const BANDS: readonly Band[] = [
  { leastCapacity: 256, low: 0.15, lowFactor: 1.1, high: 0.85, highFactor: 0.9 },
  { leastCapacity: 128, low: 0.23, lowFactor: 1.2, high: 0.77, highFactor: 0.81 },
  { leastCapacity: 0, low: 0.3, lowFactor: 1.4, high: 0.7, highFactor: 0.73 },
]

/** Between the bands the factor returns to 1 by this much a step, as in the seed; from above 1 too. */
const RELAX = 1.05
/** Smaller relative changes are not worth a rate change, which voids every ticket. Arriving at 1 always is. */
const LEAST_CHANGE = 0.01

export interface AdaptiveOptions {
  readonly minFactor: number
  readonly maxFactor: number
  /** Picks the row of `BANDS`: the limit in requests per second, or any measure of how many signals may come. */
  readonly capacity: number
  /** One move down at most in this time, however many requests fail together; and as long a quiet before one up. */
  readonly intervalMs: number
}

/** The seed's bounds, its row for small buckets, and about one round of requests. */
export const ADAPTIVE_DEFAULTS: AdaptiveOptions = { minFactor: 0.1, maxFactor: 10, capacity: 0, intervalMs: 1000 }

export interface AdaptiveState {
  readonly factor: number
  readonly loweredAtMs: number
  readonly raisedAtMs: number
  /** The last signal in the high band, whether or not it moved the factor. */
  readonly congestedAtMs: number
}

export const FACTOR_AT_REST: AdaptiveState = {
  factor: 1,
  loweredAtMs: Number.NEGATIVE_INFINITY,
  raisedAtMs: Number.NEGATIVE_INFINITY,
  congestedAtMs: Number.NEGATIVE_INFINITY,
}

export type CongestionSignal =
  /** 429, 503 or SlowDown: level 1. */
  | { readonly kind: 'slow-down' }
  /** Any other answer: level 0.5. Silence proves nothing, so only answers bring the factor back. */
  | { readonly kind: 'answered' }
  /** Delay above the base delay: 0 at none, 0.5 at the target, 1 at twice the target (compare LEDBAT, RFC 6817). */
  | { readonly kind: 'delay'; readonly delayMs: number; readonly targetMs: number }

/** The state after one signal at `nowMs`. The same object when nothing moved and nothing needs remembering. */
export function step(
  state: AdaptiveState,
  signal: CongestionSignal,
  nowMs: number,
  options: AdaptiveOptions = ADAPTIVE_DEFAULTS,
): AdaptiveState {
  const band = bandFor(options.capacity)
  const level = congestionLevel(signal)
  if (level >= band.high) {
    const noted = { ...state, congestedAtMs: nowMs }
    if (nowMs - state.loweredAtMs < options.intervalMs) return noted
    return { ...noted, loweredAtMs: nowMs, factor: moved(state.factor, state.factor * band.highFactor, options) }
  }
  if (nowMs - Math.max(state.congestedAtMs, state.raisedAtMs) < options.intervalMs) return state
  const wanted = level <= band.low ? state.factor * band.lowFactor : relaxed(state.factor)
  const factor = moved(state.factor, wanted, options)
  return factor === state.factor ? state : { ...state, factor, raisedAtMs: nowMs }
}

/** The factor set by hand, clamped to the bounds. It moves on from there. A factor that is not a number changes nothing. */
export function withFactor(
  state: AdaptiveState,
  factor: number,
  options: AdaptiveOptions = ADAPTIVE_DEFAULTS,
): AdaptiveState {
  return Number.isNaN(factor) ? state : { ...state, factor: clamp(factor, options) }
}

/**
 * The rate to apply, in the unit of `limit`: `limit × factor`, never above `cap`. null is unlimited, 0 paused.
 * Without a limit the factor has nothing to multiply: give it the rate that was measured at the first SlowDown.
 */
export function effectiveRate(limit: number | null, factor: number, cap: number | null): number | null {
  if (limit === null) return cap
  return Math.min(limit * factor, cap ?? Number.POSITIVE_INFINITY)
}

function bandFor(capacity: number): Band {
  const last = BANDS[BANDS.length - 1] as Band
  return BANDS.find((band) => capacity >= band.leastCapacity) ?? last
}

function congestionLevel(signal: CongestionSignal): number {
  switch (signal.kind) {
    case 'slow-down':
      return 1
    case 'answered':
      return 0.5
    case 'delay':
      return Math.min(1, Math.max(0, signal.delayMs / (2 * signal.targetMs)))
  }
}

function relaxed(factor: number): number {
  return factor < 1 ? Math.min(1, factor * RELAX) : Math.max(1, factor / RELAX)
}

function moved(from: number, to: number, options: AdaptiveOptions): number {
  const next = clamp(to, options)
  return next !== 1 && Math.abs(next - from) < from * LEAST_CHANGE ? from : next
}

function clamp(factor: number, options: AdaptiveOptions): number {
  return Math.min(options.maxFactor, Math.max(options.minFactor, factor))
}
