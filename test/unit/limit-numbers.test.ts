import { expect, it } from 'vitest'
import { paybackFraction, quantumSeconds, toleranceSeconds } from '../../src/main/flow/limit-numbers.ts'
import { MIN_QUANTUM_BYTES } from '../../src/main/flow/thread-limiter.ts'

/** Timers come up to so much early. */
const EARLY_SECONDS = 0.001

/** The most that a window holds of quanta as fast as a little owed time makes them, the last early, the first as late as may be. */
function busiest(windowSeconds: number, bytesPerSecond: number): number {
  const quantum = Math.max(quantumSeconds(bytesPerSecond), MIN_QUANTUM_BYTES / bytesPerSecond)
  const apartSeconds = quantum * (1 - paybackFraction(0))
  const seconds = windowSeconds + toleranceSeconds(bytesPerSecond) + EARLY_SECONDS
  return ((Math.floor(seconds / apartSeconds) + 1) * quantum) / windowSeconds
}

it.each([
  [40_000, 1.2],
  [65_536, 1.2],
  [99_999, 1.2],
  [1_000_000, 1.08],
  [1_048_576, 1.08],
  [10_485_760, 1.06],
  [104_857_600, 1.06],
])(
  'has quanta at %i B/s with which no second holds a hundredth too much, and 100 ms no more than %d',
  (bytesPerSecond, most) => {
    expect(busiest(1, bytesPerSecond)).toBeLessThanOrEqual(1.01)
    expect(busiest(0.1, bytesPerSecond)).toBeLessThanOrEqual(most)
  },
)
