import { SluiceError } from '../../shared/errors.ts'
import { unlikeParts } from '../core/part-check.ts'
import { wholeChecksum } from './checksums.ts'
import type { Completed } from './complete-upload.ts'
import { completeUpload } from './complete-upload.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import { keepBeside, keepsBoth } from './keep-both.ts'
import { takeBack } from './look-back.ts'
import type { S3Control } from './s3-control.ts'
import { checkPath } from './source-file.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { mustBeNew } from './transfer-record.ts'

/**
 * Completes an upload all of whose parts were acknowledged, and proves the object. Where the server does not accept
 * the parts, those that it holds otherwise are sent again, once; then the whole file, once. Where the key has got
 * another object meanwhile and both are kept, the file goes again under another name.
 * @throws SluiceError what recovery is to deal with
 */
export async function completeTransfer(
  engine: EngineContext,
  control: S3Control,
  transfer: Transfer,
  uploadId: string,
): Promise<void> {
  const { work, options, identity, key } = transfer
  if (work === null) return
  await checkPath(transfer.path, identity)
  const done = [...work.done].sort(([a], [b]) => a - b)
  const sums = done.map(([, part]) => part)
  const checksum = wholeChecksum(options.checksum, sums, work.partBytes)
  const runtime = engine.destinations.get(transfer.destinationId)
  let completed: Completed
  try {
    completed = await completeUpload(control, {
      key,
      uploadId,
      parts: done.map(([partNumber, { etag, checksum }]) => ({ partNumber, etag, checksum })),
      checksum,
      sizeBytes: identity.sizeBytes,
      onlyIfNew: mustBeNew(transfer) && (runtime?.conditionalWrites ?? true),
      looksFirst: keepsBoth(transfer),
    })
  } catch (thrown) {
    if (!(thrown instanceof SluiceError)) throw thrown
    if (thrown.code === 'exists' && keepsBoth(transfer)) return keepBeside(engine, transfer)
    if (thrown.code === 'parts-rejected') return sendBadPartsAgain(engine, control, transfer, work, uploadId, thrown)
    if (thrown.code !== 'checksum-mismatch') throw thrown
    // The wrong object under this key is ours: what is sent anew replaces it.
    transfer.overwrite = true
    return engine.recovery.restart(transfer, thrown.failure)
  }
  if (runtime !== undefined) await tellLostTags(engine, control, transfer, runtime)
  engine.apply(transfer, { type: 'completed', checksum, ...completed })
}

/** Ceph 16 takes the tags of an upload in parts and drops them without a word: a person is told, once. */
async function tellLostTags(
  engine: EngineContext,
  control: S3Control,
  { key, options }: Transfer,
  runtime: DestinationRuntime,
): Promise<void> {
  const wanted = Object.keys(options.object?.tags ?? {}).length
  if (wanted === 0 || runtime.tagsLookedAt) return
  runtime.tagsLookedAt = true
  const kept = await control.tagCount(key)
  if (kept === null || kept >= wanted) return
  const message = `The server dropped the tags of ${key}, as it may do with every file that is sent in parts: set them there.`
  engine.emit({ type: 'notice', level: 'error', message })
}

async function sendBadPartsAgain(
  engine: EngineContext,
  control: S3Control,
  transfer: Transfer,
  work: Work,
  uploadId: string,
  rejected: SluiceError,
): Promise<void> {
  const { key, options } = transfer
  const listed = work.mended ? [] : await control.listParts(key, uploadId)
  const bad = work.mended ? [] : unlikeParts(options.checksum, work.done, listed)
  if (transfer.work !== work) return
  // Either the server contradicts itself, or sending them again did not help.
  if (bad.length === 0) return engine.recovery.restart(transfer, rejected.failure)
  work.mended = true
  for (const partNumber of bad) {
    takeBack(engine, transfer, work, partNumber)
    work.returned.push(partNumber)
  }
  const parts = bad.length === 1 ? 'One part' : `${bad.length} parts`
  const message = `${parts} of ${key} had not arrived as the server had said: sent again.`
  engine.emit({ type: 'notice', level: 'info', message })
  engine.apply(transfer, { type: 'parts-again' })
}
