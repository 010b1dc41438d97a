import type { Client } from '../support/clients.ts'
import { CONNECTIONS, sluice } from '../support/clients.ts'
import { formatRuns, leastStolen } from '../support/least-stolen.ts'
import { LiveTable } from '../support/live-table.ts'
import { median } from '../support/table.ts'
import type { LimitBench } from './bench.ts'
import { measure, unlimited } from './measure.ts'
import { formatRateBinary } from './rate-text.ts'
import { workload } from './workload.ts'

/** What limiting costs: CPU beyond that of the same upload without a limit. */

const SLOW = 1_000_000
const SLOW_GOAL_PERCENT = 3
const FAST_GOAL_PERCENT = 5
/** A start differs by some hundredths of a CPU second from run to run, which must not be much of the whole. */
const SLOW_FACTOR = 2.5
const FAST_SECONDS = 3

export async function cost(bench: LimitBench, topBytesPerSecond: number): Promise<void> {
  const { options, say } = bench
  say('\n### Cost of limiting\n')
  const head = [
    'client',
    'limit',
    'CPU s',
    'without a limit',
    '% of a core',
    'CPU s a minute',
    '% more CPU',
    'runs kept, stolen',
    'goals',
  ]
  const table = new LiveTable(head, [13, 9], say)
  const row = async (client: Client, limitBytesPerSecond: number, seconds: number, judged: 'core' | 'more') => {
    const work = await workload(bench.folder, limitBytesPerSecond, seconds, CONNECTIONS)
    const setting = { receiver: await bench.receiver(), work, limitBytesPerSecond, connections: CONNECTIONS }
    const done = await leastStolen(client === sluice ? options.runs : options.peerRuns, async () => {
      const free = await unlimited(client, setting)
      return { free: free.cpuSeconds, ...(await measure(client, setting)) }
    })
    const corePercent = median(done.kept.map((one) => ((one.cpuSeconds - one.free) / one.seconds) * 100))
    const morePercent = median(done.kept.map((one) => (one.cpuSeconds / one.free - 1) * 100))
    const [value, most, what] =
      judged === 'core'
        ? [corePercent, SLOW_GOAL_PERCENT, '% of a core']
        : [morePercent, FAST_GOAL_PERCENT, '% more CPU']
    const limit = formatRateBinary(limitBytesPerSecond)
    const missed = value <= most ? [] : [`${what} ≤ ${most}`]
    table.row([
      client.name,
      limit,
      median(done.kept.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2),
      median(done.kept.map(({ free }) => free)).toFixed(2),
      corePercent.toFixed(1),
      (corePercent * 0.6).toFixed(2),
      morePercent.toFixed(1),
      formatRuns(done),
      client === sluice ? bench.judge(`Cost of limiting at ${limit}`, missed) : '',
    ])
  }
  for (const client of [sluice, ...bench.peers]) await row(client, SLOW, SLOW_FACTOR * options.seconds, 'core')
  await row(sluice, topBytesPerSecond, FAST_SECONDS, 'more')
}
