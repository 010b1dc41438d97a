import { setTimeout as sleep } from 'node:timers/promises'
import type { NullServer, ServerReport } from './null-server.ts'
import type { Target } from './support/clients.ts'
import { PART_MIB, sluice } from './support/clients.ts'
import { slidingRates } from './support/evenness.ts'
import { start } from './support/measured-run.ts'
import { BIN_MS } from './support/recorder.ts'
import { makeFile } from './support/scene.ts'
import { goal, median, table } from './support/table.ts'

/**
 * The limit of a running upload is changed in the middle of its parts, through `--control`. A step has settled at the
 * start of the first window of 100 ms from which on, for FOLLOWED_MS, every window lies within TOLERANCE of the new
 * limit. No part may be sent again for it.
 */
const MIB = 1024 ** 2
const STEPS = [10 * MIB, 2 * MIB, 20 * MIB, 5 * MIB, 1 * MIB, 10 * MIB]
const STEP_MS = 1_500
const WINDOW_MS = 100
const FOLLOWED_MS = 500
const FILE_BYTES = 128 * MIB
const GOAL_MS = 200

interface Step {
  readonly toBytesPerSecond: number
  readonly atNs: bigint
}

/** A section of the report. Each step's figures are the medians of `runs`. */
export async function limitStep(server: NullServer, target: Target, runs: number): Promise<string> {
  const file = await makeFile(target.workDir, 'steps.bin', FILE_BYTES)
  const done: Pass[] = []
  for (let turn = 0; turn < runs; turn++) done.push(await pass(server, target, file))
  const rows = STEPS.slice(1).map((toBytesPerSecond, index) => {
    const of = (pick: (settled: Settled) => number) =>
      median(done.flatMap(({ settled }) => settled.slice(index, index + 1).map(pick)))
    return {
      name: `${formatRateBinary(STEPS[index] ?? 0)} to ${formatRateBinary(toBytesPerSecond)}`,
      within5: of(({ within5Ms }) => within5Ms),
      within10: of(({ within10Ms }) => within10Ms),
      mean: of(({ mean }) => mean),
    }
  })
  const partsBeyondPlan = Math.max(...done.map(({ parts }) => parts)) - FILE_BYTES / (PART_MIB * MIB)
  return [
    `### The limit changed in the middle of parts, median of ${runs}\n`,
    table(
      ['step', 'within 5 % after', 'within 10 % after', 'mean from 200 to 1200 ms after'],
      rows.map(({ name, within5, within10, mean }) => [name, ms(within5), ms(within10), mean.toFixed(3)]),
    ),
    '',
    goal('the slowest step', Math.max(...rows.map(({ within5 }) => within5)), GOAL_MS, ' ms', 0),
    goal('parts sent beyond the plan', partsBeyondPlan, 0, '', 0),
    goal('bytes sent again', Math.max(...done.map(({ resentBytes }) => resentBytes)), 0, '', 0),
  ].join('\n')
}

interface Pass {
  /** One for each step. */
  readonly settled: readonly Settled[]
  readonly parts: number
  readonly resentBytes: number
}

/** One upload through all steps, and at full speed to its end. */
async function pass(server: NullServer, target: Target, file: string): Promise<Pass> {
  await server.reset()
  const [first = MIB, ...rest] = STEPS
  const options = { limitBytesPerSecond: first, flags: ['--json', '--control'] }
  const { child, ended } = start(await sluice.upload(target, file, `steps-${crypto.randomUUID()}`, options))
  while ((await server.report()).arrivals?.firstNs == null) {
    if (child.exitCode !== null) await ended
    await sleep(20)
  }
  const steps: Step[] = []
  for (const toBytesPerSecond of rest) {
    await sleep(STEP_MS)
    steps.push({ toBytesPerSecond, atNs: process.hrtime.bigint() })
    child.stdin?.write(`limit ${toBytesPerSecond}\n`)
  }
  await sleep(STEP_MS)
  const report = await server.report()
  child.stdin?.end('limit unlimited\n')
  const { stdout } = await ended
  const { parts } = await server.report()
  const { resentBytes } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}')
  return { settled: steps.map((step) => settle(step, report)), parts, resentBytes }
}

interface Settled {
  /** Milliseconds from the command to the first window that is right and stays so; infinite when none is. */
  readonly within5Ms: number
  readonly within10Ms: number
  /** The rate from GOAL_MS to a second later, as a ratio to the new limit. */
  readonly mean: number
}

function settle({ atNs, toBytesPerSecond }: Step, { arrivals }: ServerReport): Settled {
  const sinceFirstMs = Number(atNs - BigInt(arrivals?.firstNs ?? 0)) / 1e6
  const begin = Math.ceil(sinceFirstMs / BIN_MS)
  const bins = arrivals?.bins.slice(begin, begin + STEP_MS / BIN_MS) ?? []
  const rates = slidingRates(bins, WINDOW_MS)
  const windows = (FOLLOWED_MS - WINDOW_MS) / BIN_MS
  const within = (tolerance: number) => {
    const right = rates.map((rate) => Math.abs(rate / toBytesPerSecond - 1) <= tolerance)
    const at = right.findIndex((_, index) => {
      const followed = right.slice(index, index + windows)
      return followed.length === windows && followed.every(Boolean)
    })
    return at < 0 ? Number.POSITIVE_INFINITY : begin * BIN_MS - sinceFirstMs + at * BIN_MS
  }
  const [later = 0] = slidingRates(bins.slice(GOAL_MS / BIN_MS), 1000)
  return { within5Ms: within(0.05), within10Ms: within(0.1), mean: later / toBytesPerSecond }
}

function ms(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(0)} ms` : 'not in this step'
}

/** `1 MiB/s`. */
export function formatRateBinary(bytesPerSecond: number): string {
  return bytesPerSecond >= MIB ? `${bytesPerSecond / MIB} MiB/s` : `${bytesPerSecond / 1024} KiB/s`
}
