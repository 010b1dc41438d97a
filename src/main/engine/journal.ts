import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Phase, TransferState } from '../../shared/transfer.ts'
import { isEnded } from '../../shared/transfer.ts'
import { uploadIdOf } from '../core/transition.ts'
import type { AddBatch, EngineDestination } from './api.ts'
import { crashPoint } from './crash-points.ts'
import type { KeptUpload } from './journal-rows.ts'
import { destinationToKeep, identityText, uploadOf } from './journal-rows.ts'
import type { JournalStatements } from './journal-statements.ts'
import { prepareStatements } from './journal-statements.ts'
import type { DonePart, Transfer } from './transfer-record.ts'

/** What need not be on the disk at once is there within this time. */
const SYNC_MS = 250
/** What ends between two hand-outs is written within this time. */
const WRITE_MS = 50
/** How often a full disk is tried again. */
const RETRY_MS = 1_000
/** So many changes are written without waiting for the timer. */
const MAX_LOG = 4_000

type Write = readonly [StatementSync, readonly SQLInputValue[]]

/** How far a batch is. Kept in memory, since counting rows would walk them. */
export interface BatchTally {
  files: number
  bytes: number
  completed: number
  failed: number
  skipped: number
  cancelled: number
  finishedAtMs: number | null
  scanned: boolean
}

/**
 * The one writer of `journal.db`. Changes are logged in memory in their order and written together: `commit('disk')`
 * for what must outlive a power cut before anything else happens, `commit('process')` for what must outlive a
 * kill -9. Without a database it keeps nothing, and every commit succeeds.
 *
 * A write that fails (a full disk) loses nothing: the log stays, `stuck` says why, and it is tried again.
 */
export class Journal {
  readonly #db: DatabaseSync | null
  readonly #sql: JournalStatements | null
  readonly #tallies = new Map<number, BatchTally>()
  readonly #dirty = new Set<number>()
  #earlier: { readonly batchId: number; readonly transferId: number }
  #nextBatch: number
  #nextTransfer: number
  #nextUpload: number
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
    this.#sql = db === null ? null : prepareStatements(db)
    this.#nextBatch = this.#highest('batch') + 1
    this.#nextTransfer = this.#highest('transfer') + 1
    this.#nextUpload = this.#highest('upload') + 1
    this.#earlier = { batchId: this.#nextBatch - 1, transferId: this.#nextTransfer - 1 }
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

  /** The last that were there when it was opened, for those who restore them; zeros the second time. */
  takeEarlier(): { readonly batchId: number; readonly transferId: number } {
    const earlier = this.#earlier
    this.#earlier = { batchId: 0, transferId: 0 }
    return earlier
  }

  takeBatchId(): number {
    return this.#nextBatch++
  }

  takeTransferId(): number {
    return this.#nextTransfer++
  }

  // ---------------------------------------------------------------- what is kept

  putDestination(destination: EngineDestination): void {
    if (this.#sql === null) return
    const kept = destinationToKeep(destination)
    this.#write(this.#sql.putDestination, kept.id, JSON.stringify(kept))
  }

  /**
   * On the disk when it returns: from then on the batch is carried out, whatever becomes of this process.
   * @throws Error where it cannot be written
   */
  keepBatch(batch: AddBatch, nowMs: number): number {
    const batchId = this.takeBatchId()
    if (this.#stuck === null) {
      this.addBatch(batchId, batch, nowMs)
      if (this.commit('disk')) return batchId
      this.#dropBatch(batchId)
    }
    throw new Error(`Nothing was added, since the journal cannot be written: ${this.#stuck}`)
  }

  addBatch(batchId: number, batch: AddBatch, nowMs: number): void {
    if (this.#sql === null) return
    this.#write(this.#sql.addBatch, batchId, batch.destinationId, nowMs, JSON.stringify(batch))
    this.knowBatch(batchId, {
      ...{ files: 0, bytes: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 },
      finishedAtMs: null,
      scanned: false,
    })
  }

  /** From now on its figures follow the states of its transfers. */
  knowBatch(batchId: number, tally: BatchTally): void {
    this.#tallies.set(batchId, tally)
  }

  /** It could not be kept after all. */
  #dropBatch(batchId: number): void {
    this.#tallies.delete(batchId)
    if (this.#sql !== null) this.#write(this.#sql.forgetBatch, batchId)
  }

  scanned(batchId: number): void {
    const tally = this.#tallies.get(batchId)
    if (tally === undefined) return
    tally.scanned = true
    this.#finish(tally)
    this.#dirty.add(batchId)
    this.#schedule()
  }

  addTransfer(transfer: Transfer): void {
    const tally = this.#tallies.get(transfer.batchId)
    if (this.#sql === null || tally === undefined) return
    const { id, batchId, order, path, key, identity } = transfer
    this.#write(
      this.#sql.addTransfer,
      id,
      batchId,
      order,
      Buffer.from(path),
      key,
      identity.sizeBytes,
      identityText(identity),
    )
    tally.files++
    tally.bytes += identity.sizeBytes
    this.#dirty.add(batchId)
  }

  /** Writes what a restart needs of a change of state. */
  stateChanged(transfer: Transfer, before: TransferState): void {
    const tally = this.#tallies.get(transfer.batchId)
    if (this.#sql === null || tally === undefined) return
    const { id, state } = transfer
    const from = keptPhase(before.phase)
    const to = keptPhase(state.phase)
    if (from !== to || isEnded(state.phase)) {
      const text = isEnded(state.phase) ? JSON.stringify(state) : null
      this.#write(this.#sql.setPhase, to, text, transfer.startedAtMs, transfer.endedAtMs, transfer.resentBytes, id)
      if (isEnded(to)) this.#write(this.#sql.dropParts, id)
      const uploadId = uploadIdOf(before)
      if (to === 'completed' && uploadId !== null) this.uploadGone(id, uploadId)
      count(tally, from, -1)
      count(tally, to, 1)
      this.#finish(tally)
      this.#dirty.add(transfer.batchId)
    }
    const begins = state.phase === 'uploading' && state.uploadId === null && before.phase !== 'uploading'
    if (begins) this.#write(this.#sql.begin, transfer.startedAtMs, id)
    if (state.phase === 'queued' && isEnded(before.phase)) this.#write(this.#sql.unbegin, id)
  }

  /** Settings of one transfer, and the file that it is now. */
  changed(transfer: Transfer): void {
    if (this.#sql === null) return
    const { id, identity, overwrite, restarts, resentBytes, limitBytesPerSecond } = transfer
    const { sizeBytes } = identity
    const settings = [overwrite ? 1 : 0, restarts, resentBytes, limitBytesPerSecond]
    this.#write(this.#sql.setTransfer, sizeBytes, identityText(identity), ...settings, id)
  }

  /** Its place in the queue is another. */
  moved({ id, order }: Transfer): void {
    if (this.#sql !== null) this.#write(this.#sql.setPlace, order, id)
  }

  /** Off the list; what its batch has done stays known. */
  unlist(transfer: Transfer): void {
    if (this.#sql !== null) this.#write(this.#sql.unlist, transfer.id)
  }

  /** On the list again. */
  relist(transfer: Transfer): void {
    if (this.#sql !== null) this.#write(this.#sql.relist, transfer.id)
  }

  /** Has all of a batch ended, as far as it is known here? */
  readonly finished = (batchId: number): boolean => this.#tallies.get(batchId)?.finishedAtMs != null

  /** Before CreateMultipartUpload. Commit it to the disk, then call. Answers what `uploadBegun` wants. */
  intend(transfer: Transfer, partBytes: number, nowMs: number): number {
    if (this.#sql === null) return 0
    const { id, destinationId, key } = transfer
    const intent = this.#nextUpload++
    this.#write(this.#sql.dropParts, id)
    this.#write(this.#sql.intend, intent, id, destinationId, key, partBytes, nowMs)
    return intent
  }

  uploadBegun(intent: number, uploadId: string): void {
    if (this.#sql !== null) this.#write(this.#sql.uploadBegun, uploadId, intent)
  }

  /** It was refused for certain: nothing is at the server. */
  intentGone(intent: number): void {
    if (this.#sql !== null) this.#write(this.#sql.intentGone, intent)
  }

  /** To be aborted, however long that takes. */
  aborting(transferId: number, uploadId: string): void {
    if (this.#sql !== null) this.#write(this.#sql.aborting, transferId, uploadId)
  }

  /** Completed, or known to be gone. */
  uploadGone(transferId: number, uploadId: string): void {
    if (this.#sql !== null) this.#write(this.#sql.uploadGone, transferId, uploadId)
  }

  /** Intents of a transfer whose answers never came. */
  openIntents(transferId: number): KeptUpload[] {
    const rows = this.#db?.prepare('SELECT * FROM upload WHERE transferId = ? AND uploadId IS NULL').all(transferId)
    return (rows ?? []).map(uploadOf)
  }

  /** What is at a destination, or at any, and no transfer goes on with. */
  leftUploads(destinationId?: string): KeptUpload[] {
    this.commit('process')
    const rows = this.#db?.prepare(LEFT_UPLOADS).all(destinationId ?? null)
    return (rows ?? []).map(uploadOf)
  }

  /** Was it begun by this journal's transfers? */
  knowsUpload(uploadId: string): boolean {
    return this.#db?.prepare('SELECT 1 FROM upload WHERE uploadId = ?').get(uploadId) !== undefined
  }

  /** Does a transfer go on with it? */
  ownsUpload(uploadId: string): boolean {
    return this.#db?.prepare(`${UPLOADS_AT_WORK} AND upload.uploadId = ?`).get(uploadId) !== undefined
  }

  partBegun(transfer: Transfer, number: number, bytes: number): void {
    if (this.#sql !== null) this.#write(this.#sql.partBegun, transfer.id, number, bytes)
  }

  partDone(transfer: Transfer, number: number, part: DonePart): void {
    if (this.#sql === null) return
    this.#write(this.#sql.partDone, transfer.id, number, part.bytes, part.etag, part.crc32, part.checksum)
    this.commitSoon()
  }

  /** The server does not have it as we know it. */
  partGone(transfer: Transfer, number: number): void {
    if (this.#sql !== null) this.#write(this.#sql.partGone, transfer.id, number)
  }

  partsGone(transfer: Transfer): void {
    if (this.#sql !== null) this.#write(this.#sql.dropParts, transfer.id)
  }

  /** Past the log: it makes room where a full disk holds everything else. Batches that have not ended stay. */
  forgetBatches(batchIds: readonly number[]): void {
    const db = this.#db
    if (db === null || this.#sql === null) return
    const { forgetTransfers, forgetBatch } = this.#sql
    db.exec('BEGIN IMMEDIATE')
    try {
      for (const batchId of batchIds) {
        const tally = this.#tallies.get(batchId)
        if (tally !== undefined && tally.finishedAtMs === null) continue
        forgetTransfers.run(batchId)
        forgetBatch.run(batchId)
        this.#tallies.delete(batchId)
      }
      db.exec('COMMIT')
    } catch (thrown) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw thrown
    }
    if (this.#stuck !== null) this.commit('process')
  }

  // ---------------------------------------------------------------- writing

  /** At the end of this turn: what happens together is written together. */
  commitSoon(): void {
    if (this.#soon || this.#sql === null) return
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
    if (db === null || this.#sql === null) return true
    const now = Date.now()
    const full = safeFrom === 'disk' || now - this.#lastSyncMs >= SYNC_MS
    for (const batchId of this.#dirty) this.#logTally(batchId)
    this.#dirty.clear()
    if (this.#log.length === 0) {
      if (!this.#unsynced || !full) return this.#stuck === null
      this.#log.push([this.#sql.pulse, [now]])
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

  #failed(db: DatabaseSync, thrown: unknown): false {
    if (db.isTransaction) db.exec('ROLLBACK')
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    const isNews = this.#stuck === null
    this.#stuck = reason
    this.#rearm(RETRY_MS)
    if (isNews) this.onStuck(reason)
    return false
  }

  #write(statement: StatementSync, ...values: SQLInputValue[]): void {
    this.#log.push([statement, values])
    if (this.#log.length >= MAX_LOG && this.#stuck === null) this.commit('process')
    else this.#schedule()
  }

  #highest(table: 'batch' | 'transfer' | 'upload'): number {
    return Number(this.#db?.prepare(`SELECT max(id) AS id FROM ${table}`).get()?.id ?? 0)
  }

  #schedule(): void {
    if (this.#timer === null && this.#db !== null) this.#rearm(WRITE_MS)
  }

  #rearm(ms: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = ms === null ? null : setTimeout(() => this.#tick(), ms)
  }

  #tick(): void {
    this.#timer = null
    this.commit('process')
  }

  #logTally(batchId: number): void {
    const tally = this.#tallies.get(batchId)
    if (tally === undefined || this.#sql === null) return
    const { files, bytes, completed, failed, skipped, cancelled, finishedAtMs, scanned } = tally
    const figures = [files, bytes, completed, failed, skipped, cancelled]
    this.#log.push([this.#sql.setBatch, [...figures, finishedAtMs, scanned ? 1 : 0, batchId]])
  }

  #finish(tally: BatchTally): void {
    const ended = tally.completed + tally.failed + tally.skipped + tally.cancelled
    tally.finishedAtMs = tally.scanned && ended === tally.files ? Date.now() : null
  }
}

function writeAll(db: DatabaseSync, log: readonly Write[]): void {
  db.exec('BEGIN IMMEDIATE')
  for (const [statement, values] of log) statement.run(...values)
  db.exec('COMMIT')
}

/** Of a transfer that has not ended, and that has not begun anew. */
const UPLOADS_AT_WORK = `SELECT upload.id FROM upload JOIN transfer ON transfer.id = upload.transferId
  WHERE upload.aborting = 0 AND transfer.phase IN ('queued', 'completing', 'paused')`

const LEFT_UPLOADS = `SELECT * FROM upload WHERE destinationId = coalesce(?, destinationId) AND id NOT IN (${UPLOADS_AT_WORK}) ORDER BY id`

/** A phase as the journal keeps it: everything that would be at work again after a restart is `queued`. */
type KeptPhase = 'queued' | 'completing' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'skipped'

function keptPhase(phase: Phase): KeptPhase {
  switch (phase) {
    case 'preparing':
    case 'uploading':
    case 'retrying':
    case 'waiting':
      return 'queued'
    // What remains to be done is the abort of its upload, which the journal keeps by itself.
    case 'cancelling':
      return 'cancelled'
    default:
      return phase
  }
}

function count(tally: BatchTally, phase: KeptPhase, by: 1 | -1): void {
  if (phase === 'completed' || phase === 'failed' || phase === 'skipped' || phase === 'cancelled') tally[phase] += by
}
