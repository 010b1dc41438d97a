import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { BodyReader } from './body-reader.ts'
import type { Bucket } from './bucket.ts'
import type { FaultAction } from './faults.ts'
import type { S3ErrorCode } from './s3-error.ts'
import { S3Error } from './s3-error.ts'
import type { CheckedSignature } from './signature.ts'
import type { Store } from './store.ts'
import type { Target } from './target.ts'

/** One request, its signature checked, on its way through an operation. */
export interface Exchange {
  readonly target: Target
  readonly headers: IncomingHttpHeaders
  readonly signature: CheckedSignature
  readonly body: BodyReader
  readonly store: Store
  readonly region: string
  /** Entries of one listing page, at most. */
  readonly pageSize: number
  /** The scripted fault that acts on this request. */
  readonly fault: FaultAction | null
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | number>>
  /** A string is XML. */
  readonly body?: string | Buffer | Readable
}

export type Handler = (exchange: Exchange) => Promise<Answer> | Answer

/** S3's longest key, in UTF-8 bytes. */
const MAX_KEY_BYTES = 1024

export function bucketOf(exchange: Exchange): Bucket {
  return exchange.store.bucket(exchange.target.bucket ?? '')
}

/** @throws S3Error KeyTooLongError. */
export function checkedKey(key: string): string {
  if (key.length > MAX_KEY_BYTES / 3 && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', 'Your key is too long', {
      extra: { MaxSizeAllowed: String(MAX_KEY_BYTES), Size: String(Buffer.byteLength(key)) },
    })
  }
  return key
}

export function keyOf(exchange: Exchange): string {
  return checkedKey(exchange.target.key ?? '')
}

export function headerOf(exchange: Exchange, name: string): string | null {
  const value = exchange.headers[name]
  return typeof value === 'string' ? value : null
}

/** A whole number of the query, between `min` and `max`. @throws S3Error InvalidArgument. */
export function numberOf(exchange: Exchange, name: string, fallback: number, min: number, max: number): number {
  const text = exchange.target.query.get(name)
  if (text === undefined) return fallback
  const value = Number(text)
  if (text === '' || !Number.isInteger(value) || value < min || value > max) {
    throw invalidArgument(name, text, `${name} must be a whole number from ${min} to ${max}`)
  }
  return value
}

export function invalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error('InvalidArgument', message, { extra: { ArgumentName: name, ArgumentValue: value } })
}

export function noSuchKey(key: string): S3Error {
  return new S3Error('NoSuchKey', 'The specified key does not exist.', { extra: { Key: key } })
}

/** An error of the protocol with nothing to add. */
export function refuse(code: S3ErrorCode, message: string): S3Error {
  return new S3Error(code, message)
}

export function quoted(etag: string): string {
  return `"${etag}"`
}

/** ETags are compared without quotes and without the mark of a weak one. */
export function unquoted(etag: string): string {
  return etag
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1')
}
