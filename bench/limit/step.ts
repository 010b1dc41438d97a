import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerReport } from '../null-server.ts'
import { PART_MIB } from '../support/clients.ts'
import { slidingRates } from '../support/evenness.ts'
import { formatRuns, leastStolen } from '../support/least-stolen.ts'
import { LiveTable } from '../support/live-table.ts'
import { BIN_MS } from '../support/recorder.ts'
import { makeFile } from '../support/scene.ts'
import { median } from '../support/table.ts'
import type { LimitBench } from './bench.ts'
import { SETTLED, settleGoalMs, settleWindowMs } from './goals.ts'
import { formatRateBinary } from './rate-text.ts'
import { startUpload } from './running.ts'

/**
 * The limit of a running upload is changed in the middle of its parts, through `--control`. A step has settled at the
 * start of the first window from which on, for some more windows, all lie within SETTLED of the new limit. No part may be
 * sent again for it.
 */
const KIB = 1024
const MIB = 1024 ** 2
const STEPS = [10 * MIB, 2 * MIB, 20 * MIB, 5 * MIB, MIB, 64 * KIB, 10 * MIB]
const FILE_BYTES = 128 * MIB
/** Windows that must be right from the first one on. */
const FOLLOWED = 5
/** The mean is taken from here on, for a second. */
const MEAN_FROM_MS = 200

interface Step {
  readonly toBytesPerSecond: number
  readonly atNs: bigint
}

export async function step(bench: LimitBench): Promise<void> {
  const { runs } = bench.options
  bench.say(`\n### The limit changed in the middle of parts, medians of ${runs}\n`)
  const file = await makeFile(bench.folder, 'steps.bin', FILE_BYTES)
  const runsDone = await leastStolen(runs, () => pass(bench, file))
  const done = runsDone.kept
  bench.say(`Runs kept, stolen: ${formatRuns(runsDone)}\n`)
  const head = ['step', 'within 10 % after', 'mean of a second', 'goals']
  const table = new LiveTable(head, [22], bench.say)
  STEPS.slice(1).forEach((to, index) => {
    const of = (pick: (settled: Settled) => number) =>
      median(done.flatMap(({ settled }) => settled.slice(index, index + 1).map(pick)))
    const name = `${formatRateBinary(STEPS[index] ?? 0)} to ${formatRateBinary(to)}`
    const settledMs = of(({ afterMs }) => afterMs)
    const missed = settledMs <= settleGoalMs(to) ? [] : [`settled ≤ ${settleGoalMs(to)} ms`]
    const text = Number.isFinite(settledMs) ? `${settledMs.toFixed(0)} ms` : 'not in this step'
    table.row([name, text, of(({ mean }) => mean).toFixed(3), bench.judge(`Step ${name}`, missed)])
  })
  const partsBeyondPlan = Math.max(...done.map(({ parts }) => parts)) - FILE_BYTES / (PART_MIB * MIB)
  const resent = Math.max(...done.map(({ resentBytes }) => resentBytes))
  const missed = partsBeyondPlan === 0 && resent === 0 ? [] : ['no part and no byte twice']
  bench.say(`Parts beyond the plan: ${partsBeyondPlan}; bytes sent again: ${resent}: ${bench.judge('Steps', missed)}`)
}

/** How long the limit stays: long enough for the windows that are looked at. */
function lastsMs(limitBytesPerSecond: number): number {
  return settleGoalMs(limitBytesPerSecond) + FOLLOWED * settleWindowMs(limitBytesPerSecond) + 900
}

interface Pass {
  /** One for each step. */
  readonly settled: readonly Settled[]
  readonly parts: number
  readonly resentBytes: number
}

/** One upload through all steps, and at full speed to its end. */
async function pass(bench: LimitBench, file: string): Promise<Pass> {
  const receiver = await bench.receiver()
  const [first = MIB, ...rest] = STEPS
  const upload = await startUpload(receiver, file, first)
  const steps: Step[] = []
  await sleep(lastsMs(first))
  for (const toBytesPerSecond of rest) {
    steps.push({ toBytesPerSecond, atNs: process.hrtime.bigint() })
    upload.say(`limit ${toBytesPerSecond}`)
    await sleep(lastsMs(toBytesPerSecond))
  }
  const report = await receiver.server.report()
  const { stdout } = await upload.finish()
  const { parts } = await receiver.server.report()
  const { resentBytes } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}')
  return { settled: steps.map((one) => settle(one, report)), parts, resentBytes }
}

interface Settled {
  /** Milliseconds from the command to the first window that is right and stays so; infinite when none is. */
  readonly afterMs: number
  /** The rate of a second, MEAN_FROM_MS after the command, as a ratio to the new limit. */
  readonly mean: number
}

function settle({ atNs, toBytesPerSecond }: Step, { arrivals }: ServerReport): Settled {
  const sinceFirstMs = Number(atNs - BigInt(arrivals?.firstNs ?? 0)) / 1e6
  const begin = Math.ceil(sinceFirstMs / BIN_MS)
  const bins = arrivals?.bins.slice(begin, begin + Math.floor(lastsMs(toBytesPerSecond) / BIN_MS)) ?? []
  const windowMs = settleWindowMs(toBytesPerSecond)
  const right = slidingRates(bins, windowMs).map((rate) => Math.abs(rate / toBytesPerSecond - 1) <= SETTLED)
  const followed = ((FOLLOWED - 1) * windowMs) / BIN_MS
  const at = right.findIndex((_, index) => {
    const windows = right.slice(index, index + followed)
    return windows.length === followed && windows.every(Boolean)
  })
  const afterMs = at < 0 ? Number.POSITIVE_INFINITY : (begin + at) * BIN_MS - sinceFirstMs
  const [later = 0] = slidingRates(bins.slice(MEAN_FROM_MS / BIN_MS), 1000)
  return { afterMs, mean: later / toBytesPerSecond }
}
