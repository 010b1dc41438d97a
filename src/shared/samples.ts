/** The graph's points, apart from the contract: the window uses these values and must not carry zod for them. */

/** One point of the graph: means over the time since the point before it. */
export interface RateSample {
  /** Its end, epoch ms. */
  readonly atMs: number
  readonly sentBytesPerSecond: number
  /** A mean over `CONFIRMED_MEAN_MS`: parts are confirmed whole, so that the raw rate would be all spikes. */
  readonly confirmedBytesPerSecond: number
  /** null unlimited, 0 paused. */
  readonly limitBytesPerSecond: number | null
  /** Tries that were put off for later in this time. */
  readonly retries: number
}

export const SAMPLE_PERIOD_MS = 250
export const CONFIRMED_MEAN_MS = 10_000

const MINUTE_MS = 60_000
/** How fine points are, by their age: about 300 of each kind, each width a multiple of the one before. */
const LEVELS = [
  { widthMs: SAMPLE_PERIOD_MS, untilMs: MINUTE_MS },
  { widthMs: 1_000, untilMs: 5 * MINUTE_MS },
  { widthMs: 6_000, untilMs: 30 * MINUTE_MS },
  { widthMs: 36_000, untilMs: 180 * MINUTE_MS },
  { widthMs: 288_000, untilMs: 1_440 * MINUTE_MS },
] as const

/** Minutes that a graph can show, each with the width of its points in milliseconds. */
export const SPANS = LEVELS.map(({ widthMs, untilMs }) => ({ minutes: untilMs / MINUTE_MS, widthMs }))

/**
 * Samples of a day in bounded memory: the older they are, the more of them are one mean. Kept by the engine, and by the
 * window as its copy.
 */
export class RateHistory {
  readonly #levels: RateSample[][] = LEVELS.map(() => [])

  /** Oldest first, at most about 1 600. */
  get all(): RateSample[] {
    return this.#levels.toReversed().flat()
  }

  get newest(): RateSample | undefined {
    return this.#levels.find((level) => level.length > 0)?.at(-1)
  }

  /** Samples that are not newer than the last one are dropped: a snapshot repeats what is known. */
  append(sample: RateSample): boolean {
    const { newest } = this
    if (newest !== undefined && sample.atMs <= newest.atMs) return false
    this.#levels[0]?.push(sample)
    LEVELS.forEach(({ untilMs }, index) => {
      this.#age(index, sample.atMs - untilMs)
    })
    return true
  }

  /** What ended before `oldestMs` goes to the next, coarser level, as soon as it fills one of its points. */
  #age(index: number, oldestMs: number): void {
    const level = this.#levels[index]
    const coarser = LEVELS[index + 1]
    if (level === undefined) return
    for (let first = level[0]; first !== undefined && first.atMs < oldestMs; first = level[0]) {
      if (coarser === undefined) {
        level.shift()
        continue
      }
      const bucket = bucketOf(first.atMs, coarser.widthMs)
      if ((bucket + 1) * coarser.widthMs > oldestMs) return
      const end = level.findIndex(({ atMs }) => bucketOf(atMs, coarser.widthMs) !== bucket)
      this.#levels[index + 1]?.push(meanOf(level.splice(0, end === -1 ? level.length : end)))
    }
  }
}

/** Which point of this width a time belongs to: on absolute multiples, so that old points stand still. */
export function bucketOf(atMs: number, widthMs: number): number {
  return Math.floor(atMs / widthMs)
}

/** One point for several in a row; the limit is the last one's, the retries are all of them. */
export function meanOf(samples: readonly RateSample[]): RateSample {
  const last = samples.at(-1)
  if (last === undefined) throw new Error('there is nothing to take the mean of')
  const mean = (of: (sample: RateSample) => number) => samples.reduce((sum, one) => sum + of(one), 0) / samples.length
  return {
    atMs: last.atMs,
    sentBytesPerSecond: Math.round(mean((one) => one.sentBytesPerSecond)),
    confirmedBytesPerSecond: Math.round(mean((one) => one.confirmedBytesPerSecond)),
    limitBytesPerSecond: last.limitBytesPerSecond,
    retries: samples.reduce((sum, one) => sum + one.retries, 0),
  }
}
