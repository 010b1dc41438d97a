import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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

export async function runStage(stage: Stage): Promise<Counts> {
  console.log(`\n=== ${stage.name}`)
  const folder = await mkdtemp(join(tmpdir(), 'sluice-report-'))
  const reportPath = join(folder, 'report.json')
  const startedAtMs = Date.now()
  try {
    const exitCode = await runCommand(withReport(stage, reportPath))
    const report = stage.report === 'none' ? null : await readFile(reportPath, 'utf8').catch(() => null)
    const counts = countStage(stage.report, exitCode, report)
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1)
    console.log(`=== ${stage.name}: ${summaryLine(counts)} (${seconds} s)`)
    return counts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A runner that failed without a failed test, or left no report at all, counts as one failure. */
export function countStage(kind: Stage['report'], exitCode: number, report: string | null): Counts {
  const counts = kind === 'none' ? { passed: exitCode === 0 ? 1 : 0, failed: 0, skipped: 0 } : readReport(kind, report)
  const isUnexplained = exitCode !== 0 && counts.failed === 0
  const isEmpty = counts.passed + counts.failed + counts.skipped === 0
  return isUnexplained || isEmpty ? { ...counts, failed: counts.failed + 1 } : counts
}

function readReport(kind: 'vitest' | 'playwright', report: string | null): Counts {
  if (report === null) return { passed: 0, failed: 0, skipped: 0 }
  const json = JSON.parse(report)
  if (kind === 'vitest') {
    const skipped = json.numPendingTests + json.numTodoTests
    return { passed: json.numPassedTests, failed: json.numFailedTests, skipped }
  }
  const { expected, unexpected, flaky, skipped } = json.stats
  // Passing at the second try only is a failure that is shy.
  return { passed: expected, failed: unexpected + flaky, skipped }
}

export function sum(all: readonly Counts[]): Counts {
  const total = (key: keyof Counts) => all.reduce((count, counts) => count + counts[key], 0)
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') }
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
