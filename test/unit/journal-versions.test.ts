import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Journal } from '../../src/main/engine/journal.ts'
import { JOURNAL_FILE, openJournal } from '../../src/main/engine/journal-open.ts'
import { partOf, readBatches, readEnds, requestOf, transferOf, uploadOf } from '../../src/main/engine/journal-rows.ts'
import { SCHEMA_VERSION, versionOf } from '../../src/main/engine/journal-schema.ts'

const FIRST_VERSION = readFileSync(new URL('../support/journal-1.sql', import.meta.url), 'utf8')

let dir = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-journal-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function writeFirstVersion(): string {
  const path = join(dir, JOURNAL_FILE)
  const db = new DatabaseSync(path)
  db.exec(FIRST_VERSION)
  db.close()
  return path
}

function expectAllThere(db: DatabaseSync): void {
  expect(readBatches(db, 10)).toMatchObject([
    { batchId: 4, destinationId: 'd', files: 3, completed: 1, unfinished: 2, quotas: [] },
  ])
  const batch = db.prepare('SELECT * FROM batch').get() ?? {}
  expect(batch.weight).toBe(1)
  const rows = db.prepare('SELECT * FROM transfer ORDER BY place').all()
  expect(rows.map(({ exempt, sentKey, keepBoth }) => [exempt, sentKey, keepBoth])).toEqual(Array(3).fill([0, null, 0]))
  expect(rows.map((row) => transferOf(row, requestOf(batch)))).toMatchObject([
    { id: 7, path: '/from/här/a', key: 'p/a', state: { phase: 'completed', etag: '"e"' }, resentBytes: 100 },
    { id: 9, key: 'p/c', state: { phase: 'paused' }, overwrite: true },
    { id: 8, key: 'p/b', state: { phase: 'queued' }, limitBytesPerSecond: 500_000, identity: { inode: 2n } },
  ])
  expect(readEnds(db, 4, 0, 10)).toMatchObject([{ id: 7, phase: 'completed', verified: 'checksum' }])
  expect(db.prepare('SELECT * FROM upload').all().map(uploadOf)).toMatchObject([{ uploadId: 'upload-of-b' }])
  expect(db.prepare('SELECT * FROM part').all().map(partOf)).toMatchObject([
    { number: 1, done: { etag: '"p1"', crc32: 4_294_967_295 } },
    { number: 2, done: null },
  ])
}

it('a journal of the first version becomes one of this, and loses nothing', () => {
  const path = writeFirstVersion()
  const { db, notice } = openJournal(dir, 0)
  expect([notice, versionOf(db)]).toEqual([null, SCHEMA_VERSION])
  expectAllThere(db)
  const journal = new Journal(db)
  expect(journal.takeTransferId()).toBe(10)
  journal.exempted(8, true)
  journal.weighed(4, 2.5)
  journal.close()
  const again = new DatabaseSync(path)
  expect(again.prepare('SELECT id FROM transfer WHERE exempt = 1').all()).toEqual([{ id: 8 }])
  expect(again.prepare('SELECT weight FROM batch').get()).toEqual({ weight: 2.5 })
  again.close()
})

it('a damaged one of the first version is set aside, and what can be read is taken over', () => {
  const path = writeFirstVersion()
  const db = new DatabaseSync(path)
  const index = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'transferOfBatch'").get()
  db.close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, (Number(index?.rootpage) - 1) * 4096, Number(index?.rootpage) * 4096)
  writeFileSync(path, bytes)
  const opened = openJournal(dir, 0)
  expect(opened.notice).toMatch(/damaged .* 3 of its files could still be read/)
  expect(readdirSync(dir).filter((name) => name.startsWith('journal.corrupt-'))).toHaveLength(1)
  expectAllThere(opened.db)
  opened.db.close()
})
