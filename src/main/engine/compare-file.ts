import type { SumAlgorithm } from '../../shared/transfer.ts'
import { compositeMd5OfEtag, md5OfEtag } from './checksum-names.ts'
import type { SummedPart, Summer } from './checksums.ts'
import { wholeChecksum } from './checksums.ts'
import type { CompareJob } from './sender-protocol.ts'
import type { SourceFile } from './source-file.ts'

/**
 * Reads the whole file and says whether an object with these marks has the same bytes. An ETag is taken for an MD5,
 * of the bytes or (S3's multipart) of the parts' MD5s: where it is neither, the answer is no.
 * @param buffer what is read goes here
 */
export async function sameContent(
  job: CompareJob,
  file: SourceFile,
  buffer: Uint8Array,
  summerOf: (algorithm: SumAlgorithm) => Promise<Summer>,
  signal: AbortSignal,
): Promise<boolean> {
  const { sizeBytes } = job.identity
  const algorithm = job.checksum?.algorithm ?? 'md5'
  const expected = job.checksum?.value ?? md5OfEtag(job.etag) ?? compositeMd5OfEtag(job.etag) ?? ''
  const composite = expected.includes('-')
  const pieceBytes = composite ? job.partBytes : Number.POSITIVE_INFINITY
  if (expected === '' || (composite && !expected.endsWith(`-${Math.ceil(sizeBytes / pieceBytes)}`))) return false
  const summer = await summerOf(algorithm)
  const parts: SummedPart[] = []
  summer.begin()
  let bytes = 0
  for (let at = 0; at < sizeBytes; ) {
    signal.throwIfAborted()
    const view = buffer.subarray(0, Math.min(buffer.byteLength, sizeBytes - at, pieceBytes - bytes))
    await file.read(view, at)
    summer.update(view)
    at += view.byteLength
    bytes += view.byteLength
    if (bytes < pieceBytes && at < sizeBytes) continue
    parts.push({ bytes, checksum: summer.end() })
    summer.begin()
    bytes = 0
  }
  if (parts.length === 0) parts.push({ bytes: 0, checksum: summer.end() })
  const own = composite ? wholeChecksum(algorithm, parts, null)?.value : parts[0]?.checksum
  return own === expected
}
