import type { DatabaseSync } from 'node:sqlite'
import { SluiceError } from '../../shared/errors.ts'
import type { TransferState } from '../../shared/transfer.ts'
import { isEnded } from '../../shared/transfer.ts'
import { uploadIdOf } from '../core/transition.ts'
import type { AddBatch, EngineDestination } from './api.ts'
import { destinationToKeep, identityText } from './journal-rows.ts'
import type { BatchTally } from './journal-tally.ts'
import { countChange, finish, keptPhase, newTally } from './journal-tally.ts'
import { UploadJournal } from './journal-uploads.ts'
import type { Transfer } from './transfer-record.ts'

/**
 * The one writer of `journal.db`: destinations, batches and transfers here, uploads and parts in `UploadJournal`, and
 * how all of it gets to the disk in `JournalLog`.
 */
export class Journal extends UploadJournal {
  readonly #tallies = new Map<number, BatchTally>()
  readonly #dirty = new Set<number>()
  #earlier: { readonly batchId: number; readonly transferId: number }
  #nextBatch: number
  #nextTransfer: number

  constructor(db: DatabaseSync | null) {
    super(db)
    this.#nextBatch = this.highest('batch') + 1
    this.#nextTransfer = this.highest('transfer') + 1
    this.#earlier = { batchId: this.#nextBatch - 1, transferId: this.#nextTransfer - 1 }
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

  putDestination(destination: EngineDestination): void {
    if (this.sql === null) return
    const kept = destinationToKeep(destination)
    this.write(this.sql.putDestination, kept.id, JSON.stringify(kept))
  }

  /**
   * On the disk when it returns: from then on the batch is carried out, whatever becomes of this process.
   * @throws Error where it cannot be written
   */
  keepBatch(batch: AddBatch, nowMs: number): number {
    const batchId = this.takeBatchId()
    this.#keep(batchId, batch, nowMs, () => {})
    return batchId
  }

  /** The same for a batch of one file that is known beforehand, so that there is nothing to walk. */
  keepSingle(batch: AddBatch, transfer: Transfer, nowMs: number): void {
    const { batchId } = transfer
    this.#keep(batchId, batch, nowMs, () => {
      this.addTransfer(transfer)
      this.scanned(batchId)
    })
  }

  #keep(batchId: number, batch: AddBatch, nowMs: number, addContent: () => void): void {
    if (this.stuck === null) {
      this.addBatch(batchId, batch, nowMs)
      addContent()
      if (this.commit('disk')) return
      this.#dropBatch(batchId)
    }
    const message = `Nothing was added, since the journal cannot be written: ${this.stuck}.`
    throw new SluiceError({ code: 'internal', message })
  }

  addBatch(batchId: number, batch: AddBatch, nowMs: number): void {
    if (this.sql === null) return
    this.write(this.sql.addBatch, batchId, batch.destinationId, nowMs, JSON.stringify(batch))
    this.knowBatch(batchId, newTally())
  }

  /** From now on its figures follow the states of its transfers. */
  knowBatch(batchId: number, tally: BatchTally): void {
    this.#tallies.set(batchId, tally)
  }

  /** It could not be kept after all. */
  #dropBatch(batchId: number): void {
    this.#tallies.delete(batchId)
    if (this.sql === null) return
    this.write(this.sql.forgetTransfers, batchId)
    this.write(this.sql.forgetBatch, batchId)
  }

  scanned(batchId: number): void {
    const tally = this.#tallies.get(batchId)
    if (tally === undefined) return
    tally.scanned = true
    finish(tally)
    this.#dirty.add(batchId)
    this.schedule()
  }

  addTransfer(transfer: Transfer): void {
    const tally = this.#tallies.get(transfer.batchId)
    if (this.sql === null || tally === undefined) return
    const { id, batchId, order, path, key, identity } = transfer
    this.write(
      this.sql.addTransfer,
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
    if (this.sql === null || tally === undefined) return
    const { id, state } = transfer
    const from = keptPhase(before.phase)
    const to = keptPhase(state.phase)
    if (from !== to || isEnded(state.phase)) {
      const text = isEnded(state.phase) ? JSON.stringify(state) : null
      this.write(this.sql.setPhase, to, text, transfer.startedAtMs, transfer.endedAtMs, transfer.resentBytes, id)
      if (isEnded(to)) this.write(this.sql.dropParts, id)
      const uploadId = uploadIdOf(before)
      if (to === 'completed' && uploadId !== null) this.uploadGone(id, uploadId)
      countChange(tally, from, to)
      finish(tally)
      this.#dirty.add(transfer.batchId)
    }
    const begins = state.phase === 'uploading' && state.uploadId === null && before.phase !== 'uploading'
    if (begins) this.write(this.sql.begin, transfer.startedAtMs, id)
    if (state.phase === 'queued' && isEnded(before.phase)) this.write(this.sql.unbegin, id)
  }

  /**
   * Settings of one transfer, the file that it is now, and what it sent in vain.
   * @param underWay bytes that may have been lost beside those that are known by now
   */
  changed(transfer: Transfer, underWay = 0): void {
    if (this.sql === null) return
    const { id, identity, overwrite, restarts, resentBytes, lostBytes, limitBytesPerSecond } = transfer
    const { sizeBytes } = identity
    const settings = [overwrite ? 1 : 0, restarts, resentBytes, lostBytes + underWay, limitBytesPerSecond]
    this.write(this.sql.setTransfer, sizeBytes, identityText(identity), ...settings, id)
  }

  /** It takes another name beside the object that has its key, or has taken it. */
  keptBeside({ id, key, beside, keepBoth }: Transfer): void {
    if (this.sql !== null) this.write(this.sql.keepBeside, beside === null ? null : key, keepBoth ? 1 : 0, id)
  }

  /** Out of the global limit, or back under it. */
  exempted(transferId: number, exempt: boolean): void {
    if (this.sql !== null) this.write(this.sql.setExempt, exempt ? 1 : 0, transferId)
  }

  /** Its share among batches is another. */
  weighed(batchId: number, weight: number): void {
    if (this.sql !== null) this.write(this.sql.setWeight, weight, batchId)
  }

  /** Its place in the queue is another. */
  moved({ id, order }: Transfer): void {
    if (this.sql !== null) this.write(this.sql.setPlace, order, id)
  }

  /** Off the list; what its batch has done stays known. */
  unlist(transfer: Transfer): void {
    if (this.sql !== null) this.write(this.sql.unlist, transfer.id)
  }

  /** On the list again. */
  relist(transfer: Transfer): void {
    if (this.sql !== null) this.write(this.sql.relist, transfer.id)
  }

  /** Has all of a batch ended, as far as it is known here? */
  readonly finished = (batchId: number): boolean => this.#tallies.get(batchId)?.finishedAtMs != null

  /** Past the log: it makes room where a full disk holds everything else. Batches that have not ended stay. */
  forgetBatches(batchIds: readonly number[]): void {
    const db = this.db
    if (db === null || this.sql === null) return
    const { forgetTransfers, forgetBatch } = this.sql
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
    if (this.stuck !== null) this.commit('process')
  }

  protected override beforeCommit(): void {
    for (const batchId of this.#dirty) this.#logTally(batchId)
    this.#dirty.clear()
  }

  #logTally(batchId: number): void {
    const tally = this.#tallies.get(batchId)
    if (tally === undefined || this.sql === null) return
    const { files, bytes, completed, failed, skipped, cancelled, finishedAtMs, scanned } = tally
    const figures = [files, bytes, completed, failed, skipped, cancelled]
    this.log(this.sql.setBatch, ...figures, finishedAtMs, scanned ? 1 : 0, batchId)
  }
}
