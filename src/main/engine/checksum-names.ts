import type { IncomingHttpHeaders } from 'node:http'
import type { ChecksumAlgorithm, SumAlgorithm } from '../../shared/transfer.ts'

/** How S3 writes checksums in requests and answers. */

/** Algorithms that S3 keeps beside the object; an MD5 it keeps only as the ETag. */
export type StoredAlgorithm = Exclude<SumAlgorithm, 'md5'>

interface Names {
  /** As in `x-amz-sdk-checksum-algorithm`. */
  readonly name: 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA256'
  /** The header of a request or an answer. */
  readonly header: string
  /** The SDK's field. */
  readonly field: 'ChecksumCRC32' | 'ChecksumCRC32C' | 'ChecksumCRC64NVME' | 'ChecksumSHA256'
  /** How S3 makes the checksum of a multipart upload. */
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
}

/** In the order in which an object's checksums are preferred for a comparison. */
export const NAMES: Readonly<Record<StoredAlgorithm, Names>> = {
  crc32: { name: 'CRC32', header: 'x-amz-checksum-crc32', field: 'ChecksumCRC32', type: 'FULL_OBJECT' },
  crc32c: { name: 'CRC32C', header: 'x-amz-checksum-crc32c', field: 'ChecksumCRC32C', type: 'FULL_OBJECT' },
  crc64nvme: {
    name: 'CRC64NVME',
    header: 'x-amz-checksum-crc64nvme',
    field: 'ChecksumCRC64NVME',
    type: 'FULL_OBJECT',
  },
  sha256: { name: 'SHA256', header: 'x-amz-checksum-sha256', field: 'ChecksumSHA256', type: 'COMPOSITE' },
}

export function isStored(algorithm: ChecksumAlgorithm): algorithm is StoredAlgorithm {
  return algorithm in NAMES
}

/** What a PUT says about its body's checksum (base64). */
export function checksumHeaders(algorithm: SumAlgorithm, value: string): Record<string, string> {
  if (algorithm === 'md5') return { 'content-md5': value }
  const { name, header } = NAMES[algorithm]
  // Some servers check the value only where both are there.
  return { 'x-amz-sdk-checksum-algorithm': name, [header]: value }
}

/** The checksum (base64) that the answer to a PUT names, or null where it names none. */
export function answeredChecksum(algorithm: ChecksumAlgorithm, headers: IncomingHttpHeaders): string | null {
  if (algorithm === 'none') return null
  if (algorithm !== 'md5') return oneOf(headers[NAMES[algorithm].header]) || null
  // Under a key of KMS or of the client's own, the ETag has the form of an MD5 and is none.
  const opaque =
    oneOf(headers['x-amz-server-side-encryption']).startsWith('aws:kms') ||
    headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined
  return opaque ? null : md5OfEtag(headers.etag ?? '')
}

/** The MD5 (base64) that an ETag of one piece is; null where it has another form. */
export function md5OfEtag(etag: string): string | null {
  const bare = etag.replaceAll('"', '')
  return /^[0-9a-f]{32}$/i.test(bare) ? Buffer.from(bare, 'hex').toString('base64') : null
}

/** The composite MD5 (`base64-N`) that the ETag of a multipart upload is; null where it has another form. */
export function compositeMd5OfEtag(etag: string): string | null {
  const [digest = '', count] = etag.replaceAll('"', '').split('-')
  const md5 = md5OfEtag(digest)
  return md5 === null || count === undefined ? null : `${md5}-${count}`
}

function oneOf(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? ''
}
