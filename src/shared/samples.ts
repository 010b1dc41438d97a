/** The graph's points, apart from the contract: the window uses these values and must not carry zod for them. */

/** One point of the graph, every SAMPLE_PERIOD_MS. Rates are over that period. */
export interface RateSample {
  readonly atMs: number
  readonly sentBytesPerSecond: number
  readonly confirmedBytesPerSecond: number
  /** null unlimited, 0 paused. */
  readonly limitBytesPerSecond: number | null
}

export const SAMPLE_PERIOD_MS = 250
/** 30 minutes. */
export const SAMPLE_HISTORY = 7_200
