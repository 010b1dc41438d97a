import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineDestination } from '../../src/main/engine/api.ts'
import { EngineClient } from '../../src/main/engine/client.ts'
import { formatRuns, leastStolen } from '../support/least-stolen.ts'
import { LiveTable } from '../support/live-table.ts'
import { median } from '../support/table.ts'
import type { LimitBench } from './bench.ts'
import { formatRateBinary } from './rate-text.ts'

/** How transfers share a limit: equally, however many connections each has, and batches by their weights. */

const MIB = 1024 ** 2
const LEAST_PART_BYTES = 5 * MIB
const JAIN_GOAL = 0.99
/** Of a share by weight. */
const WEIGHT_GOAL = 0.05
/** Until all connections send. */
const SETTLE_MS = 1_000
const WORKERS = {
  engine: new URL('../../src/main/engine/engine-start.ts', import.meta.url),
  sender: new URL('../../src/main/engine/sender.ts', import.meta.url).pathname,
}

interface Case {
  readonly rate: number
  /** One for each transfer, each in a batch of its own. */
  readonly connections: readonly number[]
  readonly weights: readonly number[]
}

const EQUAL = [1, 1, 1]
const CASES: readonly Case[] = [
  { rate: 4 * MIB, connections: [1, 4, 16], weights: EQUAL },
  { rate: 10 * MIB, connections: [1, 4, 16], weights: EQUAL },
  { rate: 100 * MIB, connections: [1, 4, 16], weights: EQUAL },
  { rate: 10 * MIB, connections: [4, 4], weights: [1, 3] },
  { rate: 10 * MIB, connections: [4, 4, 4], weights: [1, 2, 4] },
]

export async function fair(bench: LimitBench): Promise<void> {
  const { runs } = bench.options
  bench.say(`\n### Shares of a limit, medians of ${runs}\n`)
  const head = [
    'limit',
    'connections',
    'weights',
    'shares',
    "Jain's index",
    'furthest from its weight',
    'runs kept, stolen',
    'goals',
  ]
  const table = new LiveTable(head, [9, 11, 9, 22], bench.say)
  for (const one of CASES) {
    const done = await leastStolen(runs, () => shares(bench, one))
    const share = one.weights.map((_, index) => median(done.kept.map((each) => each[index] ?? 0)))
    const whole = sum(one.weights)
    const relative = share.map((value, index) => value / ((one.weights[index] ?? 1) / whole))
    const jain = sum(relative) ** 2 / (relative.length * sum(relative.map((value) => value ** 2)))
    const furthest = Math.max(...relative.map((value) => Math.abs(value - 1)))
    const missed = one.weights === EQUAL ? jain < JAIN_GOAL : furthest > WEIGHT_GOAL
    const name = `${formatRateBinary(one.rate)}, connections ${one.connections.join(', ')}, weights ${one.weights.join(' : ')}`
    table.row([
      formatRateBinary(one.rate),
      one.connections.join(', '),
      one.weights.join(' : '),
      share.map((value) => value.toFixed(3)).join(' '),
      jain.toFixed(4),
      `${(furthest * 100).toFixed(1)} %`,
      formatRuns(done),
      bench.judge(`Shares: ${name}`, missed ? [one.weights === EQUAL ? `Jain ≥ ${JAIN_GOAL}` : 'within 5 %'] : []),
    ])
  }
}

/** Each transfer's part of what arrived while all of them sent. */
async function shares(bench: LimitBench, { rate, connections, weights }: Case): Promise<number[]> {
  const { server, target } = await bench.receiver()
  const seconds = Math.min(bench.options.seconds, 4)
  await server.reset()
  const engine = new EngineClient(WORKERS, { connections: sum(connections), threads: null, limitBytesPerSecond: rate })
  try {
    await engine.call('putDestination', destination(target.endpoint))
    const keys: string[] = []
    for (const [index, parts] of connections.entries()) {
      const weight = weights[index] ?? 1
      // Its share lasts longer than the measurement, and its parts are all in flight from the start.
      const bytes = (rate * weight * (seconds + 2 * (SETTLE_MS / 1000))) / sum(weights)
      const partBytes = Math.max(LEAST_PART_BYTES, Math.ceil(bytes / parts))
      const key = `${crypto.randomUUID()}`
      const { batchId } = await engine.call('addBatch', {
        destinationId: 'd',
        sources: [{ path: await emptyFile(bench.folder, key, partBytes * parts), keyOrPrefix: key }],
        options: {
          partBytes,
          multipartThresholdBytes: partBytes,
          checksum: 'crc32',
          onExists: 'overwrite',
          giveUpAfterMs: null,
        },
        include: [],
        exclude: [],
        start: 'at-once',
      })
      if (weight !== 1) await engine.call('setBatchWeight', { batchId, weight })
      keys.push(key)
    }
    const all = async () => {
      const { bytesOfKeys } = await server.counts()
      return keys.map((key) => bytesOfKeys[key] ?? 0)
    }
    while ((await all()).includes(0)) await sleep(20)
    await sleep(SETTLE_MS)
    const before = await all()
    await sleep(seconds * 1000)
    const gained = (await all()).map((bytes, index) => bytes - (before[index] ?? 0))
    return gained.map((bytes) => bytes / sum(gained))
  } finally {
    await engine.call('stop', { now: true })
    await engine.close()
  }
}

function destination(endpoint: string): EngineDestination {
  return {
    id: 'd',
    endpoint,
    region: 'us-east-1',
    bucket: 'bench',
    pathStyle: true,
    credentials: { kind: 'keys', accessKeyId: 'benchkey', secretAccessKey: 'benchsecret', sessionToken: null },
    caFile: null,
    proxy: 'none',
    bindAddress: null,
  }
}

/** Takes no place on the disk. */
async function emptyFile(folder: string, name: string, bytes: number): Promise<string> {
  const path = join(folder, name)
  const file = await open(path, 'w')
  await file.truncate(bytes)
  await file.close()
  return path
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
