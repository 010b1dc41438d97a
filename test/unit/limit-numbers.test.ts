import { expect, it } from 'vitest'
import { paybackFraction, quantumSeconds } from '../../src/main/flow/limit-numbers.ts'

const LATE_SECONDS = 0.003

/** The most that a window holds of quanta as fast as a little owed time makes them, the last on time, the first as late as may be. */
function busiest(windowSeconds: number, quantum: number): number {
  const apartSeconds = quantum * (1 - paybackFraction(0))
  return ((Math.floor((windowSeconds + LATE_SECONDS) / apartSeconds) + 1) * quantum) / windowSeconds
}

it.each([
  [1_000_000, 1.08],
  [1_048_576, 1.08],
  [10_485_760, 1.06],
  [104_857_600, 1.06],
])(
  'has quanta at %i B/s with which no second holds a hundredth too much, and 100 ms no more than %d',
  (bytesPerSecond, most) => {
    const quantum = quantumSeconds(bytesPerSecond)
    expect(busiest(1, quantum)).toBeLessThanOrEqual(1.01)
    expect(busiest(0.1, quantum)).toBeLessThanOrEqual(most)
  },
)
