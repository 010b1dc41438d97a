import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { checksumHeader } from './body-plan.ts'
import type { Bucket } from './bucket.ts'
import type { Answer, Exchange } from './exchange.ts'
import {
  bucketOf,
  checkedKey,
  headerOf,
  invalidArgument,
  keyOf,
  noSuchKey,
  quoted,
  refuse,
  unquoted,
} from './exchange.ts'
import { tagsOf } from './object-tags.ts'
import { bodyPlanOf, receive } from './receive.ts'
import type { ObjectMeta } from './records.ts'
import { S3Error } from './s3-error.ts'
import { document, element } from './xml.ts'

/** What is kept with an object and returned as it came. */
const KEPT_HEADERS = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires']
const MAX_USER_METADATA_BYTES = 2048
const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'GLACIER_IR',
  'DEEP_ARCHIVE',
]

/** Headers whose meaning this server cannot keep: refused rather than ignored. */
const UNKNOWN_HEADERS = /^x-amz-(?:server-side-encryption|object-lock|website-redirect-location|grant-|write-offset)/

/** The metadata of a new object, from the headers of PutObject, CreateMultipartUpload or CopyObject. */
export function metadataOf(exchange: Exchange): Pick<ObjectMeta, 'headers' | 'storageClass' | 'tags'> {
  const kept: Record<string, string> = {}
  let userBytes = 0
  for (const [name, value] of Object.entries(exchange.headers)) {
    if (typeof value !== 'string') continue
    if (UNKNOWN_HEADERS.test(name)) throw refuse('NotImplemented', `The demo bucket does not implement ${name}.`)
    if (KEPT_HEADERS.includes(name)) kept[name] = value
    else if (name.startsWith('x-amz-meta-')) {
      kept[name] = value
      userBytes += name.length - 'x-amz-meta-'.length + value.length
    }
  }
  if (userBytes > MAX_USER_METADATA_BYTES) {
    throw refuse('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size')
  }
  const acl = headerOf(exchange, 'x-amz-acl')
  if (acl !== null && acl !== 'private' && acl !== 'bucket-owner-full-control') {
    throw refuse('NotImplemented', 'The demo bucket has one owner and no access lists.')
  }
  const encoding = withoutAwsChunked(headerOf(exchange, 'content-encoding'))
  if (encoding !== '') kept['content-encoding'] = encoding
  kept['content-type'] ??= 'binary/octet-stream'
  const storageClass = headerOf(exchange, 'x-amz-storage-class') ?? 'STANDARD'
  if (!STORAGE_CLASSES.includes(storageClass)) {
    throw invalidArgument('x-amz-storage-class', storageClass, 'The storage class you specified is not valid')
  }
  return { headers: kept, storageClass, tags: tagsOf(exchange) }
}

/** aws-chunked is how a body travels, not what it is. */
function withoutAwsChunked(encoding: string | null): string {
  return (encoding ?? '')
    .split(',')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '' && piece !== 'aws-chunked')
    .join(',')
}

/** If-None-Match: * and If-Match on a write. @throws S3Error when the key is not as they say. */
export function checkWriteCondition(exchange: Exchange, bucket: Bucket, key: string): void {
  if (exchange.fault?.kind === 'ignore-conditions') return
  const current = bucket.object(key)
  const noneMatch = headerOf(exchange, 'if-none-match')
  const match = headerOf(exchange, 'if-match')
  if (noneMatch !== null) {
    if (noneMatch !== '*') throw refuse('NotImplemented', 'If-None-Match of a write can only be *.')
    if (current !== undefined) throw preconditionFailed('If-None-Match')
  }
  if (match === null) return
  if (current === undefined) throw noSuchKey(key)
  if (match !== '*' && unquoted(match) !== current.etag) throw preconditionFailed('If-Match')
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    extra: { Condition: condition },
  })
}

export async function putObject(exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(exchange)
  const key = keyOf(exchange)
  const described = metadataOf(exchange)
  const plan = bodyPlanOf(exchange)
  // Asked twice: here to spare the body, and when it is published.
  checkWriteCondition(exchange, bucket, key)
  const { blob, sizeBytes, etag, checksum } = await receive(exchange, plan, null)
  const meta: ObjectMeta = {
    key,
    sizeBytes,
    etag,
    modifiedMs: Date.now(),
    checksum: checksum === null ? null : { ...checksum, type: 'FULL_OBJECT' },
    ...described,
    pieces: null,
  }
  await bucket.putObject(meta, blob, () => checkWriteCondition(exchange, bucket, key))
  return { status: 200, headers: { etag: quoted(etag), ...checksumHeaders(meta) } }
}

export function checksumHeaders({ checksum }: Pick<ObjectMeta, 'checksum'>): Record<string, string> {
  if (checksum === null) return {}
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type }
}

function describe(exchange: Exchange, meta: ObjectMeta): Record<string, string | number> {
  const tagCount = Object.keys(meta.tags ?? {}).length
  return {
    ...meta.headers,
    'accept-ranges': 'bytes',
    etag: quoted(meta.etag),
    'last-modified': new Date(meta.modifiedMs).toUTCString(),
    ...(meta.storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': meta.storageClass }),
    ...(tagCount === 0 ? {} : { 'x-amz-tagging-count': tagCount }),
    ...(headerOf(exchange, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' && headerOf(exchange, 'range') === null
      ? checksumHeaders(meta)
      : {}),
  }
}

/** @returns true when the reader has it already (304). @throws S3Error PreconditionFailed. */
function isUnchanged(exchange: Exchange, meta: ObjectMeta): boolean {
  const match = headerOf(exchange, 'if-match')
  const unmodifiedSince = headerOf(exchange, 'if-unmodified-since')
  if (match !== null) {
    if (!names(match, meta)) throw preconditionFailed('If-Match')
  } else if (unmodifiedSince !== null && seconds(meta.modifiedMs) > seconds(Date.parse(unmodifiedSince))) {
    throw preconditionFailed('If-Unmodified-Since')
  }
  const noneMatch = headerOf(exchange, 'if-none-match')
  if (noneMatch !== null) return names(noneMatch, meta)
  const modifiedSince = headerOf(exchange, 'if-modified-since')
  return modifiedSince !== null && seconds(meta.modifiedMs) <= seconds(Date.parse(modifiedSince))
}

function names(condition: string, meta: ObjectMeta): boolean {
  return condition.trim() === '*' || condition.split(',').some((etag) => unquoted(etag) === meta.etag)
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

interface Range {
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** null: the whole object, also for several ranges, which S3 does not serve. @throws S3Error InvalidRange. */
function rangeOf(text: string | null, sizeBytes: number): Range | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text ?? '')
  const [, first = '', last = ''] = match ?? []
  if (match === null || (first === '' && last === '')) return null
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
  if (start >= sizeBytes || (first === '' && Number(last) === 0)) {
    throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
      extra: { RangeRequested: text ?? '', ActualObjectSize: String(sizeBytes) },
      headers: { 'content-range': `bytes */${sizeBytes}` },
    })
  }
  return { start, end }
}

export function getObject(exchange: Exchange): Answer {
  const bucket = bucketOf(exchange)
  const key = keyOf(exchange)
  const meta = bucket.object(key)
  if (meta === undefined) throw noSuchKey(key)
  const described = describe(exchange, meta)
  if (isUnchanged(exchange, meta)) return { status: 304, headers: described }
  const range = rangeOf(headerOf(exchange, 'range'), meta.sizeBytes)
  const { start, end } = range ?? { start: 0, end: meta.sizeBytes }
  const headers = {
    ...described,
    'content-length': end - start,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end - 1}/${meta.sizeBytes}` }),
  }
  const status = range === null ? 200 : 206
  if (exchange.target.method === 'HEAD') return { status, headers }
  return { status, headers, body: contentOf(bucket, meta, start, end) }
}

/** Bytes `start` to `end` (exclusive). What is opened here is what is sent, even if the key is overwritten meanwhile. */
function contentOf(bucket: Bucket, meta: ObjectMeta, start: number, end: number): Buffer | Readable {
  if (start === end) return Buffer.alloc(0)
  if (meta.pieces === null) return bucket.readInline(meta.key, start, end)
  const { files, release } = bucket.openFiles(meta.pieces)
  const stream = Readable.from(readPieces(files, start, end), { objectMode: false })
  return stream.once('close', release)
}

const READ_BYTES = 256 * 1024

/** Part files carry their own record behind the content, so each is read to its content's end only. */
async function* readPieces(
  files: readonly { path: string; sizeBytes: number }[],
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  let offset = 0
  for (const { path, sizeBytes } of files) {
    const from = Math.max(0, start - offset)
    const to = Math.min(sizeBytes, end - offset)
    offset += sizeBytes
    if (from < to) yield* createReadStream(path, { start: from, end: to - 1, highWaterMark: READ_BYTES })
  }
}

export function deleteObject(exchange: Exchange): Answer {
  bucketOf(exchange).deleteObject(keyOf(exchange))
  return { status: 204 }
}

export async function copyObject(exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(exchange)
  const key = keyOf(exchange)
  const source = sourceOf(exchange)
  const replaces = headerOf(exchange, 'x-amz-metadata-directive') === 'REPLACE'
  if (!replaces && source.bucket === bucket && source.key === key) {
    throw refuse(
      'InvalidRequest',
      'This copy request is illegal: it copies an object to itself without changing anything.',
    )
  }
  const current = source.bucket.object(source.key)
  if (current === undefined) throw noSuchKey(source.key)
  const match = headerOf(exchange, 'x-amz-copy-source-if-match')
  const noneMatch = headerOf(exchange, 'x-amz-copy-source-if-none-match')
  if (match !== null && !names(match, current)) throw preconditionFailed('x-amz-copy-source-If-Match')
  if (noneMatch !== null && names(noneMatch, current)) throw preconditionFailed('x-amz-copy-source-If-None-Match')
  const described = metadataOf(exchange)
  const { storageClass, tags } = described
  const meta = await bucket.copyObject(source.bucket, source.key, (original) => ({
    ...original,
    key,
    modifiedMs: Date.now(),
    headers: replaces ? described.headers : original.headers,
    storageClass,
    ...(headerOf(exchange, 'x-amz-tagging-directive') === 'REPLACE' && { tags }),
  }))
  return {
    status: 200,
    body: document(
      'CopyObjectResult',
      element('LastModified', new Date(meta.modifiedMs).toISOString()) + element('ETag', quoted(meta.etag)),
    ),
  }
}

/** `/bucket/key` or `bucket/key`, percent-encoded. */
function sourceOf(exchange: Exchange): { bucket: Bucket; key: string } {
  const text = headerOf(exchange, 'x-amz-copy-source') ?? ''
  const invalid = () => invalidArgument('x-amz-copy-source', text, 'Copy Source must mention the source bucket and key')
  if (text.includes('?')) throw refuse('NotImplemented', 'The demo bucket keeps no versions.')
  let path: string
  try {
    path = decodeURIComponent(text).replace(/^\//, '')
  } catch {
    throw invalid()
  }
  const slash = path.indexOf('/')
  if (slash < 1 || slash === path.length - 1) throw invalid()
  return { bucket: exchange.store.bucket(path.slice(0, slash)), key: checkedKey(path.slice(slash + 1)) }
}
