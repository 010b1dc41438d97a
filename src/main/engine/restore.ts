import type { DatabaseSync } from 'node:sqlite'
import type { TransferError } from '../../shared/errors.ts'
import { isEnded } from '../../shared/transfer.ts'
import { STANDARD_INPUT } from '../core/standard-input.ts'
import type { AddBatch, KeptBatch, RestoredWork, RestoreWork } from './api.ts'
import type { BatchIntake } from './batch-intake.ts'
import type { Engine } from './engine.ts'
import type { KeptPart, KeptUpload } from './journal-rows.ts'
import { batchOf, partOf, readDestinations, requestOf, transferOf, uploadOf } from './journal-rows.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { multipart, newWork } from './transfer-record.ts'

/** Rows between two looks at what else there is to do: some 50 ms. */
const PAGE_ROWS = 2_000

/** Batches of which nothing is on the list any more are kept so long for their receipts. */
const FORGOTTEN_AFTER_MS = 30 * 86_400_000

const WAITS: TransferError = {
  code: 'interrupted',
  message: 'An earlier run was interrupted; it goes on once its destination is there.',
}

/** Standard input was on its way. */
function readOnce(phase: string): TransferError {
  const outcome =
    phase === 'completing'
      ? 'and this upload was interrupted in its last step: look whether the object is there.'
      : 'so this upload cannot go on: what had arrived of it in parts is removed at the server.'
  return { code: 'interrupted', message: `Standard input cannot be read a second time, ${outcome}` }
}

/** What the journal says about one transfer beside its row. */
interface Leftovers {
  readonly upload: KeptUpload | undefined
  readonly parts: readonly KeptPart[]
}

/**
 * Brings what the journal holds into the queue: ended transfers as they are, paused ones paused, and all others so
 * that they go on once their destination is put. A batch whose walk had not ended is walked again. Standard input cannot
 * go on, and fails.
 *
 * @param onScanned as for a new batch
 * @param rules override those that the batches were added with
 * @throws Error for a journal that cannot be read
 */
export async function restore(
  engine: Engine,
  intake: BatchIntake,
  onScanned: () => void,
  rules: RestoreWork | null,
): Promise<RestoredWork> {
  const { journal } = engine
  const { db } = journal
  if (db === null) return { batches: [], destinations: [], unfinished: 0, resentAtMost: 0 }
  const batches: KeptBatch[] = []
  const requests = new Map<number, AddBatch>()
  const last = journal.takeEarlier()
  let unreadable = 0
  /** A row that says nothing sensible is left out, and that is told. */
  const read = <T>(decode: () => T): T | null => {
    try {
      return decode()
    } catch {
      unreadable++
      return null
    }
  }
  for (const row of db.prepare('SELECT * FROM batch WHERE id <= ? ORDER BY id').all(last.batchId)) {
    const batch = read(() => batchOf(row))
    const request = read(() => requestOf(row))
    if (batch === null || request === null) continue
    batches.push(batch)
    engine.queue.nameBatch(batch.batchId, request.sources)
    requests.set(batch.batchId, { ...request, options: { ...request.options, ...rules } })
    const { skipped, cancelled, weight } = row
    if (typeof weight === 'number' && weight > 0 && weight !== 1) engine.limits.setBatchWeight(batch.batchId, weight)
    journal.knowBatch(batch.batchId, {
      ...batch,
      skipped: Number(skipped),
      cancelled: Number(cancelled),
      scanned: !batch.scanning,
    })
  }
  const leftovers = leftoversOf(db, read)
  const listed = new Set<number>()
  let unfinished = 0
  let resentAtMost = 0
  const page = db.prepare('SELECT * FROM transfer WHERE id > ? AND id <= ? AND listed = 1 ORDER BY id LIMIT ?')
  for (let after = 0; ; ) {
    const rows = page.all(after, last.transferId, PAGE_ROWS)
    for (const row of rows) {
      after = Number(row.id)
      const transfer = read(() => transferOf(row, requestFor(requests, Number(row.batchId))))
      if (transfer === null) continue
      listed.add(transfer.batchId)
      const ended = isEnded(transfer.state.phase)
      const isOver = !ended && transfer.path === STANDARD_INPUT
      if (row.exempt === 1) engine.limits.setExempt(transfer.id, null, true)
      if (!ended && !isOver) {
        resentAtMost += transfer.lostBytes
        resentAtMost += takeUp(transfer, String(row.phase), row.begun === 1, leftovers.get(transfer.id))
      }
      engine.queue.add(transfer)
      if (ended) continue
      intake.tellQueued(transfer)
      // What it had begun at the server belongs to nobody from now on, so the janitor takes it back.
      if (isOver) engine.end(transfer, { phase: 'failed', error: readOnce(String(row.phase)) })
      else unfinished++
    }
    if (rows.length < PAGE_ROWS) break
    await new Promise((resolve) => setImmediate(resolve))
  }
  engine.queue.reorder()
  for (const { batchId, scanning } of batches) {
    const request = requests.get(batchId)
    if (!scanning || request === undefined) continue
    listed.add(batchId)
    const keys = db.prepare('SELECT key FROM transfer WHERE batchId = ?').all(batchId)
    intake.walk(batchId, request, new Set(keys.map(({ key }) => String(key))), onScanned)
  }
  for (const id of engine.destinations.keys()) engine.goOnAt(id)
  if (unreadable > 0) {
    const entries = unreadable === 1 ? 'One entry' : `${unreadable} entries`
    const message = `${entries} of the journal of uploads could not be read and ${unreadable === 1 ? 'is' : 'are'} left out.`
    engine.emit({ type: 'notice', level: 'error', message })
  }
  const old = Date.now() - FORGOTTEN_AFTER_MS
  const forgotten = batches.filter(({ batchId, finishedAtMs }) => {
    return finishedAtMs !== null && finishedAtMs < old && !listed.has(batchId)
  })
  journal.forgetBatches(forgotten.map(({ batchId }) => batchId))
  const shown = batches.filter(({ batchId }) => listed.has(batchId))
  const wanted = new Set(shown.filter((one) => one.unfinished > 0 || one.scanning).map((one) => one.destinationId))
  for (const { destinationId } of journal.leftUploads()) wanted.add(destinationId)
  const destinations = readDestinations(db).filter(({ id }) => wanted.has(id))
  return { batches: shown, destinations, unfinished, resentAtMost }
}

/** @throws Error for a batch that could not be read */
function requestFor(requests: ReadonlyMap<number, AddBatch>, batchId: number): AddBatch {
  const request = requests.get(batchId)
  if (request === undefined) throw new Error('its batch cannot be read')
  return request
}

/** Gives a transfer what an earlier run left of it. Answers how much of that may go twice. */
function takeUp(transfer: Transfer, phase: string, begun: boolean, left: Leftovers | undefined): number {
  const { sizeBytes } = transfer.identity
  if (left?.upload?.uploadId != null && multipart(transfer)) {
    const { uploadId, partBytes } = left.upload
    const work = newWork(sizeBytes, partBytes)
    transfer.work = work
    work.unchecked = phase === 'completing' ? 'completing' : 'yes'
    transfer.state =
      phase === 'paused'
        ? { phase: 'paused', uploadId }
        : { phase: 'waiting', uploadId, reason: 'destination', error: WAITS }
    return takeUpParts(transfer, work, left.parts)
  }
  if (!begun || multipart(transfer)) return 0
  transfer.work = newWork(sizeBytes, Math.max(1, sizeBytes))
  transfer.work.unchecked = 'yes'
  transfer.work.lost.set(1, sizeBytes)
  return sizeBytes
}

function takeUpParts(transfer: Transfer, work: Work, parts: readonly KeptPart[]): number {
  let open = 0
  for (const { number, bytes, done } of parts) {
    if (done === null) {
      open += bytes
      work.lost.set(number, bytes)
    } else {
      work.done.set(number, done)
      transfer.confirmedBytes += bytes
    }
  }
  return open
}

function leftoversOf(db: DatabaseSync, read: <T>(decode: () => T) => T | null): ReadonlyMap<number, Leftovers> {
  const leftovers = new Map<number, { upload: KeptUpload | undefined; parts: KeptPart[] }>()
  const of = (transferId: number) => {
    let found = leftovers.get(transferId)
    if (found === undefined) {
      found = { upload: undefined, parts: [] }
      leftovers.set(transferId, found)
    }
    return found
  }
  for (const row of db.prepare('SELECT * FROM upload WHERE aborting = 0 ORDER BY id').iterate()) {
    const upload = read(() => uploadOf(row))
    if (upload !== null && upload.uploadId !== null) of(upload.transferId).upload = upload
  }
  for (const row of db.prepare('SELECT * FROM part').iterate()) {
    const part = read(() => partOf(row))
    if (part !== null) of(part.transferId).parts.push(part)
  }
  return leftovers
}
