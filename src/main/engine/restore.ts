import type { TransferError } from '../../shared/errors.ts'
import { isEnded } from '../../shared/transfer.ts'
import type { AddBatch, KeptBatch, RestoredWork, RestoreWork } from './api.ts'
import type { BatchIntake } from './batch-intake.ts'
import type { Engine } from './engine.ts'
import type { KeptPart, KeptUpload } from './journal-rows.ts'
import { batchOf, partOf, readDestinations, requestOf, transferOf, uploadOf } from './journal-rows.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { multipart, newWork } from './transfer-record.ts'

/** Rows between two looks at what else there is to do: about 50 ms. */
const PAGE_ROWS = 10_000

const WAITS: TransferError = {
  code: 'interrupted',
  message: 'An earlier run was interrupted; it goes on once its destination is there.',
}

/** What the journal says about one transfer beside its row. */
interface Leftovers {
  readonly upload: KeptUpload | undefined
  readonly parts: readonly KeptPart[]
}

/**
 * Brings what the journal holds into the queue: ended transfers as they are, paused ones paused, and all others so
 * that they go on once their destination is put. A batch whose walk had not ended is walked again.
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
  for (const row of db.prepare('SELECT * FROM batch ORDER BY id').all()) {
    const batch = batchOf(row)
    batches.push(batch)
    const request = requestOf(row)
    requests.set(batch.batchId, { ...request, options: { ...request.options, ...rules } })
    const { skipped, cancelled } = row
    journal.knowBatch(batch.batchId, {
      ...batch,
      skipped: Number(skipped),
      cancelled: Number(cancelled),
      scanned: !batch.scanning,
    })
  }
  const leftovers = leftoversOf(engine)
  const listed = new Set<number>()
  let unfinished = 0
  let resentAtMost = 0
  let unreadable = 0
  const page = db.prepare('SELECT * FROM transfer WHERE id > ? AND listed = 1 ORDER BY id LIMIT ?')
  for (let after = 0; ; ) {
    const rows = page.all(after, PAGE_ROWS)
    for (const row of rows) {
      after = Number(row.id)
      const transfer = read(row, requests)
      if (transfer === null) {
        unreadable++
        continue
      }
      listed.add(transfer.batchId)
      const ended = isEnded(transfer.state.phase)
      if (!ended) resentAtMost += takeUp(transfer, String(row.phase), row.begun === 1, leftovers.get(transfer.id))
      engine.queue.add(transfer)
      if (ended) continue
      unfinished++
      intake.tellQueued(transfer)
    }
    if (rows.length < PAGE_ROWS) break
    await new Promise((resolve) => setImmediate(resolve))
  }
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
  const shown = batches.filter(({ batchId }) => listed.has(batchId))
  const wanted = new Set(shown.filter((one) => one.unfinished > 0 || one.scanning).map((one) => one.destinationId))
  for (const { destinationId } of journal.leftUploads()) wanted.add(destinationId)
  const destinations = readDestinations(db).filter(({ id }) => wanted.has(id))
  return { batches: shown, destinations, unfinished, resentAtMost }
}

function read(row: Record<string, unknown>, requests: ReadonlyMap<number, AddBatch>): Transfer | null {
  const request = requests.get(Number(row.batchId))
  try {
    return request === undefined ? null : transferOf(row, request)
  } catch {
    return null
  }
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

function leftoversOf(engine: Engine): ReadonlyMap<number, Leftovers> {
  const { db } = engine.journal
  const leftovers = new Map<number, { upload: KeptUpload | undefined; parts: KeptPart[] }>()
  const of = (transferId: number) => {
    let found = leftovers.get(transferId)
    if (found === undefined) {
      found = { upload: undefined, parts: [] }
      leftovers.set(transferId, found)
    }
    return found
  }
  for (const row of db?.prepare('SELECT * FROM upload WHERE aborting = 0 ORDER BY id').iterate() ?? []) {
    const upload = uploadOf(row)
    if (upload.uploadId !== null) of(upload.transferId).upload = upload
  }
  for (const row of db?.prepare('SELECT * FROM part').iterate() ?? []) {
    const part = partOf(row)
    of(part.transferId).parts.push(part)
  }
  return leftovers
}
