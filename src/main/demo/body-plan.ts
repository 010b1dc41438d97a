import type { IncomingHttpHeaders } from 'node:http'
import type { ChecksumAlgorithm } from './checksums.ts'
import { CHECKSUM_ALGORITHMS, DIGEST_BYTES } from './checksums.ts'
import { S3Error } from './s3-error.ts'
import type { CheckedSignature } from './signature.ts'

/** 5 GiB: the most one PutObject or UploadPart may carry. */
const MAX_BODY_BYTES = 5 * 1024 ** 3

/** How a body is framed and what it must turn out to be. */
export interface BodyPlan {
  /** Of the content itself, without framing. */
  readonly sizeBytes: number
  readonly framing: 'plain' | 'aws-chunked' | 'aws-chunked-signed'
  /** Lower-case name of the announced trailer. */
  readonly trailerName: string | null
  /** base64 */
  readonly md5: string | null
  /** `value` (base64) is null when it comes in the trailer. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string | null } | null
  /** hex */
  readonly sha256: string | null
}

/** @throws S3Error when the headers contradict each other or leave the size open. */
export function planBody(headers: IncomingHttpHeaders, signature: CheckedSignature): BodyPlan {
  const { contentSha256 } = signature
  const framing = framingOf(contentSha256)
  const length = framing === 'plain' ? headers['content-length'] : headers['x-amz-decoded-content-length']
  if (typeof length !== 'string' || !/^\d{1,15}$/.test(length)) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.')
  }
  const sizeBytes = Number(length)
  if (sizeBytes > MAX_BODY_BYTES) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.')
  }
  const trailerName = trailerOf(headers, contentSha256)
  return {
    sizeBytes,
    framing,
    trailerName,
    md5: md5Of(headers),
    checksum: checksumOf(headers, trailerName),
    sha256: framing === 'plain' && contentSha256 !== 'UNSIGNED-PAYLOAD' ? contentSha256 : null,
  }
}

function framingOf(contentSha256: string): BodyPlan['framing'] {
  switch (contentSha256) {
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return 'aws-chunked-signed'
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return 'aws-chunked'
    case 'UNSIGNED-PAYLOAD':
      return 'plain'
    default:
      if (/^[0-9a-f]{64}$/.test(contentSha256)) return 'plain'
      throw new S3Error(
        'InvalidArgument',
        'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- value or a valid sha256 value.',
      )
  }
}

function trailerOf(headers: IncomingHttpHeaders, contentSha256: string): string | null {
  const announced = headers['x-amz-trailer']
  if (!contentSha256.endsWith('-TRAILER')) return null
  if (typeof announced !== 'string') {
    throw new S3Error('InvalidRequest', 'A STREAMING-…-TRAILER body needs the x-amz-trailer header.')
  }
  return announced.trim().toLowerCase()
}

/** Content-MD5 in base64, or null. @throws S3Error InvalidDigest. */
export function md5Of(headers: IncomingHttpHeaders): string | null {
  const value = headers['content-md5']
  if (value === undefined) return null
  if (typeof value !== 'string' || !isBase64Of(value, 16)) {
    throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.')
  }
  return value
}

/** `x-amz-checksum-crc32` for CRC32, and so on. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`
}

/** The one checksum that the headers give, with its value. @throws S3Error for several or a malformed one. */
export function givenChecksum(
  headers: IncomingHttpHeaders,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | null {
  let found: { algorithm: ChecksumAlgorithm; value: string } | null = null
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers[checksumHeader(algorithm)]
    if (typeof value !== 'string') continue
    if (found !== null) {
      throw new S3Error(
        'InvalidRequest',
        'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
      )
    }
    found = { algorithm, value }
  }
  return found
}

function checksumOf(headers: IncomingHttpHeaders, trailerName: string | null): BodyPlan['checksum'] {
  const given = givenChecksum(headers)
  if (given !== null && !isBase64Of(given.value, DIGEST_BYTES[given.algorithm])) {
    throw new S3Error('InvalidRequest', `Value for ${checksumHeader(given.algorithm)} header is invalid.`)
  }
  const inTrailer = CHECKSUM_ALGORITHMS.find((algorithm) => checksumHeader(algorithm) === trailerName)
  if (trailerName !== null && inTrailer === undefined) {
    throw new S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported')
  }
  if (given !== null && inTrailer !== undefined) {
    throw new S3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header or trailer.')
  }
  const checksum = inTrailer === undefined ? given : { algorithm: inTrailer, value: null }
  const named = headers['x-amz-sdk-checksum-algorithm']
  if (typeof named === 'string' && named.toUpperCase() !== (checksum?.algorithm ?? 'MD5')) {
    throw new S3Error(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    )
  }
  return checksum
}

export function isBase64Of(value: string, bytes: number): boolean {
  const decoded = Buffer.from(value, 'base64')
  return decoded.length === bytes && decoded.toString('base64') === value
}
