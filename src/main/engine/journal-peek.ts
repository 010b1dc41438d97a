import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { KeptBatch, KeptDestination, TransferEnd } from './api.ts'
import { JOURNAL_FILE } from './journal-open.ts'
import { readBatches, readDestinations, readEnds, UPLOADS_AT_WORK } from './journal-rows.ts'

const BUSY_MS = 1_000
const PAGE_ENDS = 1_000

/** What a journal says at the moment, for whoever does not own it. */
export interface JournalPeek {
  /** The newest first, at most 1 000. */
  readonly batches: readonly KeptBatch[]
  readonly destinations: readonly KeptDestination[]
  /** Multipart uploads that are neither completed nor known to be gone, by the id of their destination. */
  readonly openUploads: ReadonlyMap<string, number>
}

/**
 * Reads the journal of a data folder beside its owner, who goes on writing. null: there is none, or none yet.
 * @throws Error for one that cannot be read
 */
export function peekJournal(dir: string): JournalPeek | null {
  if (!existsSync(join(dir, JOURNAL_FILE))) return null
  return reading(dir, (db) => ({
    batches: readBatches(db, 1_000),
    destinations: readDestinations(db),
    openUploads: new Map(
      db
        .prepare('SELECT destinationId, count(*) AS n FROM upload GROUP BY destinationId')
        .all()
        .map(({ destinationId, n }) => [String(destinationId), Number(n)]),
    ),
  }))
}

/** An upload that a transfer goes on with, or will. `uploadId` null: its creation has not been answered. */
export interface PeekedUpload {
  readonly key: string
  readonly uploadId: string | null
}

/** All of a journal, none where there is no journal. @throws Error for a journal that cannot be read */
export function peekUploads(dir: string): PeekedUpload[] {
  if (!existsSync(join(dir, JOURNAL_FILE))) return []
  return reading(dir, (db) =>
    db
      .prepare(`SELECT key, uploadId FROM upload WHERE id IN (${UPLOADS_AT_WORK})`)
      .all()
      .map(({ key, uploadId }) => ({ key: String(key), uploadId: uploadId === null ? null : String(uploadId) })),
  )
}

/** Transfers of a batch that have not ended. @throws Error for a journal that cannot be read */
export function peekUnfinished(dir: string, batchId: number): number[] {
  const ended = "('completed', 'failed', 'cancelled', 'skipped')"
  return reading(dir, (db) =>
    db
      .prepare(`SELECT id FROM transfer WHERE batchId = ? AND phase NOT IN ${ended} ORDER BY id`)
      .all(batchId)
      .map(({ id }) => Number(id)),
  )
}

/** All transfers of a batch that have ended, in pages. @throws Error for a journal that cannot be read */
export function* peekEnds(dir: string, batchId: number): Generator<TransferEnd> {
  let afterId = 0
  for (;;) {
    const page = reading(dir, (db) => readEnds(db, batchId, afterId, PAGE_ENDS))
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE_ENDS) return
    afterId = last.id
  }
}

function reading<T>(dir: string, read: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(dir, JOURNAL_FILE), { readOnly: true, timeout: BUSY_MS })
  try {
    return read(db)
  } finally {
    db.close()
  }
}
