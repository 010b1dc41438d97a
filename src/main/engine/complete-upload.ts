import type { ErrorCode } from '../../shared/errors.ts'
import { SluiceError } from '../../shared/errors.ts'
import type { Checksum, Verified } from '../../shared/transfer.ts'
import { isStored, NAMES } from './checksum-names.ts'
import type { SentObject } from './object-proof.ts'
import { isWhatWasSent, proofOf } from './object-proof.ts'
import type { S3Control } from './s3-control.ts'

export interface FinishedPart {
  readonly partNumber: number
  readonly etag: string
  /** Base64 in the upload's algorithm; null without checksums. */
  readonly checksum: string | null
}

export interface CompleteInput {
  readonly key: string
  readonly uploadId: string
  /** In order. */
  readonly parts: readonly FinishedPart[]
  /** That of the whole object. */
  readonly checksum: Checksum | null
  readonly sizeBytes: number
  readonly onlyIfNew: boolean
  /** An object that has the key by now is left alone, also by a server that does not honour `onlyIfNew` (Ceph 16). */
  readonly looksFirst?: boolean
}

export interface Completed {
  readonly etag: string
  readonly versionId: string | null
  readonly verified: Verified
}

/**
 * Answers to a completion that an earlier one, whose answer was lost, explains as well: the upload is gone, the key
 * exists, or (Ceph 16, of an upload that is gone) an internal error.
 */
const MAY_BE_COMPLETE: ReadonlySet<ErrorCode> = new Set([
  'upload-vanished',
  'exists',
  'server-unavailable',
  'answer-invalid',
])

/**
 * Completes and then verifies: an answer without an ETag is no success, and where the answer held no checksum
 * HeadObject is asked.
 * @throws SluiceError `checksum-mismatch`: the object is there, is ours, and is not what was sent
 */
export async function completeUpload(control: S3Control, input: CompleteInput): Promise<Completed> {
  const { key, uploadId, parts, checksum, sizeBytes } = input
  const sent: SentObject = { sizeBytes, checksum, partEtags: parts.map(({ etag }) => etag) }
  let answer: Awaited<ReturnType<S3Control['callComplete']>>
  try {
    if (input.looksFirst && (await control.headIfAllowed(key)) !== null) {
      throw new SluiceError({ code: 'exists', message: 'Another object has this key by now.' })
    }
    answer = await control.callComplete(input)
  } catch (thrown) {
    const mayBe = thrown instanceof SluiceError && MAY_BE_COMPLETE.has(thrown.code)
    const lost = mayBe ? await lostAnswer(control, key, sent) : null
    if (lost === null) throw thrown
    // The object may be that of an earlier upload with the same bytes: then this one's parts would be kept and billed.
    await control.abortUpload(key, uploadId).catch(() => {})
    return lost
  }
  // Ceph 16 completes and names no ETag; others do not complete and answer 200 all the same: the object decides.
  if (!answer.ETag) {
    const lost = await lostAnswer(control, key, sent)
    if (lost !== null) return lost
    const message = 'The server answered the completion of the upload without an ETag, and the object is not there.'
    throw new SluiceError({ code: 'answer-invalid', message })
  }
  const { ETag: etag, VersionId: versionId = null } = answer
  const told = checksum !== null && isStored(checksum.algorithm) ? answer[NAMES[checksum.algorithm].field] : undefined
  if (told !== undefined && told === checksum?.value) return { etag, versionId, verified: 'checksum' }
  const stored = await control.head(key)
  return { etag, versionId: versionId ?? stored?.versionId ?? null, verified: proofOf(stored, sent, etag) }
}

/** An earlier completion may have succeeded and its answer been lost: then the object is there, and it is ours. */
async function lostAnswer(control: S3Control, key: string, sent: SentObject): Promise<Completed | null> {
  const stored = await control.head(key)
  const verified = isWhatWasSent(stored, sent)
  return stored === null || verified === null ? null : { etag: stored.etag, versionId: stored.versionId, verified }
}
