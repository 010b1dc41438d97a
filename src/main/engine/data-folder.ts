import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * A data folder has one live owner. Who has it holds an exclusive transaction on `owner.db` for as long as it lives:
 * SQLite's lock is the system's, so it vanishes with a kill -9. `owner.pid` beside it is only for the sentence.
 */
export interface Claim {
  readonly ok: true
  release(): void
}
export interface Refused {
  readonly ok: false
  readonly message: string
  /** The present owner's, where that is the reason and it could be read. */
  readonly pid: number | null
}

const SQLITE_BUSY = 5

/** Makes the folder where it is missing, and takes it. Never waits. */
export function claimDataFolder(dir: string): Claim | Refused {
  let db: DatabaseSync | null = null
  try {
    // For this person alone: paths and keys say a lot.
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    db = new DatabaseSync(join(dir, 'owner.db'), { timeout: 0 })
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    writeFileSync(join(dir, 'owner.pid'), `${process.pid}\n`)
  } catch (thrown) {
    db?.close()
    if (isBusy(thrown)) return inUse(dir)
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return { ok: false, message: `The data folder ${dir} cannot be used: ${reason}`, pid: null }
  }
  const held = db
  return { ok: true, release: () => held.isOpen && held.close() }
}

/** The pid of the process that has the folder, or null while nobody has. */
export function ownerOf(dir: string): { readonly pid: number | null } | null {
  let db: DatabaseSync | null = null
  try {
    db = new DatabaseSync(join(dir, 'owner.db'), { timeout: 0, readOnly: true })
    db.exec('SELECT count(*) FROM sqlite_schema')
    return null
  } catch (thrown) {
    return isBusy(thrown) ? { pid: pidIn(dir) } : null
  } finally {
    db?.close()
  }
}

function inUse(dir: string): Refused {
  const pid = pidIn(dir)
  const who = pid === null ? 'another process' : `process ${pid}`
  return { ok: false, message: `The data folder ${dir} is in use by ${who}.`, pid }
}

function pidIn(dir: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(join(dir, 'owner.pid'), 'utf8'), 10)
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && 'errcode' in thrown && thrown.errcode === SQLITE_BUSY
}
