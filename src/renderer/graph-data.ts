import type { RateSample } from '../shared/samples.ts'
import { bucketOf, meanOf, SPANS } from '../shared/samples.ts'

/** Columns as uPlot takes them: times in seconds; sent, confirmed and limit in bytes per second, null where there is none. */
export type GraphData = [number[], (number | null)[], (number | null)[], (number | null)[]]

/** Something that happened at a moment, in seconds as the graph's times are. */
export interface GraphMarks {
  readonly pauses: readonly { readonly from: number; readonly to: number }[]
  /** The limit changed, other than by a pause; null is unlimited. */
  readonly limits: readonly { readonly at: number; readonly limit: number | null }[]
  readonly retries: readonly { readonly at: number; readonly count: number }[]
}

/** Without points for longer than this many of their widths, nothing was measured: the computer slept, say. */
const GAP_POINTS = 3

/**
 * The points of the newest `minutes` (one of `SPANS`) of `samples`, oldest first. They lie on absolute multiples of
 * their width, so that old points stand still while new ones come.
 */
export function pointsOf(samples: readonly RateSample[], minutes: number): RateSample[] {
  const newest = samples.at(-1)
  const widthMs = SPANS.find((span) => span.minutes === minutes)?.widthMs ?? 0
  if (!newest || widthMs === 0) return []
  const fromMs = newest.atMs - minutes * 60_000
  const points: RateSample[] = []
  let bucket: RateSample[] = []
  const flush = () => {
    const [first] = bucket
    if (first) points.push({ ...meanOf(bucket), atMs: bucketOf(first.atMs, widthMs) * widthMs })
  }
  for (const sample of samples) {
    if (sample.atMs < fromMs) continue
    const [first] = bucket
    if (first && bucketOf(first.atMs, widthMs) !== bucketOf(sample.atMs, widthMs)) {
      flush()
      bucket = []
    }
    bucket.push(sample)
  }
  flush()
  return points
}

/** Points as columns, with a hole where nothing was measured. */
export function graphData(points: readonly RateSample[], minutes: number): GraphData {
  const data: GraphData = [[], [], [], []]
  const gapMs = GAP_POINTS * (SPANS.find((span) => span.minutes === minutes)?.widthMs ?? 0)
  let lastMs: number | null = null
  for (const point of points) {
    if (lastMs !== null && point.atMs - lastMs > gapMs) {
      data[0].push((lastMs + gapMs / GAP_POINTS) / 1000)
      for (const column of [data[1], data[2], data[3]]) column.push(null)
    }
    data[0].push(point.atMs / 1000)
    data[1].push(point.sentBytesPerSecond)
    data[2].push(point.confirmedBytesPerSecond)
    data[3].push(point.limitBytesPerSecond)
    lastMs = point.atMs
  }
  return data
}

/** Pauses as bands; changes of the limit and retries as marks. A pause hides the limit, and is no change of it. */
export function marksOf(points: readonly RateSample[]): GraphMarks {
  const pauses: { from: number; to: number }[] = []
  const limits: { at: number; limit: number | null }[] = []
  const retries: { at: number; count: number }[] = []
  let known: number | null | undefined
  let open: { from: number; to: number } | null = null
  for (const { atMs, limitBytesPerSecond: limit, retries: count } of points) {
    const at = atMs / 1000
    if (count > 0) retries.push({ at, count })
    if (open !== null) open.to = at
    if (limit === 0) {
      if (open === null) {
        open = { from: at, to: at }
        pauses.push(open)
      }
      continue
    }
    open = null
    if (known !== undefined && known !== limit) limits.push({ at, limit })
    known = limit
  }
  return { pauses, limits, retries }
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

/** The highest rate sent, 0 when nothing was. */
export function peakOf(points: readonly RateSample[]): number {
  return points.reduce((most, { sentBytesPerSecond }) => Math.max(most, sentBytesPerSecond), 0)
}

/** Largest of a column; 0 when it holds nothing. */
export function largest(column: readonly (number | null)[]): number {
  return column.reduce<number>((max, value) => (value !== null && value > max ? value : max), 0)
}
