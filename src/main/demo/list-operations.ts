import type { Bucket } from './bucket.ts'
import { OWNER } from './bucket-operations.ts'
import type { Answer, Exchange } from './exchange.ts'
import { bucketOf, invalidArgument, numberOf, quoted } from './exchange.ts'
import type { ObjectMeta } from './records.ts'
import { compareUtf8 } from './sorted-keys.ts'
import { document, element, group, urlEncoded } from './xml.ts'

/** Above every key that begins with the same prefix. */
const LAST_CHARACTER = '\u{10ffff}'

interface Page {
  readonly keys: readonly string[]
  readonly commonPrefixes: readonly string[]
  /** The last key or common prefix of this page where more follow, else null. */
  readonly resumeAfter: string | null
}

/** One page in UTF-8 order. A common prefix costs one search, however many keys it stands for. */
function listPage(bucket: Bucket, prefix: string, delimiter: string, after: string, maxEntries: number): Page {
  const sorted = bucket.keys.all()
  const keys: string[] = []
  const commonPrefixes: string[] = []
  let last = ''
  let index = bucket.keys.firstAtOrAfter(compareUtf8(after, prefix) > 0 ? after : prefix)
  for (;;) {
    const key = sorted[index]
    if (key === undefined || !key.startsWith(prefix)) return { keys, commonPrefixes, resumeAfter: null }
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const common = cut < 0 ? null : key.slice(0, cut + delimiter.length)
    if (after !== '' && (key === after || common === after)) {
      index = common === after ? endOfPrefix(bucket, sorted, common) : index + 1
      continue
    }
    if (keys.length + commonPrefixes.length >= maxEntries) return { keys, commonPrefixes, resumeAfter: last }
    if (common === null) {
      keys.push(key)
      index++
    } else {
      commonPrefixes.push(common)
      index = endOfPrefix(bucket, sorted, common)
    }
    last = common ?? key
  }
}

function endOfPrefix(bucket: Bucket, sorted: readonly string[], prefix: string): number {
  let index = bucket.keys.firstAtOrAfter(prefix + LAST_CHARACTER)
  while (sorted[index]?.startsWith(prefix)) index++
  return index
}

interface ListRequest {
  readonly prefix: string
  readonly delimiter: string
  readonly maxKeys: number
  readonly encodes: boolean
  /** Names as this answer shows them. */
  readonly shown: (text: string) => string
}

function listRequestOf(exchange: Exchange): ListRequest {
  const { query } = exchange.target
  const encodes = encodesOf(exchange)
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: Math.min(numberOf(exchange, 'max-keys', 1000, 0, 2 ** 31 - 1), 1000, exchange.pageSize),
    encodes,
    shown: encodes ? urlEncoded : (text) => text,
  }
}

export function encodesOf({ target }: Exchange): boolean {
  const value = target.query.get('encoding-type')
  if (value !== undefined && value !== 'url') {
    throw invalidArgument('encoding-type', value, 'Invalid Encoding Method specified in Request')
  }
  return value === 'url'
}

export function listObjectsV2(exchange: Exchange): Answer {
  const bucket = bucketOf(exchange)
  const { query } = exchange.target
  if (query.get('list-type') !== '2')
    throw invalidArgument('list-type', query.get('list-type') ?? '', 'list-type must be 2')
  const request = listRequestOf(exchange)
  const token = query.get('continuation-token')
  const startAfter = query.get('start-after') ?? ''
  const after = token === undefined ? startAfter : readToken(token)
  const page = pageOf(bucket, request, after)
  const ownerShown = query.get('fetch-owner') === 'true'
  return {
    status: 200,
    body: document(
      'ListBucketResult',
      [
        element('Name', bucket.name),
        element('Prefix', request.shown(request.prefix)),
        element('Delimiter', request.delimiter === '' ? null : request.shown(request.delimiter)),
        element('StartAfter', startAfter === '' ? null : request.shown(startAfter)),
        element('ContinuationToken', token),
        element('KeyCount', page.keys.length + page.commonPrefixes.length),
        element('MaxKeys', request.maxKeys),
        element('EncodingType', request.encodes ? 'url' : null),
        element('IsTruncated', page.resumeAfter !== null),
        element('NextContinuationToken', page.resumeAfter === null ? null : makeToken(page.resumeAfter)),
        entriesOf(bucket, request, page, ownerShown),
      ].join(''),
    ),
  }
}

export function listObjects(exchange: Exchange): Answer {
  const bucket = bucketOf(exchange)
  const request = listRequestOf(exchange)
  const marker = exchange.target.query.get('marker') ?? ''
  const page = pageOf(bucket, request, marker)
  return {
    status: 200,
    body: document(
      'ListBucketResult',
      [
        element('Name', bucket.name),
        element('Prefix', request.shown(request.prefix)),
        element('Marker', request.shown(marker)),
        // S3 names the next marker only under a delimiter; without one it is the last key.
        element(
          'NextMarker',
          page.resumeAfter !== null && request.delimiter !== '' ? request.shown(page.resumeAfter) : null,
        ),
        element('MaxKeys', request.maxKeys),
        element('Delimiter', request.delimiter === '' ? null : request.shown(request.delimiter)),
        element('EncodingType', request.encodes ? 'url' : null),
        element('IsTruncated', page.resumeAfter !== null),
        entriesOf(bucket, request, page, true),
      ].join(''),
    ),
  }
}

/** With `max-keys=0` S3 shows nothing and says that this was all. */
function pageOf(bucket: Bucket, { prefix, delimiter, maxKeys }: ListRequest, after: string): Page {
  if (maxKeys === 0) return { keys: [], commonPrefixes: [], resumeAfter: null }
  return listPage(bucket, prefix, delimiter, after, maxKeys)
}

function entriesOf(bucket: Bucket, request: ListRequest, page: Page, ownerShown: boolean): string {
  const contents = page.keys.map((key) => {
    const meta = bucket.object(key) as ObjectMeta
    return group(
      'Contents',
      [
        element('Key', request.shown(key)),
        element('LastModified', new Date(meta.modifiedMs).toISOString()),
        element('ETag', quoted(meta.etag)),
        element('ChecksumAlgorithm', meta.checksum?.algorithm),
        element('ChecksumType', meta.checksum?.type),
        element('Size', meta.sizeBytes),
        element('StorageClass', meta.storageClass),
        ownerShown ? OWNER : '',
      ].join(''),
    )
  })
  const prefixes = page.commonPrefixes.map((prefix) =>
    group('CommonPrefixes', element('Prefix', request.shown(prefix))),
  )
  return contents.join('') + prefixes.join('')
}

/** Opaque to clients; it names where the next page begins. */
function makeToken(after: string): string {
  return `1${Buffer.from(after).toString('base64url')}`
}

function readToken(token: string): string {
  const after = Buffer.from(token.slice(1), 'base64url').toString()
  if (makeToken(after) !== token) {
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect')
  }
  return after
}
