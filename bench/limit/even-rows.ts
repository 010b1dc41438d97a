import { busyCore } from '../support/busy-core.ts'
import type { Client } from '../support/clients.ts'
import { CONNECTIONS, curl, sluice } from '../support/clients.ts'
import { formatRuns, leastStolen } from '../support/least-stolen.ts'
import { LiveTable } from '../support/live-table.ts'
import type { LimitBench } from './bench.ts'
import type { Goals } from './goals.ts'
import { goalsAt, missedOf, SMALL_FILES_GOALS } from './goals.ts'
import type { Setting } from './measure.ts'
import { measure, middleOf, unlimited } from './measure.ts'
import { secondsAt } from './options.ts'
import { formatRateBinary } from './rate-text.ts'
import { smallFiles, workload } from './workload.ts'

/** Rows that judge how evenly a limit arrives, each under another condition. */

const MIB = 1024 ** 2
/** Enough that every sender has two. */
const CONNECTIONS_OF_SENDERS = 8
const SMALL_FILES = 5_000
const SMALL_FILE_BYTES = 4096

const HEAD = [
  ...['client', 'limit', 'conns', 'mean', 'busiest 1 s', 'busiest 100 ms', 'emptiest 100 ms', 'silence s'],
  ...['% of a core', 'stall ms', 'runs kept, stolen', 'goals'],
]
const WIDTHS = [14, 10, 5, 6]

class EvenTable {
  readonly #bench: LimitBench
  readonly #title: string
  readonly #table: LiveTable

  constructor(bench: LimitBench, title: string) {
    this.#bench = bench
    this.#title = title
    bench.say(`\n### ${title}\n`)
    this.#table = new LiveTable(HEAD, WIDTHS, bench.say)
  }

  /** Ours is judged; peers are only shown. */
  async row(client: Client, setting: Setting, name = client.name, goals?: Goals): Promise<void> {
    const { runs, peerRuns } = this.#bench.options
    const { limitBytesPerSecond, connections } = setting
    const free = await unlimited(client, setting)
    const turns = client === sluice ? runs : peerRuns
    const done = await leastStolen(turns, () => measure(client, setting))
    const { even, cpuSeconds, seconds, stallMs } = middleOf(done.kept)
    const limit = formatRateBinary(limitBytesPerSecond)
    const cells = [name, limit, String(client === curl ? 1 : connections)]
    const corePercent = ((cpuSeconds - free.cpuSeconds) / seconds) * 100
    const missed = even === null ? ['any limit'] : missedOf(even, goals ?? goalsAt(limitBytesPerSecond))
    const verdict =
      client === sluice
        ? this.#bench.judge(`${this.#title}, ${name} at ${limit}, ${connections} connections`, missed)
        : ''
    if (even === null) return this.#table.row([...cells, `through in ${seconds.toFixed(1)} s`, verdict])
    const { mean, busiest1s, busiest100ms, emptiest100ms, silenceSeconds } = even
    const ratios = [mean.toFixed(4), busiest1s.toFixed(3), busiest100ms.toFixed(3), emptiest100ms.toFixed(3)]
    const rest = [silenceSeconds.toFixed(2), corePercent.toFixed(1), stallMs.toFixed(0), formatRuns(done)]
    this.#table.row([...cells, ...ratios, ...rest, verdict])
  }

  async settingAt(limitBytesPerSecond: number, connections = CONNECTIONS, tls = false): Promise<Setting> {
    const { folder, options } = this.#bench
    const work = await workload(folder, limitBytesPerSecond, secondsAt(limitBytesPerSecond, options), connections)
    return { receiver: await this.#bench.receiver(tls), work, limitBytesPerSecond, connections }
  }
}

/** @param topBytesPerSecond 80 % of the ceiling, or null where it is not wanted */
export async function rates(bench: LimitBench, topBytesPerSecond: number | null): Promise<void> {
  const table = new EvenTable(bench, 'Rates')
  for (const rate of bench.options.rates) {
    if (topBytesPerSecond !== null && rate > topBytesPerSecond) {
      bench.say(`${formatRateBinary(rate)} is above 80 % of the ceiling here: not measured`)
      continue
    }
    const setting = await table.settingAt(rate)
    for (const client of [sluice, ...bench.peers]) await table.row(client, setting)
  }
  if (topBytesPerSecond === null) return
  const setting = await table.settingAt(topBytesPerSecond)
  await table.row(sluice, setting, 'sluice at 80 %')
}

export async function connections(bench: LimitBench): Promise<void> {
  const table = new EvenTable(bench, 'Connections')
  for (const rate of [MIB, 10 * MIB]) {
    for (const count of bench.options.connections) await table.row(sluice, await table.settingAt(rate, count))
  }
}

export async function senders(bench: LimitBench): Promise<void> {
  const table = new EvenTable(bench, 'Senders')
  for (const rate of [MIB, 10 * MIB]) {
    const setting = await table.settingAt(rate, CONNECTIONS_OF_SENDERS)
    for (const count of bench.options.senders) {
      await table.row(
        sluice,
        { ...setting, flags: ['--threads', String(count)] },
        `${count} sender${count > 1 ? 's' : ''}`,
      )
    }
  }
}

export async function tls(bench: LimitBench): Promise<void> {
  const table = new EvenTable(bench, 'TLS, every byte on the wire')
  for (const rate of [64 * 1024, MIB, 10 * MIB, 100 * MIB]) {
    const setting = await table.settingAt(rate, CONNECTIONS, true)
    const peers = rate === MIB || rate === 10 * MIB ? bench.peers : []
    for (const client of [sluice, ...peers]) await table.row(client, setting)
  }
}

export async function small(bench: LimitBench): Promise<void> {
  const count = Math.min(SMALL_FILES, Math.ceil((bench.options.seconds * 2.5 * MIB) / SMALL_FILE_BYTES))
  const table = new EvenTable(bench, `${count} files of ${SMALL_FILE_BYTES / 1024} KiB`)
  const work = await smallFiles(bench.folder, count, SMALL_FILE_BYTES)
  const receiver = await bench.receiver()
  const setting = { receiver, work, limitBytesPerSecond: MIB, connections: CONNECTIONS }
  for (const client of [sluice, ...bench.peers.filter((peer) => peer !== curl)]) {
    await table.row(client, setting, client.name, SMALL_FILES_GOALS)
  }
}

export async function busy(bench: LimitBench): Promise<void> {
  const table = new EvenTable(bench, 'A core kept busy by another process')
  for (const rate of [MIB, 10 * MIB]) {
    const setting = await table.settingAt(rate)
    using _core = busyCore()
    for (const client of [sluice, ...bench.peers.filter((peer) => peer === curl)]) await table.row(client, setting)
  }
}
