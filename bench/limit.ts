import { parseArgs } from 'node:util'
import { parseRate } from '../src/shared/units.ts'
import { formatRateBinary, limitStep } from './limit-step.ts'
import type { NullServer } from './null-server.ts'
import { startNullServer } from './null-server.ts'
import type { Client, Target } from './support/clients.ts'
import { awsCli, curl, rclone, sluice } from './support/clients.ts'
import { direct } from './support/direct.ts'
import type { Evenness } from './support/evenness.ts'
import { evenness } from './support/evenness.ts'
import { run } from './support/measured-run.ts'
import { makeCertificate, makeFile, workFolder } from './support/scene.ts'
import { absentRow, goal, goalBetween, median, table } from './support/table.ts'

/** How well a limit is kept, seen from the far side: a process of its own that stamps what arrives. */
export interface LimitOptions {
  readonly limits: readonly number[]
  readonly connections: readonly number[]
  readonly seconds: number
  /** Of ours; the peers run once, since they are far from the figures that a stall of the machine could blur. */
  readonly runs: number
  readonly tls: boolean
  readonly peers: boolean
}

const MIB = 1024 ** 2
export const LIMIT_DEFAULTS: LimitOptions = {
  limits: [MIB, 10 * MIB],
  connections: [4],
  seconds: 10,
  runs: 3,
  tls: false,
  peers: true,
}

interface Measured {
  readonly even: Evenness
  /** What limiting cost: CPU beyond that of the same upload without a limit, in percent of one core. */
  readonly corePercent: number
  /** The worst lateness of a timer at the receiver: what the machine itself adds. */
  readonly stallMs: number
}

const HEAD = [
  'client',
  'limit',
  'conns',
  'mean',
  'busiest 1 s',
  'busiest 100 ms',
  'emptiest 100 ms',
  'silence s',
  '% of a core',
  'stall ms',
]

export async function limit(options: LimitOptions): Promise<string> {
  await using folder = await workFolder()
  const certificate = options.tls ? await makeCertificate(folder.path) : null
  const tlsFile = certificate === null ? {} : { tlsFile: certificate.serverFile }
  await using server = await startNullServer({ ...tlsFile, record: true })
  const target: Target = {
    endpoint: `http${options.tls ? 's' : ''}://127.0.0.1:${server.port}`,
    workDir: folder.path,
    ...(certificate === null ? {} : { caFile: certificate.caFile }),
  }
  const rows: string[][] = []
  const verdicts: string[] = []
  for (const limitBytesPerSecond of options.limits) {
    const file = await makeFile(folder.path, `${limitBytesPerSecond}.bin`, limitBytesPerSecond * options.seconds)
    const setting = { server, target, file, limitBytesPerSecond }
    for (const connections of options.connections) {
      const done: Measured[] = []
      for (let turn = 0; turn < options.runs; turn++) done.push(await measure(sluice, connections, setting))
      const middle = middleOf(done)
      rows.push(rowOf(sluice, limitBytesPerSecond, connections, middle))
      verdicts.push(...goals(limitBytesPerSecond, connections, middle))
    }
    const [connections = 4] = options.connections
    for (const peer of options.peers ? [awsCli, rclone, curl] : []) {
      if (peer.missing !== null) {
        rows.push(absentRow(peer.name, HEAD.length))
        continue
      }
      const own = peer === curl ? 1 : connections
      rows.push(rowOf(peer, limitBytesPerSecond, own, await measure(peer, own, setting)))
    }
  }
  const step = await limitStep(server, target, options.runs)
  const missing = options.peers ? [awsCli, rclone, curl].flatMap((peer) => peer.missing ?? []) : []
  const how = `${options.seconds} s at each limit; sluice: medians of ${options.runs}; peers: one run`
  return [
    `## Limits at the receiver${options.tls ? ', over TLS (every byte on the wire counts)' : ''}\n${how}`,
    table(HEAD, rows),
    [...verdicts, ...missing].join('\n'),
    step,
  ].join('\n\n')
}

async function measure(
  client: Client,
  connections: number,
  setting: { server: NullServer; target: Target; file: string; limitBytesPerSecond: number },
): Promise<Measured> {
  const { server, target, file, limitBytesPerSecond } = setting
  const free = await run(await client.upload(target, file, `free-${crypto.randomUUID()}`, { connections }))
  await server.reset()
  const options = { connections, limitBytesPerSecond }
  const limited = await run(await client.upload(target, file, `limited-${crypto.randomUUID()}`, options))
  const { arrivals, lateMs } = await server.report()
  const even = evenness(arrivals, limitBytesPerSecond)
  if (even === null) throw new Error(`${client.name} was through in less than two seconds: it did not keep the limit`)
  return {
    even,
    corePercent: ((limited.cpuSeconds - free.cpuSeconds) / even.seconds) * 100,
    stallMs: lateMs?.worst ?? 0,
  }
}

/** Each figure's own median: one stall of the machine empties a window of one run. */
function middleOf(done: readonly Measured[]): Measured {
  const of = (pick: (measured: Measured) => number) => median(done.map(pick))
  return {
    even: {
      seconds: of(({ even }) => even.seconds),
      mean: of(({ even }) => even.mean),
      busiest1s: of(({ even }) => even.busiest1s),
      busiest100ms: of(({ even }) => even.busiest100ms),
      emptiest100ms: of(({ even }) => even.emptiest100ms),
      silenceSeconds: of(({ even }) => even.silenceSeconds),
    },
    corePercent: of(({ corePercent }) => corePercent),
    stallMs: of(({ stallMs }) => stallMs),
  }
}

function rowOf(
  client: Client,
  limitBytesPerSecond: number,
  connections: number,
  { even, corePercent, stallMs }: Measured,
): string[] {
  const { mean, busiest1s, busiest100ms, emptiest100ms, silenceSeconds } = even
  const ratios = [mean.toFixed(4), busiest1s.toFixed(3), busiest100ms.toFixed(3), emptiest100ms.toFixed(3)]
  const name = [client.name, formatRateBinary(limitBytesPerSecond), String(connections)]
  return [...name, ...ratios, silenceSeconds.toFixed(2), corePercent.toFixed(1), stallMs.toFixed(0)]
}

/** Step 1's goals; the final ones are in docs/benchmarks.md. */
function goals(limitBytesPerSecond: number, connections: number, { even }: Measured): string[] {
  const where = `at ${formatRateBinary(limitBytesPerSecond)}, ${connections} connections`
  return [
    goalBetween(`mean ${where}`, even.mean, 0.995, 1.005),
    goal(`busiest 1 s ${where}`, even.busiest1s, 1.03, '', 3),
  ]
}

await direct(import.meta, async () => {
  const { values } = parseArgs({
    options: {
      limit: { type: 'string', multiple: true },
      connections: { type: 'string', multiple: true },
      seconds: { type: 'string' },
      runs: { type: 'string' },
      tls: { type: 'boolean' },
      'no-peers': { type: 'boolean' },
    },
  })
  return await limit({
    limits: values.limit?.map(rateOf) ?? LIMIT_DEFAULTS.limits,
    connections: values.connections?.map(Number) ?? LIMIT_DEFAULTS.connections,
    seconds: Number(values.seconds ?? LIMIT_DEFAULTS.seconds),
    runs: Number(values.runs ?? LIMIT_DEFAULTS.runs),
    tls: values.tls ?? false,
    peers: !values['no-peers'],
  })
})

function rateOf(text: string): number {
  const rate = parseRate(text)
  if (!rate.ok || rate.value === null) throw new Error(rate.ok ? 'a benchmark of limits needs one' : rate.message)
  return rate.value
}
