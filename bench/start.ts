import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { peekJournal } from '../src/main/engine/journal-peek.ts'
import { PROJECT } from '../src/main/start/built.ts'
import { direct } from './support/direct.ts'
import { makeFile, workFolder } from './support/scene.ts'
import { goal, median } from './support/table.ts'

/**
 * How long after the start of its process an upload outlives a kill: from the spawn until another process can read the
 * batch in the journal. Nothing listens at the endpoint, and nothing is asked before the batch is kept.
 */
export interface StartOptions {
  readonly runs: number
}

const START_DEFAULTS: StartOptions = { runs: 11 }
const GOAL_MS = 200
const LOOK_MS = 4
const KEYS = { AWS_ACCESS_KEY_ID: 'benchkey', AWS_SECRET_ACCESS_KEY: 'benchsecret', AWS_REGION: 'us-east-1' }

export async function start({ runs }: StartOptions): Promise<string> {
  await using folder = await workFolder()
  const file = await makeFile(folder.path, 'file.bin', 1024)
  const measured: number[] = []
  // The first one fills the system's caches.
  for (let run = 0; run <= runs; run++) {
    const dataDir = join(folder.path, `journal-${run}`)
    await mkdir(dataDir)
    const ms = await untilKept(file, dataDir)
    if (run > 0) measured.push(ms)
  }
  const figures = measured.map((ms) => ms.toFixed(0)).join(', ')
  return [
    `## From the start of a process to a batch that outlives a kill, ${runs} starts`,
    `ms: ${figures}`,
    goal('median', median(measured), GOAL_MS, ' ms', 0),
  ].join('\n\n')
}

async function untilKept(file: string, dataDir: string): Promise<number> {
  const args = [join(PROJECT, 'out/main/cli.js'), 'upload', file, 's3://bench/key', '--quiet', '--data-dir', dataDir]
  const beganAt = performance.now()
  const child = spawn(process.execPath, [...args, '--endpoint', 'http://127.0.0.1:9'], {
    env: { ...process.env, ...KEYS },
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  while (!isKept(dataDir)) {
    if (child.exitCode !== null) throw new Error(`The upload ended with ${child.exitCode} before its batch was kept.`)
    await sleep(LOOK_MS)
  }
  const ms = performance.now() - beganAt
  child.kill('SIGKILL')
  await ended
  return ms
}

function isKept(dataDir: string): boolean {
  try {
    return (peekJournal(dataDir)?.batches.length ?? 0) > 0
  } catch {
    // It is being made.
    return false
  }
}

await direct(import.meta, () => start(START_DEFAULTS))
