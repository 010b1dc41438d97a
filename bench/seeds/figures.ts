import { slidingRates } from '../support/evenness.ts'
import { BIN_MS } from '../support/recorder.ts'

/** How well a run kept to its limit. Each figure is a ratio to the limit that stood at that moment. */
export interface Figures {
  readonly mean: number
  readonly busiest1s: number
  readonly busiest100ms: number
  readonly emptiest100ms: number
}

/** Where the load begins and ends, a window may be empty without anybody's fault. */
const EDGE_MS = 500

/** `ratios` are what left in each bin of BIN_MS, divided by what the limit allowed in it. */
export function figures(ratios: readonly number[]): Figures {
  // `slidingRates` takes amounts and gives them per second: an amount of 1 a bin is 1000 / BIN_MS a second.
  const windows = (windowMs: number) => slidingRates(ratios, windowMs).map((rate) => (rate * BIN_MS) / 1000)
  const tenths = windows(100)
  const edge = EDGE_MS / BIN_MS
  return {
    mean: ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length,
    busiest1s: highest(windows(1000)),
    busiest100ms: highest(tenths),
    emptiest100ms: -highest(tenths.slice(edge, -edge).map((ratio) => -ratio)),
  }
}

/**
 * What the figures say, in a few words; the first fault named is the worst for whoever shares the line.
 * @param unitSeconds the limit's time for the least that can be sent: requests do not come in fractions
 */
export function verdict({ mean, busiest1s, busiest100ms, emptiest100ms }: Figures, unitSeconds = 0): string {
  if (mean > 1.02) return `${times(mean)} the limit`
  if (mean < 0.98) return `only ${times(mean)} the limit`
  if (busiest1s > 1.05 + unitSeconds) return `a second at ${times(busiest1s)}`
  if (busiest100ms > 2 || emptiest100ms < 0.5) return `in bursts of ${times(busiest100ms)}`
  return 'keeps the rate'
}

export function times(ratio: number): string {
  return `${ratio >= 99.5 ? ratio.toFixed(0) : ratio >= 9.95 ? ratio.toFixed(1) : ratio.toFixed(2)}×`
}

/** Also of lists too long to spread into arguments. */
function highest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
}
