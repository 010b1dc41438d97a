import { expect, test } from 'vitest'
import { formatRuns, leastStolen } from '../../bench/support/least-stolen.ts'

/** Runs are numbered from 1, and `stolen` says how many seconds each of them lost. */
async function runsThatLose(wanted: number, stolen: readonly number[]) {
  let run = 0
  let total = 0
  const once = async () => {
    total += stolen[run] ?? 0
    return ++run
  }
  return leastStolen(wanted, once, async () => total)
}

test('quiet runs are kept, and no more are made', async () => {
  expect(await runsThatLose(3, [])).toEqual({ kept: [1, 2, 3], runs: 3, stolenPercent: 0 })
})

test('for each that lost time one more is made', async () => {
  const done = await runsThatLose(3, [0, 9, 0, 9, 0])
  expect(done).toEqual({ kept: [1, 3, 5], runs: 5, stolenPercent: 0 })
  expect(formatRuns(done)).toBe('3 of 5, 0.0 %')
})

test('where all lose time there are twice as many, and those that lost the least are kept', async () => {
  const { kept, runs, stolenPercent } = await runsThatLose(2, [1, 1e9, 1, 1e9])
  expect(kept.toSorted()).toEqual([1, 3])
  expect(runs).toBe(4)
  expect(stolenPercent).toBeGreaterThan(0.5)
})
