import { readdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { defaultDataDir } from '../app/data-dir.ts'
import { claimDataFolder, ownerOf } from '../engine/data-folder.ts'
import type { JournalPeek } from '../engine/journal-peek.ts'
import { peekJournal } from '../engine/journal-peek.ts'
import type { CliContext } from './context.ts'

/** A data folder of the command line: one that a run made for itself, or one that was named. */
export interface KeptRun {
  /** What ids begin with; '' for a folder that was named by `--data-dir`. */
  readonly name: string
  readonly dir: string
  /** Made by a run for itself, so it goes when all in it is done. */
  readonly isOurs: boolean
}

type Place = Pick<CliContext, 'env' | 'cwd'>

/** Where this person's state is kept when no flag says otherwise; the window's data folder outside Electron. */
export function stateDir({ env }: Place): string {
  return defaultDataDir(process.platform, env, homedir())
}

/** The folder of a new run. The engine makes it. */
export function newRun(place: Place, nowMs: number): KeptRun {
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  const name = `${time}-${process.pid}`
  return { name, dir: join(stateDir(place), 'runs', name), isOurs: true }
}

export function namedRun(dataDir: string, { cwd }: Place): KeptRun {
  return { name: '', dir: resolve(cwd, dataDir), isOurs: false }
}

/** The runs to look at, the oldest first: the folder that was named, or all that runs have made. */
export function keptRuns(dataDir: string | null, place: Place): KeptRun[] {
  if (dataDir !== null) return [namedRun(dataDir, place)]
  const folder = join(stateDir(place), 'runs')
  try {
    const names = readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []))
    return names.sort().map((name) => ({ name, dir: join(folder, name), isOurs: true }))
  } catch {
    return []
  }
}

/** What the window keeps outside Electron: to be looked at, not to be taken. */
export function windowRun(place: Place): KeptRun {
  return { name: 'window', dir: stateDir(place), isOurs: false }
}

/** What names a batch: `<run>:<n>`, or `<n>` alone in a folder that was named. */
export function idOf({ name }: KeptRun, batchId: number): string {
  return name === '' ? String(batchId) : `${name}:${batchId}`
}

/** What can be known of a run without taking it. `problem`: its journal cannot be read. */
export interface RunSight {
  readonly owner: { readonly pid: number | null } | null
  readonly journal: JournalPeek | null
  readonly problem: string | null
}

export function lookAt({ dir }: KeptRun): RunSight {
  const owner = ownerOf(dir)
  try {
    return { owner, journal: peekJournal(dir), problem: null }
  } catch (error) {
    return { owner, journal: null, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** Anything left to send, or to take back at the server. */
export function hasWork({ batches, openUploads }: JournalPeek): boolean {
  return openUploads.size > 0 || batches.some(({ unfinished, scanning }) => unfinished > 0 || scanning)
}

/** Removes the folder of a run that has nothing left to do. @param evenIfFailed else one in which a file failed stays */
export function removeIfDone(run: KeptRun, evenIfFailed: boolean): void {
  if (!run.isOurs) return
  // Taken first: another process may have begun to go on with it.
  const claim = claimDataFolder(run.dir)
  if (!claim.ok) return
  try {
    const journal = peekJournal(run.dir)
    const isDone = journal === null || !hasWork(journal)
    if (isDone && (evenIfFailed || !journal?.batches.some(({ failed }) => failed > 0))) {
      rmSync(run.dir, { recursive: true, force: true })
    }
  } catch {
    // A journal that cannot be read is kept: nobody knows what it holds.
  } finally {
    claim.release()
  }
}
