import { OWNER } from './bucket-operations.ts'
import type { Answer, Exchange } from './exchange.ts'
import { bucketOf, numberOf, quoted } from './exchange.ts'
import { encodesOf } from './list-operations.ts'
import { checksumElement, uploadOf } from './multipart-operations.ts'
import { compareUtf8 } from './sorted-keys.ts'
import { document, element, group, urlEncoded } from './xml.ts'

const INITIATOR = OWNER.replaceAll('Owner>', 'Initiator>')

export function listParts(exchange: Exchange): Answer {
  const bucket = bucketOf(exchange)
  const { meta, parts } = uploadOf(exchange, bucket)
  const marker = numberOf(exchange, 'part-number-marker', 0, 0, 2 ** 31 - 1)
  const maxParts = Math.min(numberOf(exchange, 'max-parts', 1000, 1, 2 ** 31 - 1), 1000, exchange.pageSize)
  const shown = encodesOf(exchange) ? urlEncoded : (text: string) => text
  const rest = [...parts.values()]
    .filter((part) => part.partNumber > marker)
    .sort((a, b) => a.partNumber - b.partNumber)
  const page = rest.slice(0, maxParts)
  return {
    status: 200,
    body: document(
      'ListPartsResult',
      [
        element('Bucket', bucket.name),
        element('Key', shown(meta.key)),
        element('UploadId', meta.uploadId),
        INITIATOR,
        OWNER,
        element('StorageClass', meta.storageClass),
        element('ChecksumAlgorithm', meta.checksumAlgorithm),
        element('ChecksumType', meta.checksumType),
        element('PartNumberMarker', marker),
        element('NextPartNumberMarker', page.at(-1)?.partNumber ?? marker),
        element('MaxParts', maxParts),
        element('IsTruncated', rest.length > page.length),
        ...page.map(({ partNumber, modifiedMs, etag, sizeBytes, checksum }) =>
          group(
            'Part',
            [
              element('PartNumber', partNumber),
              element('LastModified', new Date(modifiedMs).toISOString()),
              element('ETag', quoted(etag)),
              element('Size', sizeBytes),
              checksum === null ? '' : element(checksumElement(checksum.algorithm), checksum.value),
            ].join(''),
          ),
        ),
      ].join(''),
    ),
  }
}

/** By key, then by upload id, which begins with the time: so by start, and stable while uploads come and go. */
export function listMultipartUploads(exchange: Exchange): Answer {
  const bucket = bucketOf(exchange)
  const { query } = exchange.target
  const prefix = query.get('prefix') ?? ''
  const keyMarker = query.get('key-marker') ?? ''
  const idMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '')
  const maxUploads = Math.min(numberOf(exchange, 'max-uploads', 1000, 1, 2 ** 31 - 1), 1000, exchange.pageSize)
  const encodes = encodesOf(exchange)
  const shown = encodes ? urlEncoded : (text: string) => text
  const sorted = [...bucket.uploads.values()]
    .map(({ meta }) => meta)
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => compareUtf8(a.key, b.key) || (a.uploadId < b.uploadId ? -1 : 1))
  const rest = sorted.filter(({ key, uploadId }) => {
    return compareUtf8(key, keyMarker) > 0 || (key === keyMarker && idMarker !== '' && uploadId > idMarker)
  })
  const page = rest.slice(0, maxUploads)
  const truncated = rest.length > page.length
  const last = page.at(-1)
  return {
    status: 200,
    body: document(
      'ListMultipartUploadsResult',
      [
        element('Bucket', bucket.name),
        element('KeyMarker', shown(keyMarker)),
        element('UploadIdMarker', idMarker),
        element('NextKeyMarker', truncated && last ? shown(last.key) : ''),
        element('NextUploadIdMarker', truncated && last ? last.uploadId : ''),
        element('Prefix', shown(prefix)),
        element('EncodingType', encodes ? 'url' : null),
        element('MaxUploads', maxUploads),
        element('IsTruncated', truncated),
        ...page.map((meta) =>
          group(
            'Upload',
            [
              element('Key', shown(meta.key)),
              element('UploadId', meta.uploadId),
              INITIATOR,
              OWNER,
              element('StorageClass', meta.storageClass),
              element('Initiated', new Date(meta.startedMs).toISOString()),
              element('ChecksumAlgorithm', meta.checksumAlgorithm),
              element('ChecksumType', meta.checksumType),
            ].join(''),
          ),
        ),
      ].join(''),
    ),
  }
}
