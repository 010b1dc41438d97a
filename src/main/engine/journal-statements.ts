import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Every write of the journal, by name. Values in the order of the question marks. */
const STATEMENTS = {
  putDestination: 'INSERT INTO destination VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET config = excluded.config',
  addBatch: 'INSERT INTO batch (id, destinationId, createdAtMs, request) VALUES (?, ?, ?, ?)',
  setBatch: `UPDATE batch SET files = ?, bytes = ?, completed = ?, failed = ?, skipped = ?, cancelled = ?,
    finishedAtMs = ?, scanned = ? WHERE id = ?`,
  addTransfer: 'INSERT INTO transfer (id, batchId, place, path, key, sizeBytes, identity) VALUES (?, ?, ?, ?, ?, ?, ?)',
  setPhase: 'UPDATE transfer SET phase = ?, state = ?, startedAtMs = ?, endedAtMs = ?, resentBytes = ? WHERE id = ?',
  begin: 'UPDATE transfer SET begun = 1, startedAtMs = ? WHERE id = ?',
  unbegin: 'UPDATE transfer SET begun = 0 WHERE id = ?',
  setTransfer: `UPDATE transfer SET sizeBytes = ?, identity = ?, overwrite = ?, restarts = ?, resentBytes = ?,
    lostBytes = ?, limitBytesPerSecond = ? WHERE id = ?`,
  keepBeside: 'UPDATE transfer SET sentKey = ?, keepBoth = ?, begun = 0 WHERE id = ?',
  setExempt: 'UPDATE transfer SET exempt = ? WHERE id = ?',
  setWeight: 'UPDATE batch SET weight = ? WHERE id = ?',
  setPlace: 'UPDATE transfer SET place = ? WHERE id = ?',
  unlist: 'UPDATE transfer SET listed = 0 WHERE id = ?',
  relist: 'UPDATE transfer SET listed = 1 WHERE id = ?',
  intend: `INSERT INTO upload (id, transferId, destinationId, key, partBytes, intendedAtMs) VALUES (?, ?, ?, ?, ?, ?)`,
  uploadBegun: 'UPDATE upload SET uploadId = ? WHERE id = ?',
  aborting: 'UPDATE upload SET aborting = 1 WHERE transferId = ? AND uploadId = ?',
  uploadGone: 'DELETE FROM upload WHERE transferId = ? AND uploadId = ?',
  intentGone: 'DELETE FROM upload WHERE id = ?',
  partBegun: 'INSERT OR IGNORE INTO part (transferId, number, bytes) VALUES (?, ?, ?)',
  partDone: `INSERT INTO part (transferId, number, bytes, etag, crc32, checksum) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (transferId, number) DO UPDATE SET
    bytes = excluded.bytes, etag = excluded.etag, crc32 = excluded.crc32, checksum = excluded.checksum`,
  partGone: 'UPDATE part SET etag = NULL, crc32 = NULL, checksum = NULL WHERE transferId = ? AND number = ?',
  dropParts: 'DELETE FROM part WHERE transferId = ?',
  forgetTransfers: 'DELETE FROM transfer WHERE batchId = ?',
  forgetBatch: 'DELETE FROM batch WHERE id = ?',
  pulse: 'UPDATE pulse SET atMs = ?',
} as const

export type JournalStatements = { readonly [Name in keyof typeof STATEMENTS]: StatementSync }

export function prepareStatements(db: DatabaseSync): JournalStatements {
  const prepared = Object.entries(STATEMENTS).map(([name, sql]) => [name, db.prepare(sql)] as const)
  return Object.fromEntries(prepared) as JournalStatements
}
