import type { NullServer, ServerReport } from './null-server.ts'
import type { Target } from './support/clients.ts'
import { PART_MIB, sluice } from './support/clients.ts'
import { slidingRates } from './support/evenness.ts'
import { start } from './support/measured-run.ts'
import { BIN_MS } from './support/recorder.ts'
import { makeFile } from './support/scene.ts'
import { goal, table } from './support/table.ts'

/**
 * The limit of a running upload is changed in the middle of its parts, through `--control`. A step has settled at the
 * start of the first window of 100 ms from which on, for FOLLOWED_MS, every window lies within TOLERANCE of the new
 * limit. No part may be sent again for it.
 */
const MIB = 1024 ** 2
const STEPS = [10 * MIB, 2 * MIB, 20 * MIB, 5 * MIB, 1 * MIB, 10 * MIB]
const STEP_MS = 1_500
const WINDOW_MS = 100
const FOLLOWED_MS = 1_000
const FILE_BYTES = 128 * MIB
const GOAL_MS = 200

interface Step {
  readonly fromBytesPerSecond: number
  readonly toBytesPerSecond: number
  readonly atNs: bigint
}

/** A section of the report. */
export async function limitStep(server: NullServer, target: Target): Promise<string> {
  const file = await makeFile(target.workDir, 'steps.bin', FILE_BYTES)
  await server.reset()
  const [first = MIB, ...rest] = STEPS
  const options = { limitBytesPerSecond: first, flags: ['--json', '--control'] }
  const { child, ended } = start(await sluice.upload(target, file, `steps-${crypto.randomUUID()}`, options))
  while ((await server.report()).arrivals?.firstNs == null) {
    if (child.exitCode !== null) await ended
    await pause(20)
  }
  const steps: Step[] = []
  for (const [index, toBytesPerSecond] of rest.entries()) {
    await pause(STEP_MS)
    steps.push({ fromBytesPerSecond: STEPS[index] ?? 0, toBytesPerSecond, atNs: process.hrtime.bigint() })
    child.stdin?.write(`limit ${toBytesPerSecond}\n`)
  }
  await pause(STEP_MS)
  const report = await server.report()
  child.stdin?.end('limit unlimited\n')
  const { stdout } = await ended
  const { parts } = await server.report()
  const { resentBytes } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}')

  const settled = steps.map((step) => settleMs(step, report))
  const rows = steps.map(({ fromBytesPerSecond, toBytesPerSecond }, index) => {
    const [at5, at10] = [settled[index]?.within5, settled[index]?.within10]
    return [`${formatRateBinary(fromBytesPerSecond)} to ${formatRateBinary(toBytesPerSecond)}`, ms(at5), ms(at10)]
  })
  const planned = FILE_BYTES / (PART_MIB * MIB)
  const slowest = Math.max(...settled.map(({ within5 }) => within5 ?? Number.POSITIVE_INFINITY))
  return [
    `### The limit changed in the middle of parts\n`,
    table(['step', 'within 5 % after', 'within 10 % after'], rows),
    '',
    goal('the slowest step', slowest, GOAL_MS, ' ms', 0),
    goal('parts sent beyond the plan', parts - planned, 0, '', 0),
    goal('bytes sent again', resentBytes, 0, '', 0),
  ].join('\n')
}

/** Milliseconds from the command to the first window that is right and stays so; null when none is. */
function settleMs({ atNs, toBytesPerSecond }: Step, { arrivals }: ServerReport) {
  const sinceFirstMs = Number(atNs - BigInt(arrivals?.firstNs ?? 0)) / 1e6
  const begin = Math.ceil(sinceFirstMs / BIN_MS)
  const bins = arrivals?.bins.slice(begin, begin + STEP_MS / BIN_MS) ?? []
  const rates = slidingRates(bins, WINDOW_MS)
  const follow = FOLLOWED_MS / BIN_MS - WINDOW_MS / BIN_MS
  const within = (tolerance: number) => {
    const right = rates.map((rate) => Math.abs(rate / toBytesPerSecond - 1) <= tolerance)
    const at = right.findIndex((_, index) => {
      const followed = right.slice(index, index + follow)
      return followed.length === follow && followed.every(Boolean)
    })
    return at < 0 ? null : begin * BIN_MS - sinceFirstMs + at * BIN_MS
  }
  return { within5: within(0.05), within10: within(0.1) }
}

function ms(value: number | null | undefined): string {
  return value == null ? 'never' : `${value.toFixed(0)} ms`
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** `1 MiB/s`. */
export function formatRateBinary(bytesPerSecond: number): string {
  return bytesPerSecond >= MIB ? `${bytesPerSecond / MIB} MiB/s` : `${bytesPerSecond / 1024} KiB/s`
}
