import type { Arrivals } from './recorder.ts'
import { BIN_MS } from './recorder.ts'

/** How well arrivals keep to a limit. Every figure but `seconds` and `silenceSeconds` is a ratio to the limit. */
export interface Evenness {
  readonly seconds: number
  readonly mean: number
  readonly busiest1s: number
  readonly busiest100ms: number
  /** Without the first and the last EDGE_MS, where the transfer begins and ends. */
  readonly emptiest100ms: number
  /** The longest that any connection said nothing between its first and its last byte. */
  readonly silenceSeconds: number
}

const EDGE_MS = 500

/** null when nothing arrived, or in less than two seconds. */
export function evenness(arrivals: Arrivals | null, limitBytesPerSecond: number): Evenness | null {
  if (arrivals === null || arrivals.seconds < 2) return null
  const { bins, bytes, seconds, binsOfConnections } = arrivals
  const edge = EDGE_MS / BIN_MS
  const rates100ms = slidingRates(bins, 100)
  return {
    seconds,
    mean: bytes / seconds / limitBytesPerSecond,
    busiest1s: Math.max(...slidingRates(bins, 1000)) / limitBytesPerSecond,
    busiest100ms: Math.max(...rates100ms) / limitBytesPerSecond,
    emptiest100ms: Math.min(...rates100ms.slice(edge, -edge)) / limitBytesPerSecond,
    silenceSeconds: Math.max(...binsOfConnections.map(longestSilenceSeconds)),
  }
}

/** Bytes per second in each window of `windowMs`, one starting at every bin, none reaching over the end. */
export function slidingRates(bins: readonly number[], windowMs: number): number[] {
  const width = windowMs / BIN_MS
  const rates: number[] = []
  let sum = 0
  bins.forEach((bytes, at) => {
    sum += bytes - (bins[at - width] ?? 0)
    if (at >= width - 1) rates.push((sum * 1000) / windowMs)
  })
  return rates
}

function longestSilenceSeconds(bins: readonly number[]): number {
  let longest = 0
  let last = -1
  bins.forEach((bytes, at) => {
    if (bytes === 0) return
    if (last >= 0) longest = Math.max(longest, at - last - 1)
    last = at
  })
  return (longest * BIN_MS) / 1000
}
