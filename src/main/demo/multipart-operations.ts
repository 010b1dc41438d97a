import { checksumHeader, givenChecksum } from './body-plan.ts'
import type { Bucket } from './bucket.ts'
import type { ChecksumAlgorithm, ChecksumType, StoredChecksum } from './checksums.ts'
import {
  CHECKSUM_ALGORITHMS,
  combineChecksums,
  defaultChecksumType,
  isLegalChecksumType,
  newDigest,
} from './checksums.ts'
import type { Answer, Exchange } from './exchange.ts'
import { bucketOf, headerOf, invalidArgument, keyOf, numberOf, quoted, refuse, unquoted } from './exchange.ts'
import { checksumHeaders, checkWriteCondition, metadataOf } from './object-operations.ts'
import { bodyPlanOf, receive, receiveText } from './receive.ts'
import type { ObjectMeta, PartMeta, StoredPart, Upload } from './records.ts'
import { S3Error } from './s3-error.ts'
import type { XmlNode } from './xml.ts'
import { childrenOf, document, element, malformedXml, parseXml, textOf } from './xml.ts'

const MAX_PART_NUMBER = 10_000
const MIN_PART_BYTES = 5 * 1024 * 1024
/** 10 000 parts with an ETag and a SHA-256 each are 2.5 MB. */
const MAX_COMPLETE_BYTES = 8 * 1024 * 1024

/** The element of an XML answer or request that carries this checksum. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`
}

export function createMultipartUpload(exchange: Exchange): Answer {
  const bucket = bucketOf(exchange)
  const key = keyOf(exchange)
  const algorithm = algorithmOf(headerOf(exchange, 'x-amz-checksum-algorithm'))
  const type = typeOf(headerOf(exchange, 'x-amz-checksum-type'), algorithm)
  const { uploadId } = bucket.createUpload({
    key,
    startedMs: Date.now(),
    ...metadataOf(exchange),
    checksumAlgorithm: algorithm,
    checksumType: type,
  })
  const headers = algorithm === null ? {} : { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type ?? '' }
  return {
    status: 200,
    headers,
    body: document(
      'InitiateMultipartUploadResult',
      element('Bucket', bucket.name) + element('Key', key) + element('UploadId', uploadId),
    ),
  }
}

function algorithmOf(name: string | null): ChecksumAlgorithm | null {
  if (name === null) return null
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toUpperCase())
  if (algorithm === undefined) {
    throw refuse(
      'InvalidRequest',
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types',
    )
  }
  return algorithm
}

function typeOf(name: string | null, algorithm: ChecksumAlgorithm | null): ChecksumType | null {
  if (name === null) return algorithm === null ? null : defaultChecksumType(algorithm)
  if (algorithm === null) {
    throw refuse(
      'InvalidRequest',
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    )
  }
  const type = name.toUpperCase()
  if ((type !== 'FULL_OBJECT' && type !== 'COMPOSITE') || !isLegalChecksumType(algorithm, type)) {
    throw refuse('InvalidRequest', `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`)
  }
  return type
}

/** @throws S3Error NoSuchUpload, also for the id of another key. */
export function uploadOf(exchange: Exchange, bucket: Bucket): Upload {
  const upload = bucket.uploads.get(exchange.target.query.get('uploadId') ?? '')
  if (upload === undefined || upload.meta.key !== exchange.target.key) {
    throw refuse(
      'NoSuchUpload',
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    )
  }
  return upload
}

export async function uploadPart(exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(exchange)
  if (headerOf(exchange, 'x-amz-copy-source') !== null) {
    throw refuse('NotImplemented', 'The demo bucket does not implement UploadPartCopy.')
  }
  const partNumber = numberOf(exchange, 'partNumber', 0, 1, MAX_PART_NUMBER)
  const upload = uploadOf(exchange, bucket)
  const plan = bodyPlanOf(exchange)
  const wanted = upload.meta.checksumAlgorithm
  const given = plan.checksum?.algorithm ?? null
  // A full-object CRC needs none from the client: the server takes it from the bytes.
  if (given !== wanted && !(given === null && upload.meta.checksumType === 'FULL_OBJECT')) {
    throw refuse(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${shownType(wanted)}, actual checksum Type: ${shownType(given)}`,
    )
  }
  const { blob, sizeBytes, etag, checksum } = await receive(exchange, plan, wanted)
  const part: PartMeta = { partNumber, sizeBytes, etag, modifiedMs: Date.now(), checksum }
  await bucket.putPart(upload, part, blob)
  const headers: Record<string, string> = { etag: quoted(etag) }
  if (checksum !== null) headers[checksumHeader(checksum.algorithm)] = checksum.value
  return { status: 200, headers }
}

function shownType(algorithm: ChecksumAlgorithm | null): string {
  return algorithm === null ? 'null' : algorithm.toLowerCase()
}

export function abortMultipartUpload(exchange: Exchange): Answer {
  const bucket = bucketOf(exchange)
  bucket.abortUpload(uploadOf(exchange, bucket))
  return { status: 204 }
}

export async function completeMultipartUpload(exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(exchange)
  const key = keyOf(exchange)
  uploadOf(exchange, bucket)
  const request = parseXml(await receiveText(exchange, MAX_COMPLETE_BYTES, false), 'CompleteMultipartUpload')
  // From here on in one go: what is checked is what is published.
  const upload = uploadOf(exchange, bucket)
  const chosen = choose(upload, childrenOf(request, 'Part'))
  const sizeBytes = chosen.reduce((sum, part) => sum + part.sizeBytes, 0)
  const checksum = wholeChecksum(upload, chosen)
  checkWholeObject(exchange, upload, checksum, sizeBytes)
  checkWriteCondition(exchange, bucket, key)
  const { headers, storageClass, tags = {} } = upload.meta
  const meta: ObjectMeta = {
    key,
    sizeBytes,
    etag: wholeEtag(chosen),
    modifiedMs: Date.now(),
    checksum,
    headers,
    storageClass,
    tags,
    pieces: null,
  }
  bucket.completeUpload(upload, chosen, meta)
  return {
    status: 200,
    headers: checksumHeaders(meta),
    body: document(
      'CompleteMultipartUploadResult',
      [
        element('Location', `/${bucket.name}/${key}`),
        element('Bucket', bucket.name),
        element('Key', key),
        element('ETag', quoted(meta.etag)),
        checksum === null
          ? ''
          : element(checksumElement(checksum.algorithm), checksum.value) + element('ChecksumType', checksum.type),
      ].join(''),
    ),
  }
}

/** The parts that the request names. @throws S3Error where they are not what the client thinks, as S3 does. */
function choose(upload: Upload, listed: readonly XmlNode[]): StoredPart[] {
  if (listed.length === 0 || listed.length > MAX_PART_NUMBER) throw malformedXml()
  const { checksumAlgorithm, checksumType } = upload.meta
  const chosen: StoredPart[] = []
  let previous = 0
  for (const node of listed) {
    const partNumber = Number(textOf(node, 'PartNumber') ?? Number.NaN)
    const etag = textOf(node, 'ETag')
    if (!Number.isInteger(partNumber) || etag === null) throw malformedXml()
    if (partNumber < 1 || partNumber > MAX_PART_NUMBER) {
      throw invalidArgument('partNumber', String(partNumber), `PartNumber must be >= 1 and <= ${MAX_PART_NUMBER}`)
    }
    if (partNumber <= previous) {
      throw refuse(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
      )
    }
    previous = partNumber
    const part = upload.parts.get(partNumber)
    if (part === undefined || part.etag !== unquoted(etag)) throw invalidPart(upload, partNumber, etag)
    if (checksumAlgorithm !== null) {
      const given = textOf(node, checksumElement(checksumAlgorithm))
      if (given === null && checksumType === 'COMPOSITE') {
        throw refuse(
          'InvalidRequest',
          `The upload was created using a ${checksumAlgorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${partNumber} in the request.`,
        )
      }
      // A part that was taken with its checksum ignored has none to compare.
      if (given !== null && part.checksum !== null && given !== part.checksum.value) {
        throw invalidPart(upload, partNumber, etag)
      }
    }
    chosen.push(part)
  }
  const small = chosen.slice(0, -1).find((part) => part.sizeBytes < MIN_PART_BYTES)
  if (small !== undefined) {
    throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      extra: {
        ProposedSize: String(small.sizeBytes),
        MinSizeAllowed: String(MIN_PART_BYTES),
        PartNumber: String(small.partNumber),
        ETag: small.etag,
      },
    })
  }
  return chosen
}

function invalidPart(upload: Upload, partNumber: number, etag: string): S3Error {
  return new S3Error(
    'InvalidPart',
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { extra: { UploadId: upload.meta.uploadId, PartNumber: String(partNumber), ETag: etag } },
  )
}

/** From the checksums of the parts; null when the upload has none or a scripted fault left one out. */
function wholeChecksum(upload: Upload, chosen: readonly StoredPart[]): StoredChecksum | null {
  const { checksumAlgorithm, checksumType } = upload.meta
  if (checksumAlgorithm === null || checksumType === null) return null
  const parts: { value: string; sizeBytes: number }[] = []
  for (const { checksum, sizeBytes } of chosen) if (checksum !== null) parts.push({ value: checksum.value, sizeBytes })
  return parts.length === chosen.length ? combineChecksums(checksumAlgorithm, checksumType, parts) : null
}

/** What the request says about the object as a whole: checksum, its type, its size. */
function checkWholeObject(
  exchange: Exchange,
  upload: Upload,
  checksum: StoredChecksum | null,
  sizeBytes: number,
): void {
  const type = headerOf(exchange, 'x-amz-checksum-type')
  if (type !== null && type.toUpperCase() !== upload.meta.checksumType) {
    throw refuse(
      'InvalidRequest',
      `The complete request names the checksum type ${type}, but the upload was created with ${upload.meta.checksumType ?? 'none'}.`,
    )
  }
  const given = givenChecksum(exchange.headers)
  if (given !== null && checksum !== null) {
    if (given.algorithm !== checksum.algorithm) {
      throw refuse('InvalidRequest', 'The checksum of the complete request is of another algorithm than the upload.')
    }
    if (given.value !== checksum.value) {
      throw refuse('BadDigest', `The ${given.algorithm} you specified did not match the calculated checksum.`)
    }
  }
  const size = headerOf(exchange, 'x-amz-mp-object-size')
  if (size !== null && size !== String(sizeBytes)) {
    throw refuse('InvalidRequest', `The parts make ${sizeBytes} bytes, not the ${size} that x-amz-mp-object-size says.`)
  }
}

/** MD5 over the MD5s of the parts, as S3; over the text of those ETags that are not an MD5. Ends in the count of parts. */
function wholeEtag(chosen: readonly StoredPart[]): string {
  const digest = newDigest('MD5')
  for (const { etag } of chosen) digest.update(Buffer.from(etag, /^[0-9a-f]{32}$/.test(etag) ? 'hex' : 'latin1'))
  return `${digest.digest().toString('hex')}-${chosen.length}`
}
