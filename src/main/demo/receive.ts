import { hash } from 'node:crypto'
import { AwsChunkedDecoder } from './aws-chunked.ts'
import type { Blob } from './blob.ts'
import { openBlobWriter } from './blob.ts'
import type { BodyPlan } from './body-plan.ts'
import { givenChecksum, isBase64Of, md5Of, planBody } from './body-plan.ts'
import { newId } from './bucket.ts'
import type { ChecksumAlgorithm, Digest } from './checksums.ts'
import { DIGEST_BYTES, newDigest } from './checksums.ts'
import type { Exchange } from './exchange.ts'
import { S3Error } from './s3-error.ts'

/** Content that arrived whole and is what its headers promised. */
export interface Received {
  readonly blob: Blob
  readonly sizeBytes: number
  readonly etag: string
  /** Verified, or computed because it was asked for. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | null
}

/** Small bodies always get an MD5 for their ETag. */
const ALWAYS_MD5_BYTES = 1024 * 1024

/**
 * Receives the body of a PutObject or UploadPart.
 *
 * The ETag is the MD5 where the client sent one, where it sent no other checksum, and up to 1 MiB. A larger body
 * under a verified checksum gets an opaque ETag, as S3 itself gives under SSE-KMS: MD5 alone would cost 1.5 s of
 * CPU a GiB, more than everything else here.
 *
 * @param compute an algorithm whose checksum is wanted even when the client sends none.
 * @throws S3Error when anything differs from what was promised; nothing is kept then.
 */
export async function receive(
  exchange: Exchange,
  plan: BodyPlan,
  compute: ChecksumAlgorithm | null,
): Promise<Received> {
  const { fault } = exchange
  const careless = fault?.kind === 'ignore-checksums' || fault?.kind === 'store-wrong-byte'
  const algorithm = plan.checksum?.algorithm ?? compute
  const digest = algorithm === null ? null : newDigest(algorithm)
  const ignoresChecksums = fault?.kind === 'ignore-checksums'
  const needsMd5 = plan.md5 !== null || plan.checksum === null || plan.sizeBytes <= ALWAYS_MD5_BYTES || ignoresChecksums
  const md5 = needsMd5 ? newDigest('MD5') : null
  const sha256 = plan.sha256 === null ? null : newDigest('SHA256')
  const digests = [digest, md5, sha256].filter((one): one is Digest => one !== null)

  const writer = await openBlobWriter(plan.sizeBytes, exchange.store.newTempPath)
  let sizeBytes = 0
  let busy: Promise<void> | undefined
  const takeContent = (bytes: Buffer): void => {
    const content = fault?.kind === 'store-wrong-byte' ? withWrongByte(bytes, fault.offset - sizeBytes) : bytes
    sizeBytes += bytes.length
    if (sizeBytes > plan.sizeBytes) throw new S3Error('IncompleteBody', 'The body is longer than announced.')
    for (const one of digests) one.update(content)
    busy = writer.write(content)
  }
  const decoder =
    plan.framing === 'plain'
      ? null
      : new AwsChunkedDecoder(
          plan.framing === 'aws-chunked-signed' ? exchange.signature.chunkSigner : null,
          plan.trailerName !== null,
          takeContent,
        )
  try {
    await exchange.body.read((bytes) => {
      busy = undefined
      if (decoder === null) takeContent(bytes)
      else decoder.push(bytes)
      return busy
    })
    decoder?.finish()
    if (sizeBytes !== plan.sizeBytes) {
      throw new S3Error('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length.')
    }
    const md5Bytes = md5?.digest()
    const value = digest?.digest().toString('base64') ?? null
    if (!careless) {
      if (sha256 !== null && sha256.digest().toString('hex') !== plan.sha256) {
        throw new S3Error(
          'XAmzContentSHA256Mismatch',
          "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
      }
      if (plan.md5 !== null && plan.md5 !== md5Bytes?.toString('base64')) {
        throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.')
      }
      checkChecksum(plan, decoder, value)
    }
    const keeps = value !== null && algorithm !== null && !(careless && reportsNothing(exchange))
    return {
      blob: await writer.finish(),
      sizeBytes,
      etag: md5Bytes?.toString('hex') ?? opaqueEtag(),
      checksum: keeps ? { algorithm, value } : null,
    }
  } catch (error) {
    await writer.discard()
    throw error
  }
}

/** The plan of this request's body. */
export function bodyPlanOf(exchange: Exchange): BodyPlan {
  return planBody(exchange.headers, exchange.signature)
}

/**
 * An XML body. Its sha256 and Content-MD5 are checked; its x-amz-checksum header too where `ownChecksum` says that
 * it speaks of the body (CompleteMultipartUpload's speaks of the object).
 * @throws S3Error EntityTooLarge beyond `maxBytes`.
 */
export async function receiveText(exchange: Exchange, maxBytes: number, ownChecksum: boolean): Promise<Buffer> {
  const { headers, signature } = exchange
  if (signature.contentSha256.startsWith('STREAMING-')) {
    throw new S3Error('NotImplemented', 'The demo bucket takes aws-chunked bodies for objects and parts only.')
  }
  const bytes = await exchange.body.readText(maxBytes)
  if (signature.contentSha256 !== 'UNSIGNED-PAYLOAD' && hash('sha256', bytes) !== signature.contentSha256) {
    throw new S3Error('XAmzContentSHA256Mismatch', 'The body does not have the sha256 that its header gives.')
  }
  const md5 = md5Of(headers)
  if (md5 !== null && hash('md5', bytes, 'base64') !== md5) {
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.')
  }
  const given = ownChecksum ? givenChecksum(headers) : null
  if (given !== null) {
    const digest = newDigest(given.algorithm)
    digest.update(bytes)
    if (digest.digest().toString('base64') !== given.value) {
      throw new S3Error('BadDigest', `The ${given.algorithm} you specified did not match the calculated checksum.`)
    }
  }
  return bytes
}

/** Not of the form of an MD5, so that no client compares it with one. */
function opaqueEtag(): string {
  return `${newId().slice(0, 24)}-0`
}

function reportsNothing(exchange: Exchange): boolean {
  const { fault } = exchange
  return fault?.kind === 'ignore-checksums' || (fault?.kind === 'store-wrong-byte' && fault.reports === 'nothing')
}

function checkChecksum(plan: BodyPlan, decoder: AwsChunkedDecoder | null, computed: string | null): void {
  if (plan.checksum === null) return
  const { algorithm } = plan.checksum
  let expected = plan.checksum.value
  if (expected === null) {
    expected = decoder?.trailers.get(plan.trailerName ?? '') ?? null
    if (expected === null || !isBase64Of(expected, DIGEST_BYTES[algorithm])) {
      throw new S3Error('MalformedTrailerError', 'The request contained trailing data that was not well-formed.')
    }
  }
  if (expected !== computed) {
    throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`)
  }
}

function withWrongByte(bytes: Buffer, at: number): Buffer {
  if (at < 0 || at >= bytes.length) return bytes
  const wrong = Buffer.from(bytes)
  wrong[at] = (wrong[at] ?? 0) ^ 0xff
  return wrong
}
