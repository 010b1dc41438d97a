import { table } from '../support/table.ts'
import type { Figures } from './figures.ts'
import { times, verdict } from './figures.ts'
import { adaptiveBucket } from './models/adaptive-bucket.ts'
import { dripBucket } from './models/drip-bucket.ts'
import { ours } from './models/ours.ts'
import { oursForRequests } from './models/ours-for-requests.ts'
import { s3transfer } from './models/s3transfer.ts'
import { throttle } from './models/throttle.ts'
import { tokenBucket } from './models/token-bucket.ts'
import { tutorial } from './models/tutorial.ts'
import type { ByteScenario } from './run-bytes.ts'
import { runBytes } from './run-bytes.ts'
import { runRequests } from './run-requests.ts'
import * as scenarios from './scenarios.ts'
import type { ByteSystem } from './system.ts'

const EVERY_BYTE_SYSTEM: readonly ByteSystem[] = [s3transfer, tokenBucket, adaptiveBucket, dripBucket, throttle, ours]

/** Two loads that everybody serves, then each seed in the load that shows its flaw; ours beside each. */
const BYTE_RUNS: readonly { readonly scenario: ByteScenario; readonly systems: readonly ByteSystem[] }[] = [
  { scenario: scenarios.SATURATION, systems: EVERY_BYTE_SYSTEM },
  { scenario: scenarios.LOW_LIMIT, systems: EVERY_BYTE_SYSTEM },
  { scenario: scenarios.ONE_STREAM_LOW, systems: [s3transfer, ours] },
  { scenario: scenarios.MANY_STREAMS, systems: [s3transfer, ours] },
  { scenario: scenarios.CANCELLED_WAITERS, systems: [s3transfer, ours] },
  { scenario: scenarios.RATE_CHANGE, systems: [dripBucket, ours] },
  { scenario: scenarios.BIG_AMONG_SMALL, systems: [dripBucket, ours] },
  { scenario: scenarios.IDLE_THEN_BURST, systems: [throttle, ours] },
  { scenario: scenarios.SET_AGAIN, systems: [throttle, ours] },
]
const REQUEST_SCENARIOS = [scenarios.BUSY_QUEUE, scenarios.EMPTY_QUEUE]

/** One system under one load. */
export interface LabRow {
  readonly system: string
  readonly scenario: string
  readonly figures: Figures
  /** What left divided by what the limit allowed, in bins of BIN_MS. */
  readonly ratios: readonly number[]
  readonly verdict: string
}

/** Every system under every load that concerns it. Deterministic; about two seconds. */
export async function runLab(): Promise<readonly LabRow[]> {
  const rows: LabRow[] = []
  for (const { scenario, systems } of BYTE_RUNS) {
    for (const system of systems) {
      const { figures, ratios, sentBy, sent } = await runBytes(system, scenario)
      const bigShare = ((sentBy.at(-1) ?? 0) / sent) * 100
      const note = scenario === scenarios.BIG_AMONG_SMALL ? `, ${bigShare.toFixed(0)} % of it for the big writes` : ''
      rows.push({ system: system.name, scenario: scenario.name, figures, ratios, verdict: verdict(figures) + note })
    }
  }
  for (const scenario of REQUEST_SCENARIOS) {
    for (const system of [tutorial, oursForRequests]) {
      const { figures, ratios, requests, tokensTaken, wakes } = await runRequests(system, scenario)
      const burnt = scenario === scenarios.EMPTY_QUEUE ? `, ${tokensTaken - requests} tokens burnt` : ''
      const note = `, ${(wakes / requests).toFixed(0)} wakes a request${burnt}`
      const said = verdict(figures, 1 / scenario.requestsPerSecond) + note
      rows.push({ system: system.name, scenario: scenario.name, figures, ratios, verdict: said })
    }
  }
  return rows
}

/** The rows as a table of text. */
export function labTable(rows: readonly LabRow[]): string {
  return table(
    ['system', 'load', 'mean', 'busiest 1 s', 'busiest 100 ms', 'emptiest 100 ms', 'verdict'],
    rows.map(({ system, scenario, figures, verdict }) => [
      system,
      scenario,
      ...[figures.mean, figures.busiest1s, figures.busiest100ms, figures.emptiest100ms].map(times),
      verdict,
    ]),
  )
}
