import { expect, it } from 'vitest'
import { countStage, sum, summaryLine } from '../support/run-stages.ts'

const vitestReport = (passed: number, failed: number) =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numPendingTests: 2, numTodoTests: 0 })

it.each([
  ['a stage that ends well', countStage('none', 0, null), { passed: 1, failed: 0, skipped: 0 }],
  ['a stage that fails', countStage('none', 2, null), { passed: 0, failed: 1, skipped: 0 }],
  ['tests', countStage('vitest', 1, vitestReport(5, 3)), { passed: 5, failed: 3, skipped: 2 }],
  ['a file that does not load', countStage('vitest', 1, vitestReport(5, 0)), { passed: 5, failed: 1, skipped: 2 }],
  ['a runner that died', countStage('vitest', 137, null), { passed: 0, failed: 1, skipped: 0 }],
  ['a runner that found no tests', countStage('playwright', 0, null), { passed: 0, failed: 1, skipped: 0 }],
  [
    'a test that passes at the second try only',
    countStage('playwright', 0, JSON.stringify({ stats: { expected: 4, unexpected: 0, flaky: 1, skipped: 6 } })),
    { passed: 4, failed: 1, skipped: 6 },
  ],
])('counts %s', (_what, counts, expected) => {
  expect(counts).toEqual(expected)
})

it('ends in one line', () => {
  const [a, b] = [countStage('none', 0, null), countStage('vitest', 0, vitestReport(3, 0))]
  expect(summaryLine(sum([a, b]))).toBe('4 passed, 0 failed, 2 skipped')
  expect(summaryLine(a)).toBe('1 passed, 0 failed')
})
