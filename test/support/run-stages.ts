import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** How the stages of `npm test` are run and counted. */

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface Command {
  /** A script to run with this Node, relative to the project. */
  readonly script: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Stage extends Command {
  readonly name: string
  /** Which report the command leaves at the path in `REPORT`; a stage without one counts as one test. */
  readonly report: 'none' | 'vitest' | 'playwright'
}

const PROJECT = join(import.meta.dirname, '../..')
/** Stands for the path of the report in `args` and `env`. */
export const REPORT = '{report}'

export interface Failure {
  /** The file and the test in it. */
  readonly name: string
  /** As the runner can be told to run it alone; null when it is not known. */
  readonly file: string | null
  readonly message: string
}

export interface Outcome {
  readonly counts: Counts
  readonly failures: readonly Failure[]
  /** What failed among the others and passed when its file ran alone: not counted, and named at the end. */
  readonly unsteady: readonly Failure[]
}

/** What fails is run once more by itself, since the machine may be shared; only what fails again is a failure. */
export async function runStage(stage: Stage): Promise<Outcome> {
  console.log(`\n=== ${stage.name}`)
  const startedAtMs = Date.now()
  const first = await runOnce(stage)
  const files = filesToRepeat(first.failures)
  let outcome: Outcome = { ...first, unsteady: [] }
  if (files !== null) {
    console.log(`\n=== ${stage.name}: once more, what failed`)
    const second = await runOnce({ ...stage, args: [...stage.args, ...files] })
    outcome = afterRepeat(first, second)
  }
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1)
  console.log(`=== ${stage.name}: ${summaryLine(outcome.counts)} (${seconds} s)`)
  return outcome
}

/** Null when there is nothing to repeat, or when a failure cannot be pinned to a file. */
export function filesToRepeat(failures: readonly Failure[]): readonly string[] | null {
  const files = new Set(failures.map(({ file }) => file))
  return files.size === 0 || files.has(null) ? null : [...files].filter((file) => file !== null)
}

type Run = Omit<Outcome, 'unsteady'>

export function afterRepeat(first: Run, second: Run): Outcome {
  if (second.counts.failed > 0) return { ...first, failures: second.failures, unsteady: [] }
  const { passed, failed, skipped } = first.counts
  return { counts: { passed: passed + failed, failed: 0, skipped }, failures: [], unsteady: first.failures }
}

async function runOnce(stage: Stage): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-report-'))
  const reportPath = join(folder, 'report.json')
  try {
    const exitCode = await runCommand(withReport(stage, reportPath))
    const report = stage.report === 'none' ? null : await readFile(reportPath, 'utf8').catch(() => null)
    return readOutcome(stage, exitCode, report)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A runner that failed without a failed test, or left no report at all, counts as one failure. */
export function readOutcome({ name, report: kind }: Stage, exitCode: number, report: string | null): Run {
  const { counts, failures } = kind === 'none' ? plainOutcome(exitCode) : readReport(kind, report)
  const isUnexplained = exitCode !== 0 && failures.length === 0
  const isEmpty = counts.passed + counts.failed + counts.skipped === 0
  if (!isUnexplained && !isEmpty) return { counts: { ...counts, failed: failures.length }, failures }
  const message = isEmpty ? 'It left no report of a test.' : `It ended with ${exitCode} and names no failed test.`
  return { counts: { ...counts, failed: 1 }, failures: [{ name, file: null, message }] }
}

function plainOutcome(exitCode: number): Run {
  return { counts: { passed: exitCode === 0 ? 1 : 0, failed: 0, skipped: 0 }, failures: [] }
}

function readReport(kind: 'vitest' | 'playwright', report: string | null): Run {
  if (report === null) return { counts: { passed: 0, failed: 0, skipped: 0 }, failures: [] }
  const json = JSON.parse(report)
  return kind === 'vitest' ? readVitest(json) : readPlaywright(json)
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

function readVitest(json: VitestReport): Run {
  const failures = json.testResults.flatMap(({ name, status, message, assertionResults }): Failure[] => {
    const file = relative(PROJECT, name)
    const failed = assertionResults.filter((test) => test.status === 'failed')
    // A file that does not load has no tests.
    if (failed.length === 0 && status === 'failed') return [{ name: file, file, message }]
    return failed.map(({ fullName, failureMessages }) => {
      return { name: `${file}: ${fullName}`, file, message: failureMessages.join('\n') }
    })
  })
  const skipped = json.numPendingTests + json.numTodoTests
  return { counts: { passed: json.numPassedTests, failed: failures.length, skipped }, failures }
}

interface PlaywrightSuite {
  readonly suites?: readonly PlaywrightSuite[]
  readonly specs?: readonly {
    readonly title: string
    readonly file: string
    readonly ok: boolean
    readonly tests: readonly {
      readonly results: readonly { readonly error?: { readonly message?: string } }[]
    }[]
  }[]
}

interface PlaywrightReport extends PlaywrightSuite {
  readonly stats: { readonly expected: number; readonly skipped: number }
}

function readPlaywright(json: PlaywrightReport): Run {
  const failures = failedSpecs(json)
  const { expected, skipped } = json.stats
  return { counts: { passed: expected, failed: failures.length, skipped }, failures }
}

function failedSpecs({ suites = [], specs = [] }: PlaywrightSuite): readonly Failure[] {
  const own = specs
    .filter(({ ok }) => !ok)
    .map(({ title, file, tests }) => {
      const errors = tests.flatMap(({ results }) => results.map(({ error }) => error?.message ?? ''))
      return { name: `${file}: ${title}`, file, message: errors.join('\n') }
    })
  return [...own, ...suites.flatMap(failedSpecs)]
}

export function sum(all: readonly Counts[]): Counts {
  const total = (key: keyof Counts) => all.reduce((count, counts) => count + counts[key], 0)
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') }
}

/** A few lines on each, for the end of a long run. */
export function tellFailures(title: string, failures: readonly Failure[]): string {
  const told = failures.map(({ name, message }) => {
    const lines = stripVTControlCharacters(message).split('\n').slice(0, 6)
    return [`- ${name}`, ...lines.map((line) => `    ${line}`)].join('\n')
  })
  return [`${title}:`, ...told].join('\n')
}

/** The last line of `npm test`. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function withReport({ script, args, env = {} }: Command, reportPath: string): Command {
  const fill = (text: string) => text.replace(REPORT, reportPath)
  const filledEnv = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)]))
  return { script, args: args.map(fill), env: filledEnv }
}

function runCommand({ script, args, env }: Command): Promise<number> {
  const child = spawn(process.execPath, [join(PROJECT, script), ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
