import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrate, NewerJournal, versionOf } from './journal-schema.ts'

export const JOURNAL_FILE = 'journal.db'

/** The tables in an order in which each can be read alone. */
const TABLES = ['destination', 'batch', 'transfer', 'upload', 'part'] as const

export interface OpenJournal {
  readonly db: DatabaseSync
  /** What a person should know: a journal was set aside. */
  readonly notice: string | null
}

/**
 * Opens the journal of a data folder that is ours, or begins one. One that cannot be read is set aside as
 * `journal.corrupt-<time>.db`, and what can still be read of it goes into the new one.
 *
 * @param maxPages for tests of a full disk
 * @throws NewerJournal, and Error where the folder does not let us
 */
export function openJournal(dir: string, nowMs: number, maxPages?: number): OpenJournal {
  const path = join(dir, JOURNAL_FILE)
  try {
    if (!existsSync(path)) create(path)
    return { db: open(path, maxPages), notice: null }
  } catch (thrown) {
    if (thrown instanceof NewerJournal || !isDamage(thrown)) throw thrown
    return setAside(path, nowMs, maxPages)
  }
}

/** Looks at every page: half a second for a million files. */
function isSound(db: DatabaseSync): boolean {
  try {
    return db.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok'
  } catch {
    return false
  }
}

/** Renames what is damaged, begins anew, and takes over what can be read, row by row. */
function setAside(path: string, nowMs: number, maxPages?: number): OpenJournal {
  const stamp = new Date(nowMs).toISOString().replaceAll(':', '-')
  const aside = path.replace(/\.db$/, `.corrupt-${stamp}.db`)
  for (const end of ['', '-wal', '-shm']) if (existsSync(path + end)) renameSync(path + end, aside + end)
  create(path)
  const db = open(path, maxPages)
  const rows = salvage(db, aside)
  const kept = rows.transfer === 0 ? 'Nothing in it could be read' : `${rows.transfer} of its files could still be read`
  return { db, notice: `The journal of uploads was damaged and is set aside as ${aside}. ${kept}.` }
}

/** Under its name it is whole from the first moment: one without a schema has been damaged. */
function create(path: string): void {
  const fresh = `${path}.new`
  for (const end of ['', '-journal']) rmSync(fresh + end, { force: true })
  const db = new DatabaseSync(fresh)
  db.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE')
  migrate(db, fresh)
  db.exec('COMMIT')
  db.close()
  renameSync(fresh, path)
}

function open(path: string, maxPages?: number): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5_000 })
  try {
    // Before anything is written to it: what is damaged is set aside as it was found.
    if (versionOf(db) === 0) throw new Error('it has no schema')
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216')
    if (!isSound(db)) throw new Error('its pages contradict each other')
    db.exec('BEGIN IMMEDIATE')
    migrate(db, path)
    db.exec('COMMIT')
    if (maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${Math.floor(maxPages)}`)
    return db
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

/** Answers how many rows of each table were taken over. */
function salvage(db: DatabaseSync, from: string): Record<(typeof TABLES)[number], number> {
  const taken = { destination: 0, batch: 0, transfer: 0, upload: 0, part: 0 }
  let old: DatabaseSync
  try {
    old = new DatabaseSync(from, { defensive: false })
    // SQLite then reads what there is of a file that is shorter than it says.
    old.exec('PRAGMA writable_schema = ON')
  } catch {
    return taken
  }
  db.exec('BEGIN')
  for (const table of TABLES) {
    try {
      // An older version lacks some columns; those get what a migration gives them.
      const known = new Set(columnsOf(old, table))
      const names = columnsOf(db, table).filter((name) => known.has(name))
      const put = db.prepare(`INSERT OR IGNORE INTO ${table} (${names}) VALUES (${names.map(() => '?')})`)
      // By the table alone: an index may be what is damaged.
      const rows = old.prepare(`SELECT ${names} FROM ${table} NOT INDEXED`)
      rows.setReadBigInts(true)
      for (const row of rows.iterate()) {
        try {
          put.run(...names.map((name) => row[name] ?? null))
          taken[table]++
        } catch {
          // A value that the table does not take; the next row may be whole.
        }
      }
    } catch {
      // What follows in this table cannot be read.
    }
  }
  db.exec('COMMIT')
  old.close()
  return taken
}

function columnsOf(db: DatabaseSync, table: string): string[] {
  const columns = db.prepare(`PRAGMA table_info(${table})`).all()
  return columns.map(({ name }) => String(name))
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, a schema that is not whole (SQLITE_ERROR), and what is no journal. */
function isDamage(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  if (!('errcode' in thrown)) return true
  return thrown.errcode === 11 || thrown.errcode === 26 || thrown.errcode === 1
}
