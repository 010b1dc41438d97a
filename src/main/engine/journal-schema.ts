import type { DatabaseSync } from 'node:sqlite'

/** Says that a file is a journal of ours: "SLUJ". */
export const APPLICATION_ID = 0x534c554a

/**
 * What leads from each version to the next; the first from an empty file. A version that was released is never
 * edited: a change of the schema is one more entry.
 *
 * `transfer.phase` holds only what a restart needs to tell apart: `queued` is everything at work. `begun` is 1 once a
 * small file may have left this machine. `upload` has a row from the intent to create a multipart upload until it is
 * completed or known to be gone; `uploadId` null: the answer of the creation is not known. A `part` without an ETag was
 * begun, and goes again whole.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE destination (
    id TEXT PRIMARY KEY,
    config TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    destinationId TEXT NOT NULL,
    createdAtMs INTEGER NOT NULL,
    finishedAtMs INTEGER,
    scanned INTEGER NOT NULL DEFAULT 0,
    request TEXT NOT NULL,
    files INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE transfer (
    id INTEGER PRIMARY KEY,
    batchId INTEGER NOT NULL,
    place INTEGER NOT NULL,
    path BLOB NOT NULL,
    key TEXT NOT NULL,
    sizeBytes INTEGER NOT NULL,
    identity TEXT NOT NULL,
    phase TEXT NOT NULL DEFAULT 'queued',
    begun INTEGER NOT NULL DEFAULT 0,
    listed INTEGER NOT NULL DEFAULT 1,
    overwrite INTEGER NOT NULL DEFAULT 0,
    restarts INTEGER NOT NULL DEFAULT 0,
    resentBytes INTEGER NOT NULL DEFAULT 0,
    limitBytesPerSecond INTEGER,
    startedAtMs INTEGER,
    endedAtMs INTEGER,
    state TEXT
  ) STRICT;
  CREATE INDEX transferOfBatch ON transfer (batchId);

  CREATE TABLE upload (
    id INTEGER PRIMARY KEY,
    transferId INTEGER NOT NULL,
    destinationId TEXT NOT NULL,
    key TEXT NOT NULL,
    uploadId TEXT,
    partBytes INTEGER NOT NULL,
    intendedAtMs INTEGER NOT NULL,
    aborting INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX uploadOfTransfer ON upload (transferId);

  CREATE TABLE part (
    transferId INTEGER NOT NULL,
    number INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    etag TEXT,
    crc32 INTEGER,
    checksum TEXT,
    PRIMARY KEY (transferId, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pulse (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    atMs INTEGER NOT NULL
  ) STRICT;
  INSERT INTO pulse VALUES (1, 0);
  `,
  // `sentKey` is the name that a transfer took beside an object that had its `key`; null: it has its own.
  `
  ALTER TABLE transfer ADD COLUMN sentKey TEXT;
  ALTER TABLE transfer ADD COLUMN keepBoth INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE transfer ADD COLUMN exempt INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE transfer ADD COLUMN lostBytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE batch ADD COLUMN weight REAL NOT NULL DEFAULT 1;
  `,
]

export const SCHEMA_VERSION = MIGRATIONS.length

/** The file was written by a later version of this program: it is left as it is. */
export class NewerJournal extends Error {
  constructor(path: string, version: number) {
    super(
      `The journal ${path} was written by a newer Sluice (its format is ${version}, this one knows up to ${SCHEMA_VERSION}): use that one, or another data folder.`,
    )
  }
}

/** Brings it to the present version, in the transaction of the caller. @throws NewerJournal; Error for what is no journal */
export function migrate(db: DatabaseSync, path: string): void {
  const version = versionOf(db)
  const applicationId = pragma(db, 'application_id')
  const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n)
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || tables > 0 || version > 0)) {
    throw new Error('it is not a journal of Sluice')
  }
  if (version > SCHEMA_VERSION) throw new NewerJournal(path, version)
  if (version === SCHEMA_VERSION) return
  for (const step of MIGRATIONS.slice(version)) db.exec(step)
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`)
}

export function versionOf(db: DatabaseSync): number {
  return pragma(db, 'user_version')
}

function pragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name])
}
