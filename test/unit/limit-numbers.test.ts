import { expect, it } from 'vitest'
import { keepsSeconds, paybackFraction } from '../../src/main/flow/limit-numbers.ts'

const LATE_SECONDS = 0.002

/** The most that any second holds of writes as fast as a little owed time makes them, the last on time, the first as late as may be. */
function busiestSecond(writeSeconds: number): number {
  const apartSeconds = writeSeconds * (1 - paybackFraction(0))
  const writes = Math.floor((1 + LATE_SECONDS) / apartSeconds) + 1
  return writes * writeSeconds
}

it('says of writes that they keep seconds only where none holds 1 % more than its rate', () => {
  const lengths = Array.from({ length: 2_000 }, (_, index) => (index + 1) / 1e5)
  const kept = lengths.filter((seconds) => keepsSeconds(seconds))
  expect(kept.map(busiestSecond).filter((busiest) => busiest > 1.01)).toEqual([])
  expect(kept.length).toBeGreaterThan(1_000)
  expect(lengths.filter((seconds) => seconds > 0.01).some((seconds) => keepsSeconds(seconds))).toBe(true)
})
