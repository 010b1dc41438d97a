import { parseArgs } from 'node:util'
import { parseRate } from '../src/shared/units.ts'
import type { LimitBench } from './limit/bench.ts'
import { startLimitBench } from './limit/bench.ts'
import { topRate } from './limit/ceiling.ts'
import { cost } from './limit/cost.ts'
import { busy, connections, rates, senders, small, tls } from './limit/even-rows.ts'
import { fair } from './limit/fair.ts'
import type { LimitOptions, RowKind } from './limit/options.ts'
import { LIMIT_DEFAULTS, ROWS } from './limit/options.ts'
import { pause } from './limit/pause.ts'
import { step } from './limit/step.ts'
import { awsCli, curl, rclone } from './support/clients.ts'
import { load } from './support/conditions.ts'
import { direct } from './support/direct.ts'

/**
 * How well a limit is kept, seen from the far side: a process of its own that stamps what arrives. Every row is printed
 * as soon as it is measured, with its goals; the answer says how many rows met theirs.
 */
export async function limit(options: LimitOptions, say: (line: string) => void = console.log): Promise<string> {
  await using bench = await startLimitBench(options, say)
  say('## Limits at the receiver')
  say(`Medians of ${options.runs} for sluice, of ${options.peerRuns} for peers.`)
  for (const { missing } of [awsCli, rclone, curl]) if (missing !== null) say(missing)
  const wanted = new Set(options.rows)
  const top = wanted.has('rates') || wanted.has('cost') ? await topRate(bench) : 0
  for (const kind of ROWS) {
    if (!wanted.has(kind)) continue
    const beganAt = performance.now()
    try {
      await measureRows(kind, bench, top)
      say(`\n(${load()}; this took ${((performance.now() - beganAt) / 1000).toFixed(0)} s)`)
    } catch (error) {
      // The other rows may still have something to say.
      const failure = error instanceof Error ? error.message : String(error)
      say(`This part failed: ${failure}`)
      bench.judge(kind, [`failed: ${failure}`])
    }
  }
  const { rows, missed } = bench.judged
  const verdict = `\n${rows - missed.length} of ${rows} rows met their goals.`
  return [verdict, ...missed.map((row) => `MISSED ${row}`)].join('\n')
}

function measureRows(kind: RowKind, bench: LimitBench, top: number): Promise<void> {
  switch (kind) {
    case 'rates':
      return rates(bench, top)
    case 'connections':
      return connections(bench)
    case 'senders':
      return senders(bench)
    case 'tls':
      return tls(bench)
    case 'small':
      return small(bench)
    case 'busy':
      return busy(bench)
    case 'step':
      return step(bench)
    case 'pause':
      return pause(bench)
    case 'fair':
      return fair(bench)
    case 'cost':
      return cost(bench, top)
  }
}

await direct(import.meta, async () => {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string' },
      limit: { type: 'string', multiple: true },
      connections: { type: 'string', multiple: true },
      seconds: { type: 'string' },
      runs: { type: 'string' },
      'peer-runs': { type: 'string' },
      'no-peers': { type: 'boolean' },
    },
  })
  return await limit({
    ...LIMIT_DEFAULTS,
    rows: values.rows?.split(',').map(rowKind) ?? LIMIT_DEFAULTS.rows,
    rates: values.limit?.map(rateOf) ?? LIMIT_DEFAULTS.rates,
    connections: values.connections?.map(Number) ?? LIMIT_DEFAULTS.connections,
    seconds: Number(values.seconds ?? LIMIT_DEFAULTS.seconds),
    runs: Number(values.runs ?? LIMIT_DEFAULTS.runs),
    peerRuns: values['no-peers'] ? 0 : Number(values['peer-runs'] ?? LIMIT_DEFAULTS.peerRuns),
  })
})

function rowKind(text: string): RowKind {
  const kind = ROWS.find((row) => row === text)
  if (kind === undefined) throw new Error(`"${text}" is no row: there are ${ROWS.join(', ')}`)
  return kind
}

function rateOf(text: string): number {
  const rate = parseRate(text)
  if (!rate.ok || rate.value === null) throw new Error(rate.ok ? 'a benchmark of limits needs one' : rate.message)
  return rate.value
}
