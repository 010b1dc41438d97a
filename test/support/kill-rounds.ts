import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { readReceipt } from '../../src/main/app/receipts.ts'
import type { DemoInfo } from '../../src/main/demo/server.ts'
import { peekJournal } from '../../src/main/engine/journal-peek.ts'
import { runCli, startCli } from './cli.ts'
import type { FarSide } from './far-side.ts'

const MIB = 1024 ** 2
const PART_BYTES = 5 * MIB
const CONNECTIONS = 4
/** A session lives this long at the most: most are killed at work, some while they start or reconcile. */
const LONGEST_MS = 2_000
const LIMIT_BYTES_PER_SECOND = 40 * MIB

/** One start of the command line, until it was killed or had ended. */
export interface Session {
  readonly startedAtMs: number
  readonly killed: boolean
}

export interface Round {
  readonly prefix: string
  /** What the receipt says was sent more than once, at most. */
  readonly toldBytes: number
  readonly sessions: readonly Session[]
}

export interface KillScene {
  readonly server: DemoInfo
  readonly far: FarSide
  /** Empty; the caller removes it. */
  readonly dir: string
  /** Says the same numbers again, from 0 to 1. */
  readonly random: () => number
}

/** A large file, some of two or three parts, and many small ones, an empty one among them. */
export async function makeMixedBatch(dir: string, random: () => number): Promise<ReadonlyMap<string, Buffer>> {
  const sizes = new Map([['large', 60 * MIB + 1]])
  for (let n = 0; n < 8; n++) sizes.set(`medium-${n}`, 10 * MIB + n)
  for (let n = 0; n < 300; n++) sizes.set(`small/${n % 7}/${n}`, n === 0 ? 0 : Math.floor(random() * 64 * 1024))
  const files = new Map<string, Buffer>()
  for (const [name, size] of sizes) {
    const bytes = randomBytes(size)
    files.set(name, bytes)
    await fs.mkdir(path.dirname(path.join(dir, name)), { recursive: true })
    await fs.writeFile(path.join(dir, name), bytes)
  }
  return files
}

/**
 * Uploads the batch under kill -9 at random moments, `sluice resume` after each, until it has ended by itself; then
 * compares every byte, looks for uploads left open and for a file that the receipt does not have, and verifies it.
 * @param kills no more than so many
 */
export async function killRound(
  { server, far, dir, random }: KillScene,
  files: ReadonlyMap<string, Buffer>,
  name: string,
  kills: number,
): Promise<Round> {
  const prefix = `${name}/`
  const dataDir = path.join(dir, `${name}-journal`)
  const receipt = path.join(dir, `${name}.csv`)
  const choices = { cwd: dir, server }
  const common = ['--json', '--data-dir', dataDir, '--receipt', receipt, '--limit', `${LIMIT_BYTES_PER_SECOND} B/s`]
  const connections = ['--connections', String(CONNECTIONS)]
  const sizes = ['--part-size', String(PART_BYTES), '--multipart-threshold', String(PART_BYTES)]
  const sessions: Session[] = []
  for (let killed = 0; ; ) {
    // A kill before the batch was durable: nothing was sent, and the person has to ask again.
    const isKept = (peekJournal(dataDir)?.batches.length ?? 0) > 0
    const command = isKept ? ['resume'] : ['upload', 'files/', `s3://${server.bucket}/${prefix}`, ...sizes]
    const startedAtMs = Date.now()
    const run = startCli([...command, ...common, ...connections], choices)
    run.child.stdin.end()
    const ended = run.ended.then((result) => ({ result }))
    const end = killed < kills ? await Promise.race([ended, sleep(random() * LONGEST_MS)]) : await ended
    if (end !== undefined) {
      sessions.push({ startedAtMs, killed: false })
      const { status, stderr, of } = end.result
      expect(of('transfer').filter(({ phase }) => phase !== 'completed')).toEqual([])
      expect([status, stderr], `${name}, after ${killed} kills`).toEqual([0, ''])
      break
    }
    run.child.kill('SIGKILL')
    await run.ended
    killed += 1
    sessions.push({ startedAtMs, killed: true })
  }
  const keys = [...files.keys()].map((file) => prefix + file).sort()
  expect(await far.keys(prefix)).toEqual(keys)
  for (const [file, bytes] of files) expect(bytes.equals(await far.bytes(prefix + file)), file).toBe(true)
  expect((await far.openUploads()).filter((key) => key.startsWith(prefix))).toEqual([])
  const { entries } = readReceipt(receipt)
  const completed = entries.filter(({ phase }) => phase === 'completed')
  expect([...new Set(completed.map(({ key }) => key ?? ''))].sort()).toEqual(keys)
  const verified = await runCli(['verify', receipt, '--quiet'], choices)
  expect([verified.status, verified.stderr]).toEqual([0, ''])
  expect(peekJournal(dataDir)?.openUploads.size).toBe(0)
  const told = new Map(completed.map(({ key, resentBytes }) => [key, resentBytes]))
  return { prefix, sessions, toldBytes: [...told.values()].reduce((sum, bytes) => sum + bytes, 0) }
}

/** The same numbers for the same seed. mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export { CONNECTIONS, PART_BYTES }
