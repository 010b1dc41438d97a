import { setTimeout as sleep } from 'node:timers/promises'
import { quantumSeconds } from '../../src/main/flow/limit-numbers.ts'
import { CONNECTIONS } from '../support/clients.ts'
import { slidingRates } from '../support/evenness.ts'
import { formatRuns, leastStolen } from '../support/least-stolen.ts'
import { LiveTable } from '../support/live-table.ts'
import { BIN_MS } from '../support/recorder.ts'
import { makeFile } from '../support/scene.ts'
import { median } from '../support/table.ts'
import type { LimitBench } from './bench.ts'
import { formatRateBinary } from './rate-text.ts'
import { startUpload } from './running.ts'

/** What still arrives after `pause`, and whether the time of the pause is made up for after `resume` (it must not be). */
const KIB = 1024
const MIB = 1024 ** 2
const RATES = [MIB, 10 * MIB, 100 * MIB]
const FILE_BYTES = 512 * MIB
const BEFORE_MS = 1_000
/** Sockets are kept for 2 s, so that nothing is sent twice. */
const PAUSE_MS = 1_200
const AFTER_MS = 1_000
/** From the command to the first byte again. */
const RESUMED_WITHIN_MS = 100
/** As at a start: the first 100 ms may hold the tolerance and a write more. */
const MOST_AFTER = 1.2

export async function pause(bench: LimitBench): Promise<void> {
  const { folder, say } = bench
  const { runs } = bench.options
  say(`\n### Pause, ${CONNECTIONS} connections, medians of ${runs}\n`)
  const table = new LiveTable(
    ['limit', 'KiB after pause', 'a quantum each, KiB', 'busiest 100 ms after', 'runs kept, stolen', 'goals'],
    [10],
    say,
  )
  const file = await makeFile(folder, 'pause.bin', FILE_BYTES)
  for (const rate of RATES) {
    const done = await leastStolen(runs, () => pass(bench, file, rate))
    const after = median(done.kept.map(({ bytesAfter }) => bytesAfter))
    const most = rate * quantumSeconds(rate) * CONNECTIONS
    const busiest = median(done.kept.map(({ busiestAfter }) => busiestAfter))
    const missed = [
      ...(after <= most ? [] : ['a quantum a connection']),
      ...(busiest <= MOST_AFTER ? [] : [`busiest 100 ms ≤ ${MOST_AFTER}`]),
    ]
    const name = formatRateBinary(rate)
    const figures = [(after / KIB).toFixed(0), (most / KIB).toFixed(0), busiest.toFixed(3), formatRuns(done)]
    table.row([name, ...figures, bench.judge(`Pause at ${name}`, missed)])
  }
}

async function pass(
  bench: LimitBench,
  file: string,
  rate: number,
): Promise<{ bytesAfter: number; busiestAfter: number }> {
  const receiver = await bench.receiver()
  const upload = await startUpload(receiver, file, rate)
  await sleep(BEFORE_MS)
  const { bytes: atPause } = await receiver.server.counts()
  upload.say('pause')
  await sleep(PAUSE_MS)
  const { bytes: inPause } = await receiver.server.counts()
  const resumedNs = process.hrtime.bigint()
  upload.say('resume')
  await sleep(AFTER_MS)
  const { arrivals } = await receiver.server.report()
  await upload.finish()
  const begin = Math.floor(Number(resumedNs - BigInt(arrivals?.firstNs ?? 0)) / 1e6 / BIN_MS)
  const bins = arrivals?.bins.slice(begin, begin + (AFTER_MS - RESUMED_WITHIN_MS) / BIN_MS) ?? []
  return { bytesAfter: inPause - atPause, busiestAfter: Math.max(...slidingRates(bins, 100)) / rate }
}
