import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AddBatch } from '../../src/main/engine/api.ts'
import { claimDataFolder, ownerOf } from '../../src/main/engine/data-folder.ts'
import { Journal } from '../../src/main/engine/journal.ts'
import { JOURNAL_FILE, openJournal } from '../../src/main/engine/journal-open.ts'
import {
  partOf,
  readBatches,
  readDestinations,
  readEnds,
  requestOf,
  transferOf,
  uploadOf,
} from '../../src/main/engine/journal-rows.ts'
import { SCHEMA_VERSION } from '../../src/main/engine/journal-schema.ts'
import { TransferQueue } from '../../src/main/engine/transfer-queue.ts'
import type { Transfer } from '../../src/main/engine/transfer-record.ts'
import { newTransfer } from '../../src/main/engine/transfer-record.ts'
import type { TransferState } from '../../src/shared/transfer.ts'

const PART = 5 * 1024 * 1024
let dir = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-journal-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const batch: AddBatch = {
  destinationId: 'd',
  sources: [{ path: '/from/här', keyOrPrefix: 'p/' }],
  options: {
    partBytes: PART,
    multipartThresholdBytes: PART,
    checksum: 'crc32',
    onExists: 'skip-same',
    giveUpAfterMs: null,
    onChange: 'fail',
  },
  include: ['*.jpg'],
  exclude: [],
  start: 'at-once',
}

function transfer(id: number, batchId: number): Transfer {
  return newTransfer({
    id,
    batchId,
    destinationId: 'd',
    path: `/from/ünd/${id}`,
    key: `p/${id}`,
    options: batch.options,
    // More bits than a number has, and the highest inode.
    identity: { sizeBytes: id * PART, mtimeNs: 1_795_000_000_123_456_789n, inode: 2n ** 64n - 1n, device: 7n },
  })
}

function rowsOf(db: DatabaseSync): Transfer[] {
  const requests = new Map(
    db
      .prepare('SELECT * FROM batch')
      .all()
      .map((row) => [row.id, requestOf(row)]),
  )
  return db
    .prepare('SELECT * FROM transfer ORDER BY id')
    .all()
    .map((row) => transferOf(row, requests.get(row.batchId ?? 0) ?? batch))
}

describe('what a journal keeps', () => {
  const stateOf = fc.oneof(
    fc.constantFrom<TransferState>(
      { phase: 'queued' },
      { phase: 'preparing' },
      { phase: 'uploading', uploadId: null },
      { phase: 'uploading', uploadId: 'u' },
      { phase: 'completing', uploadId: 'u' },
      { phase: 'paused', uploadId: 'u' },
      { phase: 'cancelling', uploadId: 'u' },
      { phase: 'cancelled' },
      { phase: 'retrying', uploadId: 'u', attempt: 1, retryAtMs: 5, error: { code: 'network-lost', message: 'lost' } },
    ),
    fc.record({
      phase: fc.constant('completed' as const),
      etag: fc.string(),
      versionId: fc.option(fc.string()),
      checksum: fc.constant({ algorithm: 'crc32' as const, value: 'AAAA', partBytes: null }),
      verified: fc.constantFrom('checksum' as const, 'size' as const, 'accepted' as const),
    }),
    fc.record({
      phase: fc.constant('failed' as const),
      error: fc.record({ code: fc.constant('exists' as const), message: fc.string() }),
    }),
    fc.record({
      phase: fc.constant('skipped' as const),
      etag: fc.option(fc.string()),
      reason: fc.constant('same' as const),
    }),
  )
  const change = fc.oneof(
    fc.record({ what: fc.constant('state' as const), id: fc.nat(4), state: stateOf }),
    fc.record({
      what: fc.constant('part' as const),
      id: fc.nat(4),
      number: fc.integer({ min: 1, max: 5 }),
      done: fc.boolean(),
    }),
    fc.record({ what: fc.constant('upload' as const), id: fc.nat(4), answered: fc.boolean(), gone: fc.boolean() }),
    fc.record({
      what: fc.constant('settings' as const),
      id: fc.nat(4),
      limit: fc.option(fc.nat()),
      overwrite: fc.boolean(),
    }),
    fc.record({ what: fc.constant('commit' as const), disk: fc.boolean() }),
  )

  it('is the same after any story and a reopening', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (story) => {
        const folder = mkdtempSync(join(dir, 'run-'))
        const { db } = openJournal(folder, 0)
        const journal = new Journal(db)
        const queue = new TransferQueue((one, before) => journal.stateChanged(one, before))
        journal.addBatch(1, batch, 12)
        const transfers = [1, 2, 3, 4, 5].map((id) => transfer(id, 1))
        for (const one of transfers) {
          queue.add(one)
          journal.addTransfer(one)
        }
        const parts = new Map<string, boolean>()
        const uploads = new Map<string, string | null>()
        let intents = 0
        for (const step of story) {
          if (step.what === 'commit') {
            journal.commit(step.disk ? 'disk' : 'process')
            continue
          }
          const one = transfers[step.id]
          if (one === undefined) continue
          if (step.what === 'state') {
            queue.setState(one, step.state)
            const ended = ['completed', 'failed', 'cancelled', 'skipped', 'cancelling'].includes(step.state.phase)
            if (ended) for (const key of parts.keys()) if (key.startsWith(`${one.id}:`)) parts.delete(key)
          } else if (step.what === 'part') {
            const key = `${one.id}:${step.number}`
            if (!step.done) journal.partBegun(one, step.number, PART)
            else journal.partDone(one, step.number, { etag: 'e', crc32: 2 ** 32 - 1, bytes: PART, checksum: null })
            parts.set(key, step.done || parts.get(key) === true)
          } else if (step.what === 'upload') {
            const uploadId = `u${++intents}`
            const intent = journal.intend(one, PART, 34)
            for (const key of parts.keys()) if (key.startsWith(`${one.id}:`)) parts.delete(key)
            if (step.answered) journal.uploadBegun(intent, uploadId)
            if (step.answered && step.gone) journal.uploadGone(one.id, uploadId)
            else uploads.set(uploadId, step.answered ? uploadId : null)
          } else {
            one.limitBytesPerSecond = step.limit
            one.overwrite = step.overwrite
            journal.changed(one)
          }
        }
        journal.close()

        const again = openJournal(folder, 0)
        expect(again.notice).toBeNull()
        const kept = rowsOf(again.db)
        kept.forEach((row, index) => {
          const { state, ...was } = transfers[index] ?? transfer(0, 0)
          const ended = ['completed', 'failed', 'skipped', 'cancelled', 'cancelling'].includes(state.phase)
          const { path, key, identity, limitBytesPerSecond, overwrite } = was
          expect(row).toMatchObject({ path, key, identity, limitBytesPerSecond, overwrite, options: batch.options })
          if (state.phase === 'cancelling') expect(row.state.phase).toBe('cancelled')
          else if (ended) expect(row.state).toEqual(state)
          else expect(row.state.phase).toBe(state.phase === 'paused' ? 'paused' : 'queued')
        })
        const [figures] = readBatches(again.db, 1)
        const count = (phase: string) => kept.filter((row) => row.state.phase === phase).length
        expect(figures).toMatchObject({ files: 5, completed: count('completed'), failed: count('failed') })
        const keptParts = again.db.prepare('SELECT * FROM part').all().map(partOf)
        expect(new Map(keptParts.map((part) => [`${part.transferId}:${part.number}`, part.done !== null]))).toEqual(
          parts,
        )
        const keptUploads = again.db.prepare('SELECT * FROM upload').all().map(uploadOf)
        expect(keptUploads.map(({ uploadId }) => uploadId)).toEqual([...uploads.values()])
        again.db.close()
      }),
      { numRuns: 60 },
    )
  })

  it('tells how transfers ended, in pages', () => {
    const { db } = openJournal(dir, 0)
    const journal = new Journal(db)
    const queue = new TransferQueue((one, before) => journal.stateChanged(one, before))
    journal.addBatch(1, batch, 12)
    for (let id = 1; id <= 25; id++) {
      const one = transfer(id, 1)
      queue.add(one)
      journal.addTransfer(one)
      const state = { phase: 'completed', etag: `e${id}`, versionId: 'v', checksum: null, verified: 'size' } as const
      if (id % 5 !== 0) queue.setState(one, state)
    }
    journal.commit('disk')
    const first = readEnds(db, 1, 0, 12)
    const rest = readEnds(db, 1, first.at(-1)?.id ?? 0, 100)
    expect([...first, ...rest].map(({ etag }) => etag)).toEqual(
      Array.from({ length: 25 }, (_, index) => index + 1).flatMap((id) => (id % 5 === 0 ? [] : [`e${id}`])),
    )
    expect(first[0]).toMatchObject({ path: '/from/ünd/1', versionId: 'v', endedAtMs: expect.any(Number) })
    journal.close()
  })

  it('never holds keys that were typed, nor the password of a proxy', () => {
    const { db } = openJournal(dir, 0)
    const journal = new Journal(db)
    journal.putDestination({
      id: 'd',
      endpoint: null,
      region: 'r',
      bucket: 'b',
      pathStyle: false,
      credentials: {
        kind: 'keys',
        accessKeyId: 'AKIAXYZ',
        secretAccessKey: 'sesame-secret',
        sessionToken: 'sesame-token',
      },
      caFile: null,
      proxy: 'http://me:sesame-proxy@proxy:3128',
      bindAddress: null,
    })
    journal.commit('disk')
    expect(readDestinations(db)).toMatchObject([{ id: 'd', bucket: 'b', credentials: { kind: 'keys-asked' } }])
    journal.close()
    for (const name of readdirSync(dir)) expect(readFileSync(join(dir, name)).includes('sesame')).toBe(false)
  })
})

describe('a journal that cannot be read', () => {
  function filled(): string {
    const { db } = openJournal(dir, 0)
    const journal = new Journal(db)
    journal.addBatch(1, batch, 12)
    for (let id = 1; id <= 400; id++) journal.addTransfer(transfer(id, 1))
    journal.close()
    return join(dir, JOURNAL_FILE)
  }
  const asideIn = (folder: string) => readdirSync(folder).filter((name) => /^journal\.corrupt-.*\.db$/.test(name))

  it.each([
    ['is empty', (bytes: Buffer) => bytes.subarray(0, 0), 0],
    ['is something else', () => Buffer.from('not a journal at all'), 0],
    ['lost its head', (bytes: Buffer) => Buffer.concat([Buffer.alloc(100), bytes.subarray(100)]), 0],
    ['lost its end', (bytes: Buffer) => bytes.subarray(0, bytes.length - 3 * 4096), 1],
  ])('is set aside when it %s, with what could be read taken over', (_, damage, atLeast) => {
    const path = filled()
    writeFileSync(path, damage(readFileSync(path)))
    const damaged = readFileSync(path)
    const { db, notice } = openJournal(dir, Date.UTC(2026, 10, 21))
    expect(notice).toMatch(/was damaged and is set aside as .*journal\.corrupt-2026-11-21T.*\.db/)
    const [aside = ''] = asideIn(dir)
    expect(readFileSync(join(dir, aside)).equals(damaged)).toBe(true)
    expect(rowsOf(db).length).toBeGreaterThanOrEqual(atLeast)
    db.close()
    const again = openJournal(dir, 0)
    expect(again.notice).toBeNull()
    again.db.close()
  })

  it('never is a silently empty queue, whatever bits are wrong', () => {
    const path = filled()
    const whole = readFileSync(path)
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(whole.length - 1), bit: fc.nat(7) }), { minLength: 1, maxLength: 40 }),
        fc.option(fc.nat(whole.length), { nil: whole.length }),
        (flips, length) => {
          const folder = mkdtempSync(join(dir, 'fuzz-'))
          const bytes = Buffer.from(whole)
          for (const { at, bit } of flips) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
          writeFileSync(join(folder, JOURNAL_FILE), bytes.subarray(0, length))
          let opened: ReturnType<typeof openJournal>
          try {
            opened = openJournal(folder, 0)
          } catch (thrown) {
            // A version that was flipped upwards: left alone, and said.
            expect(String(thrown)).toMatch(/written by a newer Sluice/)
            return
          }
          const rows = Number(opened.db.prepare('SELECT count(*) AS n FROM transfer').get()?.n)
          if (opened.notice === null) expect(rows).toBe(400)
          else expect(asideIn(folder)).toHaveLength(1)
          opened.db.close()
          rmSync(folder, { recursive: true })
        },
      ),
      { numRuns: 150 },
    )
  })

  it('of a newer version is refused and left as it is', () => {
    const path = filled()
    const db = new DatabaseSync(path)
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 6}`)
    db.close()
    const before = readFileSync(path)
    expect(() => openJournal(dir, 0)).toThrow(`its format is ${SCHEMA_VERSION + 6}, this one knows up to`)
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(asideIn(dir)).toEqual([])
  })
})

describe('a full disk', () => {
  it('stops the journal, loses nothing of it, and is over when there is room', () => {
    const { db } = openJournal(dir, 0, 40)
    const journal = new Journal(db)
    const told: (string | null)[] = []
    journal.onStuck = (reason) => told.push(reason)
    journal.addBatch(1, batch, 12)
    for (let id = 1; id <= 100; id++) journal.addTransfer(transfer(id, 1))
    expect(journal.commit('disk')).toBe(true)
    journal.addBatch(2, batch, 13)
    for (let id = 101; id <= 3_000; id++) journal.addTransfer(transfer(id, 2))
    expect(journal.commit('disk')).toBe(false)
    expect(journal.stuck).toMatch(/full/)
    expect(rowsOf(db)).toHaveLength(100)
    journal.addTransfer(transfer(3_001, 2))
    db.exec('PRAGMA max_page_count = 4000')
    expect(journal.commit('disk')).toBe(true)
    expect(journal.stuck).toBeNull()
    expect(told).toEqual([expect.stringMatching(/full/), null])
    expect(rowsOf(db)).toHaveLength(3_001)
    journal.close()
  })
})

describe('the data folder', () => {
  it('has one owner at a time', () => {
    const first = claimDataFolder(join(dir, 'deep/folder'))
    expect(first.ok).toBe(true)
    const second = claimDataFolder(join(dir, 'deep/folder'))
    expect(second).toMatchObject({ ok: false, pid: process.pid })
    expect(ownerOf(join(dir, 'deep/folder'))).toEqual({ pid: process.pid })
    if (first.ok) first.release()
    expect(ownerOf(join(dir, 'deep/folder'))).toBeNull()
    const third = claimDataFolder(join(dir, 'deep/folder'))
    expect(third.ok).toBe(true)
    if (third.ok) third.release()
  })

  it('that cannot be made is refused with the reason', () => {
    writeFileSync(join(dir, 'file'), '')
    expect(claimDataFolder(join(dir, 'file/below'))).toMatchObject({
      ok: false,
      pid: null,
      message: expect.stringContaining('cannot be used'),
    })
  })
})
