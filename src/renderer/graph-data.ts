import type { RateSample } from '../shared/samples.ts'
import { SAMPLE_PERIOD_MS } from '../shared/samples.ts'

/** Minutes shown, and the width of one point in each: 1 min raw, the others as means that keep about 300 points. */
export const SPANS = [1, 5, 30] as const
export type SpanMinutes = (typeof SPANS)[number]
const BUCKET_MS: Record<SpanMinutes, number> = { 1: 250, 5: 1000, 30: 6000 }

/** Parts are confirmed whole, so the raw confirmed rate is all spikes. */
const CONFIRMED_MEAN_MS = 10_000

/** Columns as uPlot takes them: times in seconds; sent, confirmed and limit in bytes per second, null where there is none. */
export type GraphData = [number[], (number | null)[], (number | null)[], (number | null)[]]

/**
 * The newest `span` minutes of `samples` (oldest first) as graph columns. Buckets lie on absolute multiples of
 * their width, so that old points stand still while new ones come.
 */
export function graphData(samples: readonly RateSample[], span: SpanMinutes): GraphData {
  const data: GraphData = [[], [], [], []]
  const newest = samples.at(-1)
  if (!newest) return data
  const widthMs = BUCKET_MS[span]
  const fromMs = newest.atMs - span * 60_000
  const first = samples.findIndex((sample) => sample.atMs >= fromMs)

  let tail = first
  let tailSum = 0
  let bucket = { index: Number.NaN, sent: 0, confirmed: 0, count: 0, limit: null as number | null }
  const flush = () => {
    if (bucket.count === 0) return
    data[0].push((bucket.index * widthMs) / 1000)
    data[1].push(bucket.sent / bucket.count)
    data[2].push(bucket.confirmed / bucket.count)
    data[3].push(bucket.limit)
  }
  for (let i = first; i < samples.length; i++) {
    const sample = samples[i]
    if (!sample) continue
    tailSum += sample.confirmedBytesPerSecond
    for (let old = samples[tail]; old && old.atMs <= sample.atMs - CONFIRMED_MEAN_MS; old = samples[++tail]) {
      tailSum -= old.confirmedBytesPerSecond
    }
    const index = Math.floor(sample.atMs / widthMs)
    if (index !== bucket.index) {
      flush()
      bucket = { index, sent: 0, confirmed: 0, count: 0, limit: null }
    }
    bucket.sent += sample.sentBytesPerSecond
    bucket.confirmed += (Math.max(0, tailSum) * SAMPLE_PERIOD_MS) / CONFIRMED_MEAN_MS
    bucket.count += 1
    bucket.limit = sample.limitBytesPerSecond
  }
  flush()
  return data
}

/** A limit this many times above the traffic is named at the edge instead of flattening the curve. */
const LIMIT_IN_SIGHT = 4

/** The top of the scale, 1, 2 or 5 × 10ⁿ. The confirmed rate may leave it: parts that end together make a tower. */
export function ceilingOf(peak: number, limit: number | null): number {
  const inSight = limit !== null && (peak === 0 || limit <= peak * LIMIT_IN_SIGHT)
  const highest = Math.max(peak, inSight ? limit * 1.05 : 0, 1000)
  const power = 10 ** Math.floor(Math.log10(highest))
  const factor = [1, 2, 5, 10].find((one) => one * power >= highest) ?? 10
  return factor * power
}

/** Largest of a column; 0 when it holds nothing. */
export function largest(column: readonly (number | null)[]): number {
  return column.reduce<number>((max, value) => (value !== null && value > max ? value : max), 0)
}
