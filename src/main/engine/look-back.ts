import { SluiceError } from '../../shared/errors.ts'
import type { ListedPart } from '../core/part-check.ts'
import { unlikeParts } from '../core/part-check.ts'
import { partRange } from '../core/part-plan.ts'
import { wholeChecksum } from './checksums.ts'
import type { EngineContext } from './engine-context.ts'
import { EXISTS_DIFFERENT } from './job-outcomes.ts'
import { keepBeside, keepsBoth } from './keep-both.ts'
import type { StoredObject } from './object-proof.ts'
import { isWhatWasSent } from './object-proof.ts'
import type { S3Control } from './s3-control.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { mustBeNew } from './transfer-record.ts'

/**
 * What an earlier run left of a transfer, compared with what the server has: S3 is the truth, the journal a cache.
 * After it the transfer goes on with what is missing, or has ended.
 * @throws SluiceError what recovery is to deal with
 */
export async function lookBack(engine: EngineContext, control: S3Control, transfer: Transfer): Promise<void> {
  const { work, state } = transfer
  if (work === null || state.phase !== 'uploading') return
  if (state.uploadId === null) await lookAtObject(engine, control, transfer, work)
  else await lookAtUpload(engine, control, transfer, work, state.uploadId)
}

/**
 * A part counts only where the server holds it as we remember it. All others are sent again, unless the server turns out to
 * hold just their bytes: it may have answered for one when the process ended.
 */
async function lookAtUpload(
  engine: EngineContext,
  control: S3Control,
  transfer: Transfer,
  work: Work,
  uploadId: string,
): Promise<void> {
  const { key, options, identity } = transfer
  if (work.unchecked === 'completing' && (await wasCompleted(engine, control, transfer, work, uploadId))) return
  let listed: readonly ListedPart[]
  try {
    listed = await control.listParts(key, uploadId)
  } catch (thrown) {
    // A completed upload is unknown as well.
    const isGone = thrown instanceof SluiceError && thrown.code === 'upload-vanished'
    if (isGone && (await wasCompleted(engine, control, transfer, work, uploadId))) return
    throw thrown
  }
  if (transfer.work !== work) return
  for (const partNumber of unlikeParts(options.checksum, work.done, listed)) {
    takeBack(engine, transfer, work, partNumber)
  }
  for (const { partNumber, sizeBytes, etag, checksums } of listed) {
    const isWhole = sizeBytes === partRange(identity.sizeBytes, work.partBytes, partNumber).bytes
    if (work.done.has(partNumber) || !isWhole) continue
    work.there.set(partNumber, { etag, checksum: checksums[options.checksum] ?? null })
  }
  for (let partNumber = 1; partNumber <= work.partCount; partNumber++) {
    if (!work.done.has(partNumber)) work.returned.push(partNumber)
  }
  work.nextPart = work.partCount + 1
  goOn(engine, transfer, work)
}

/** The part does not count after all, and goes again. Its number is not handed out by this. */
export function takeBack(engine: EngineContext, transfer: Transfer, work: Work, partNumber: number): void {
  const bytes = work.done.get(partNumber)?.bytes ?? 0
  work.done.delete(partNumber)
  work.lost.set(partNumber, (work.lost.get(partNumber) ?? 0) + bytes)
  engine.queue.confirm(transfer, -bytes)
  engine.journal.partGone(transfer, partNumber)
}

/** Its completion may have succeeded without our hearing of it: then the object is there, and it is what was sent. */
async function wasCompleted(
  engine: EngineContext,
  control: S3Control,
  transfer: Transfer,
  work: Work,
  uploadId: string,
): Promise<boolean> {
  const { key, options, identity } = transfer
  if (work.done.size < work.partCount) return false
  const parts = [...work.done].sort(([a], [b]) => a - b).map(([, part]) => part)
  const checksum = wholeChecksum(options.checksum, parts, work.partBytes)
  const sent = { sizeBytes: identity.sizeBytes, checksum, partEtags: parts.map(({ etag }) => etag) }
  const stored = await control.headIfAllowed(key)
  const verified = isWhatWasSent(stored, sent)
  if (stored === null || verified === null) return false
  // It may be the object of another upload with the same bytes: then this one's parts would be kept and billed.
  await control.abortUpload(key, uploadId).catch(() => {})
  const { etag, versionId } = stored
  engine.apply(transfer, { type: 'completed', etag, versionId, checksum, verified })
  return true
}

/** A small file that may have arrived: read and compared, it need not be sent again. */
async function lookAtObject(engine: EngineContext, control: S3Control, transfer: Transfer, work: Work): Promise<void> {
  const stored = await control.headIfAllowed(transfer.key)
  if (transfer.work !== work || transfer.state.phase !== 'uploading') return
  if (stored === null) return goOn(engine, transfer, work)
  if (stored.sizeBytes !== transfer.identity.sizeBytes) return notOurs(engine, transfer, work, stored)
  engine.dispatcher.compare(transfer, work, { stored, mayBeOurs: true, earlierRun: true })
}

/** What is there is not what this transfer would have put there, so it is judged as if nothing had been sent. */
export function notOurs(engine: EngineContext, transfer: Transfer, work: Work, stored: StoredObject): void {
  if (!mustBeNew(transfer)) return goOn(engine, transfer, work)
  if (keepsBoth(transfer)) return keepBeside(engine, transfer)
  switch (transfer.options.onExists) {
    case 'skip':
      return engine.apply(transfer, { type: 'skipped', etag: stored.etag, reason: 'exists' })
    case 'fail': {
      const message = `An object with this key exists already: ${transfer.key}`
      return engine.apply(transfer, { type: 'failed', error: { code: 'exists', message } })
    }
    default:
      return engine.apply(transfer, { type: 'failed', error: EXISTS_DIFFERENT })
  }
}

function goOn(engine: EngineContext, transfer: Transfer, work: Work): void {
  work.unchecked = 'no'
  if (transfer.state.phase === 'uploading') engine.send(transfer)
}
