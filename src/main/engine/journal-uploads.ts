import type { UploadName } from '../../shared/open-uploads.ts'
import { JournalLog } from './journal-log.ts'
import type { KeptUpload } from './journal-rows.ts'
import { UPLOADS_AT_WORK, uploadOf } from './journal-rows.ts'
import type { DonePart, Transfer } from './transfer-record.ts'

const LEFT_UPLOADS = `SELECT * FROM upload WHERE destinationId = coalesce(?, destinationId) AND id NOT IN (${UPLOADS_AT_WORK}) ORDER BY id`

/** What the journal knows of the server's side: multipart uploads from the intent on, and their parts. */
export abstract class UploadJournal extends JournalLog {
  #nextUpload = this.highest('upload') + 1

  /** Before CreateMultipartUpload. Commit it to the disk, then call. Answers what `uploadBegun` wants. */
  intend(transfer: Transfer, partBytes: number, nowMs: number): number {
    if (this.sql === null) return 0
    const { id, destinationId, key } = transfer
    const intent = this.#nextUpload++
    this.write(this.sql.dropParts, id)
    this.write(this.sql.intend, intent, id, destinationId, key, partBytes, nowMs)
    return intent
  }

  uploadBegun(intent: number, uploadId: string): void {
    if (this.sql !== null) this.write(this.sql.uploadBegun, uploadId, intent)
  }

  /** It was refused for certain: nothing is at the server. */
  intentGone(intent: number): void {
    if (this.sql !== null) this.write(this.sql.intentGone, intent)
  }

  /** To be aborted, however long that takes. */
  aborting(transferId: number, uploadId: string): void {
    if (this.sql !== null) this.write(this.sql.aborting, transferId, uploadId)
  }

  /** Completed, or known to be gone. */
  uploadGone(transferId: number, uploadId: string): void {
    if (this.sql !== null) this.write(this.sql.uploadGone, transferId, uploadId)
  }

  /** Intents of a transfer whose answers never came. */
  openIntents(transferId: number): KeptUpload[] {
    const rows = this.db?.prepare('SELECT * FROM upload WHERE transferId = ? AND uploadId IS NULL').all(transferId)
    return (rows ?? []).map(uploadOf)
  }

  /** What is at a destination, or at any, and no transfer goes on with. */
  leftUploads(destinationId?: string): KeptUpload[] {
    this.commit('process')
    const rows = this.db?.prepare(LEFT_UPLOADS).all(destinationId ?? null)
    return (rows ?? []).map(uploadOf)
  }

  /** Was it begun by this journal's transfers? */
  knowsUpload(uploadId: string): boolean {
    return this.db?.prepare('SELECT 1 FROM upload WHERE uploadId = ?').get(uploadId) !== undefined
  }

  /** Does a transfer go on with it? One that is being begun has no id yet: any upload of its key may be it. */
  ownsUpload({ key, uploadId }: UploadName): boolean {
    const isIt = 'upload.uploadId = ? OR (upload.uploadId IS NULL AND upload.key = ?)'
    return this.db?.prepare(`${UPLOADS_AT_WORK} AND (${isIt})`).get(uploadId, key) !== undefined
  }

  partBegun(transfer: Transfer, number: number, bytes: number): void {
    if (this.sql !== null) this.write(this.sql.partBegun, transfer.id, number, bytes)
  }

  partDone(transfer: Transfer, number: number, part: DonePart): void {
    if (this.sql === null) return
    this.write(this.sql.partDone, transfer.id, number, part.bytes, part.etag, part.crc32, part.checksum)
    this.commitSoon()
  }

  /** The server does not have it as we know it: it went out all the same, and goes again. */
  partGone(transfer: Transfer, number: number): void {
    if (this.sql !== null) this.write(this.sql.partGone, transfer.id, number)
  }

  partsGone(transfer: Transfer): void {
    if (this.sql !== null) this.write(this.sql.dropParts, transfer.id)
  }

  /** The last id that was given in a table; 0 where there is none. */
  protected highest(table: 'batch' | 'transfer' | 'upload'): number {
    return Number(this.db?.prepare(`SELECT max(id) AS id FROM ${table}`).get()?.id ?? 0)
  }
}
