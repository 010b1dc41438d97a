import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { crashPoint } from './crash-points.ts'
import type { JournalStatements } from './journal-statements.ts'
import { prepareStatements } from './journal-statements.ts'

/** What need not be on the disk at once is there within this time. */
const SYNC_MS = 250
/** What ends between two hand-outs is written within this time. */
const WRITE_MS = 50
/** How often a full disk is tried again. */
const RETRY_MS = 1_000
/** So many changes are written without waiting for the timer. */
const MAX_LOG = 4_000

type Write = readonly [StatementSync, readonly SQLInputValue[]]

/**
 * How the journal is written. Changes are logged in memory in their order and written together: `commit('disk')` for
 * what must outlive a power cut before anything else happens, `commit('process')` for what must outlive a kill -9.
 * Without a database it keeps nothing, and every commit succeeds.
 *
 * A write that fails (a full disk) loses nothing: the log stays, `stuck` says why, and it is tried again.
 */
export abstract class JournalLog {
  readonly #db: DatabaseSync | null
  /** null: nothing is kept. */
  protected readonly sql: JournalStatements | null
  #log: Write[] = []
  #unsynced = false
  #lastSyncMs = 0
  #timer: NodeJS.Timeout | null = null
  #soon = false
  #stuck: string | null = null
  /** Called when writing has stopped working, with the reason, and with null when it works again. */
  onStuck: (reason: string | null) => void = () => {}

  constructor(db: DatabaseSync | null) {
    this.#db = db
    this.sql = db === null ? null : prepareStatements(db)
  }

  /** Does anything outlive the process? */
  get keeps(): boolean {
    return this.#db !== null
  }

  get db(): DatabaseSync | null {
    return this.#db
  }

  /** Why nothing can be written at present; null while all is well. Nothing new may begin meanwhile. */
  get stuck(): string | null {
    return this.#stuck
  }

  /** At the end of this turn: what happens together is written together. */
  commitSoon(): void {
    if (this.#soon || this.sql === null) return
    this.#soon = true
    queueMicrotask(() => {
      this.#soon = false
      this.commit('process')
    })
  }

  /**
   * Writes what is logged. 'disk' outlives a power cut, 'process' the end of this process. False where that was not
   * possible: then it is tried again by itself, and what depends on it must wait.
   */
  commit(safeFrom: 'disk' | 'process'): boolean {
    const db = this.#db
    if (db === null || this.sql === null) return true
    const now = Date.now()
    const full = safeFrom === 'disk' || now - this.#lastSyncMs >= SYNC_MS
    this.beforeCommit()
    if (this.#log.length === 0) {
      if (!this.#unsynced || !full) return this.#stuck === null
      this.log(this.sql.pulse, now)
    }
    crashPoint('before a commit')
    const log = this.#log
    let at = 0
    try {
      db.exec(full ? 'PRAGMA synchronous = FULL' : 'PRAGMA synchronous = NORMAL')
      // Bounded, so that trying a full disk again is cheap however much waits.
      for (; at < log.length; at += MAX_LOG) writeAll(db, log.slice(at, at + MAX_LOG))
    } catch (thrown) {
      this.#log = log.slice(at)
      return this.#failed(db, thrown)
    }
    crashPoint('after a commit')
    this.#log = []
    this.#unsynced = !full
    if (full) this.#lastSyncMs = now
    this.#rearm(full ? null : SYNC_MS)
    if (this.#stuck !== null) {
      this.#stuck = null
      this.onStuck(null)
    }
    return true
  }

  /** Writes what is left, and lets go of the file. */
  close(): void {
    this.commit('disk')
    this.#rearm(null)
    if (this.#db?.isOpen) this.#db.close()
  }

  /** The last chance to `log` what is only written once however often it changes. */
  protected abstract beforeCommit(): void

  /** To be written with the next commit, which nobody is asked for. */
  protected log(statement: StatementSync, ...values: SQLInputValue[]): void {
    this.#log.push([statement, values])
  }

  /** To be written soon. */
  protected write(statement: StatementSync, ...values: SQLInputValue[]): void {
    this.log(statement, ...values)
    if (this.#log.length >= MAX_LOG && this.#stuck === null) this.commit('process')
    else this.schedule()
  }

  protected schedule(): void {
    if (this.#timer === null && this.#db !== null) this.#rearm(WRITE_MS)
  }

  #failed(db: DatabaseSync, thrown: unknown): false {
    if (db.isTransaction) db.exec('ROLLBACK')
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    const isNews = this.#stuck === null
    this.#stuck = reason
    this.#rearm(RETRY_MS)
    if (isNews) this.onStuck(reason)
    return false
  }

  #rearm(ms: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = ms === null ? null : setTimeout(() => this.#tick(), ms)
  }

  #tick(): void {
    this.#timer = null
    this.commit('process')
  }
}

function writeAll(db: DatabaseSync, log: readonly Write[]): void {
  db.exec('BEGIN IMMEDIATE')
  for (const [statement, values] of log) statement.run(...values)
  db.exec('COMMIT')
}
