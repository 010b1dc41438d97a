import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Stage } from '../support/run-stages.ts'
import { afterRepeat, filesToRepeat, readOutcome, sum, summaryLine, tellFailures } from '../support/run-stages.ts'

const stage = (report: Stage['report']): Stage => ({ name: 'stage', script: '', args: [], report })
const read = (kind: Stage['report'], exitCode: number, report: object | null) =>
  readOutcome(stage(kind), exitCode, report === null ? null : JSON.stringify(report))

/** The report of two files: a.test.ts with `failed` failed tests, b.test.ts loaded or not. */
const vitestReport = (passed: number, failed: readonly string[], isLoaded = true) => {
  const project = join(import.meta.dirname, '../..')
  const assertionResults = failed.map((fullName) => {
    return { status: 'failed', fullName, failureMessages: ['expected 1 to be 2'] }
  })
  return {
    numPassedTests: passed,
    numPendingTests: 2,
    numTodoTests: 0,
    testResults: [
      {
        name: join(project, 'test/a.test.ts'),
        status: failed.length > 0 ? 'failed' : 'passed',
        message: '',
        assertionResults,
      },
      {
        name: join(project, 'test/b.test.ts'),
        status: isLoaded ? 'passed' : 'failed',
        message: 'no',
        assertionResults: [],
      },
    ],
  }
}
const spec = (title: string, ok: boolean) => {
  return { title, file: 'c.spec.ts', ok, tests: [{ results: ok ? [{}] : [{ error: { message: 'late' } }] }] }
}
const playwrightReport = {
  stats: { expected: 4, unexpected: 1, flaky: 0, skipped: 6 },
  suites: [{ specs: [spec('one', true)], suites: [{ specs: [spec('two', false)] }] }],
}

it.each([
  ['a stage that ends well', read('none', 0, null), { passed: 1, failed: 0, skipped: 0 }],
  ['a stage that fails', read('none', 2, null), { passed: 0, failed: 1, skipped: 0 }],
  ['tests', read('vitest', 1, vitestReport(5, ['x', 'y'])), { passed: 5, failed: 2, skipped: 2 }],
  ['a file that does not load', read('vitest', 1, vitestReport(5, [], false)), { passed: 5, failed: 1, skipped: 2 }],
  ['an error outside the tests', read('vitest', 1, vitestReport(5, [])), { passed: 5, failed: 1, skipped: 2 }],
  ['a runner that died', read('vitest', 137, null), { passed: 0, failed: 1, skipped: 0 }],
  ['a runner that found no tests', read('playwright', 0, null), { passed: 0, failed: 1, skipped: 0 }],
  ['specs', read('playwright', 1, playwrightReport), { passed: 4, failed: 1, skipped: 6 }],
])('counts %s', (_what, { counts }, expected) => {
  expect(counts).toEqual(expected)
})

it('names what failed, and the files to run once more', () => {
  const { failures } = read('vitest', 1, vitestReport(5, ['adds up', 'keeps order'], false))
  expect(filesToRepeat(failures)).toEqual(['test/a.test.ts', 'test/b.test.ts'])
  expect(filesToRepeat(read('playwright', 1, playwrightReport).failures)).toEqual(['c.spec.ts'])
  expect(filesToRepeat([])).toBeNull()
  expect(filesToRepeat(read('vitest', 137, null).failures)).toBeNull()
  expect(tellFailures('Failed', failures).split('\n')).toEqual([
    'Failed:',
    '- test/a.test.ts: adds up',
    '    expected 1 to be 2',
    '- test/a.test.ts: keeps order',
    '    expected 1 to be 2',
    '- test/b.test.ts',
    '    no',
  ])
})

it('forgives what passes alone, by name, and nothing that fails again', () => {
  const first = read('vitest', 1, vitestReport(5, ['adds up']))
  const passed = afterRepeat(first, read('vitest', 0, vitestReport(3, [])))
  expect(passed).toEqual({
    counts: { passed: 6, failed: 0, skipped: 2 },
    failures: [],
    unsteady: [expect.objectContaining({ name: 'test/a.test.ts: adds up' })],
  })
  const again = afterRepeat(first, read('vitest', 1, vitestReport(2, ['adds up'])))
  expect(again).toMatchObject({ counts: { passed: 5, failed: 1 }, unsteady: [] })
  // A second run that did not come to its tests proves nothing.
  expect(afterRepeat(first, read('vitest', 137, null)).counts.failed).toBe(1)
})

it('ends in one line', () => {
  const [a, b] = [read('none', 0, null).counts, read('vitest', 0, vitestReport(3, [])).counts]
  expect(summaryLine(sum([a, b]))).toBe('4 passed, 0 failed, 2 skipped')
  expect(summaryLine(a)).toBe('1 passed, 0 failed')
})
