import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatBytes, formatRate } from '../../shared/units.ts'
import { startDemoServer } from '../demo/server.ts'
import type { EngineStats, TransferEnd, WorkerPaths } from '../engine/api.ts'
import { EngineClient } from '../engine/client.ts'
import { EXIT } from './exit.ts'
import type { Output } from './output.ts'
import { RateWindow } from './rate-window.ts'
import { readBack } from './read-back.ts'
import { barLine } from './text-reporter.ts'

const MIB = 1024 ** 2
const FIRST_LIMIT = 4 * MIB
const SECOND_LIMIT = 2 * MIB
const PAUSE_MS = 1_500
/** About ten seconds at the two limits. */
const FILES: readonly (readonly [string, number])[] = [
  ['footage/clip 1.mov', 16 * MIB],
  ['footage/clip 2.mov', 9 * MIB + 12_345],
  ['notes/größe & ü #1.txt', 4_321],
  ['notes/empty.txt', 0],
]

interface DemoFile {
  readonly key: string
  readonly sizeBytes: number
  readonly sha256: string
}

/** `sluice demo`: the main job in a terminal, checked at the far side. Answers the exit status. */
export async function runTerminalDemo(workerPaths: WorkerPaths, output: Output): Promise<number> {
  const asked = new AbortController()
  const stop = (): void => asked.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  const dir = await mkdtemp(join(tmpdir(), 'sluice-demo-'))
  try {
    return await showDemo(dir, workerPaths, output, asked.signal)
  } catch (error) {
    output.bar(null)
    if (asked.signal.aborted) return EXIT.interrupted
    output.complain(`the demo failed: ${error instanceof Error ? error.message : String(error)}`)
    return EXIT.failed
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function showDemo(dir: string, workerPaths: WorkerPaths, output: Output, signal: AbortSignal): Promise<number> {
  const startedAtMs = Date.now()
  const server = await startDemoServer({ dir: join(dir, 'bucket'), port: 0 })
  const engine = new EngineClient(workerPaths, { connections: 4, threads: null, limitBytesPerSecond: FIRST_LIMIT })
  try {
    output.line(`A demo bucket runs at ${server.endpoint}; it and its files are removed at the end.`)
    const files = await makeFiles(join(dir, 'files'))
    const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    output.line(`Uploading ${files.length} files, ${formatBytes(totalBytes)}, at ${formatRate(FIRST_LIMIT)}.`)
    const ends = collectEnds(engine, files.length)
    await engine.call('putDestination', {
      id: 'demo',
      endpoint: server.endpoint,
      region: server.region,
      bucket: server.bucket,
      pathStyle: true,
      credentials: {
        kind: 'keys',
        accessKeyId: server.accessKeyId,
        secretAccessKey: server.secretAccessKey,
        sessionToken: null,
      },
      caFile: null,
      proxy: 'none',
      bindAddress: null,
    })
    await engine.call('addBatch', {
      destinationId: 'demo',
      sources: [{ path: join(dir, 'files'), keyOrPrefix: 'demo/' }],
      options: {
        partBytes: 5 * MIB,
        multipartThresholdBytes: 5 * MIB,
        checksum: 'crc32',
        onExists: 'overwrite',
        giveUpAfterMs: 30_000,
      },
      include: [],
      exclude: [],
      start: 'after-scan',
    })
    await Promise.race([playScript(engine, output, totalBytes, files.length, signal), ends.failed])
    await ends.all
    output.bar(null)
    output.line('All sent. Reading every object back and comparing it with its file:')
    const isSame = await compareAll(files, server, output)
    const stats = await engine.call('stats', null)
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1)
    const figures = `${stats.requests} requests, ${stats.retries} retries, ${formatBytes(stats.resentBytes)} sent again`
    output.line(`${formatBytes(totalBytes)} in ${files.length} files, ${seconds} s, ${figures}.`)
    output.line(isSame ? 'Every byte arrived.' : 'Some bytes differ: this is a defect in Sluice.')
    return isSame ? EXIT.done : EXIT.failed
  } finally {
    await engine.close()
    await server.close()
  }
}

async function makeFiles(dir: string): Promise<DemoFile[]> {
  const made: DemoFile[] = []
  for (const [name, sizeBytes] of FILES) {
    const bytes = randomBytes(sizeBytes)
    const path = join(dir, name)
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, bytes)
    made.push({ key: `demo/${name}`, sizeBytes, sha256: createHash('sha256').update(bytes).digest('hex') })
  }
  return made
}

/** `all` resolves when that many transfers have completed; `failed` rejects with the first that did not. */
function collectEnds(engine: EngineClient, count: number): { all: Promise<void>; failed: Promise<never> } {
  const all = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<never>()
  const fail = (message: string): void => {
    failed.reject(new Error(message))
    all.reject(new Error(message))
  }
  // Whoever waits sees the rejection; between the waits nobody does.
  failed.promise.catch(() => {})
  all.promise.catch(() => {})
  let completed = 0
  const receive = (end: TransferEnd): void => {
    if (end.phase === 'completed') completed += 1
    else fail(`${end.key}: ${end.error?.message ?? end.phase}`)
    if (completed === count) all.resolve()
  }
  engine.onEvent((event) => {
    if (event.type === 'ended') receive(event.end)
    else if (event.type === 'dead') fail(event.message)
    else if (event.type === 'destination' && event.error !== null) fail(event.error.message)
  })
  return { all: all.promise, failed: failed.promise }
}

/** Draws the bar until all is sent; on the way pauses, resumes and halves the limit. */
async function playScript(
  engine: EngineClient,
  output: Output,
  totalBytes: number,
  filesTotal: number,
  signal: AbortSignal,
): Promise<void> {
  const rate = new RateWindow()
  const draw = async (): Promise<EngineStats> => {
    const stats = await engine.call('stats', null)
    const bytesPerSecond = rate.add(Date.now(), stats.sentBytes)
    output.bar(
      barLine(
        { ...stats, atMs: Date.now(), totalBytes, bytesPerSecond, filesEnded: stats.completed, filesTotal },
        output.columns,
      ),
    )
    return stats
  }
  const drawUntil = async (isReached: (stats: EngineStats) => boolean): Promise<void> => {
    for (let stats = await draw(); !isReached(stats); stats = await draw()) {
      await sleep(100, undefined, { signal })
    }
  }
  await drawUntil(({ sentBytes }) => sentBytes >= totalBytes * 0.3)
  output.line(`Pause for ${PAUSE_MS / 1000} s: nothing is sent, and nothing is lost.`)
  await engine.call('setPaused', { paused: true })
  const resumeAtMs = Date.now() + PAUSE_MS
  await drawUntil(() => Date.now() >= resumeAtMs)
  await engine.call('setPaused', { paused: false })
  output.line('Resumed.')
  await drawUntil(({ sentBytes }) => sentBytes >= totalBytes * 0.5)
  await engine.call('setLimit', { limitBytesPerSecond: SECOND_LIMIT })
  output.line(`Half-way: the limit is ${formatRate(SECOND_LIMIT)} from now on, in the middle of a part.`)
  await drawUntil(({ completed }) => completed === filesTotal)
}

async function compareAll(
  files: readonly DemoFile[],
  server: Parameters<typeof readBack>[0],
  output: Output,
): Promise<boolean> {
  let isSame = true
  for (const { key, sizeBytes, sha256 } of files) {
    const bytes = await readBack(server, key)
    const matches = bytes.length === sizeBytes && createHash('sha256').update(bytes).digest('hex') === sha256
    output.line(`  ${matches ? 'same    ' : 'DIFFERS '}  ${key} (${formatBytes(sizeBytes)})`)
    isSame &&= matches
  }
  return isSame
}
