import type { Hash } from 'node:crypto'
import { createHash, hash } from 'node:crypto'
import { S3Error } from './s3-error.ts'
import type { ChunkSigner } from './signature.ts'
import { equalSignatures } from './signature.ts'

/** A chunk header or a line of the trailer is short; anything longer is not aws-chunked. */
const MAX_LINE_BYTES = 1024
const MAX_TRAILER_BYTES = 4096

type State = 'size' | 'data' | 'data-end' | 'trailer' | 'done'

/**
 * Decodes `Content-Encoding: aws-chunked` as it arrives, whatever the network cuts, and checks each chunk's signature
 * where the body is signed. Source: Amazon S3 API reference, "Signature calculations … chunked upload" and
 * "… including trailing headers".
 */
export class AwsChunkedDecoder {
  /** Lower-case names, as they came after the last chunk. */
  readonly trailers = new Map<string, string>()
  readonly #signer: ChunkSigner | null
  readonly #expectsTrailer: boolean
  readonly #onData: (bytes: Buffer) => void
  #state: State = 'size'
  #line = ''
  #left = 0
  #signature = ''
  #hash: Hash | null = null
  #trailerText = ''

  /** `signer` null: the chunks carry no signatures (STREAMING-UNSIGNED-PAYLOAD-TRAILER). */
  constructor(signer: ChunkSigner | null, expectsTrailer: boolean, onData: (bytes: Buffer) => void) {
    this.#signer = signer
    this.#expectsTrailer = expectsTrailer
    this.#onData = onData
  }

  /** @throws S3Error when the framing, a signature or the trailer is wrong. */
  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const take = Math.min(this.#left, bytes.length - at)
        const data = take === bytes.length ? bytes : bytes.subarray(at, at + take)
        this.#hash?.update(data)
        this.#onData(data)
        this.#left -= take
        at += take
        if (this.#left === 0) this.#state = 'data-end'
        continue
      }
      if (this.#state === 'done') throw incomplete('bytes follow the end of the aws-chunked body')
      const newline = bytes.indexOf(10, at)
      const end = newline < 0 ? bytes.length : newline + 1
      this.#line += bytes.toString('latin1', at, end)
      at = end
      if (this.#line.length > MAX_LINE_BYTES) throw incomplete('a line of the aws-chunked framing is too long')
      if (newline < 0) return
      const line = this.#line.replace(/\r?\n$/, '')
      this.#line = ''
      this.#takeLine(line)
    }
  }

  /** Call when the body has ended. @throws S3Error IncompleteBody when it was cut short. */
  finish(): void {
    // Some clients leave out the empty line after the last chunk when no trailer follows.
    const mayEnd = this.#state === 'done' || (this.#state === 'trailer' && !this.#expectsTrailer && this.#line === '')
    if (!mayEnd) throw incomplete('the aws-chunked body was cut short')
  }

  #takeLine(line: string): void {
    if (this.#state === 'size') this.#beginChunk(line)
    else if (this.#state === 'data-end') {
      if (line !== '') throw incomplete('a chunk is longer than it says')
      this.#checkChunk()
      this.#state = 'size'
    } else this.#takeTrailerLine(line)
  }

  #beginChunk(line: string): void {
    const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line)
    if (match === null) throw incomplete('a chunk header of the aws-chunked body is malformed')
    this.#left = Number.parseInt(match[1] as string, 16)
    this.#signature = match[2] ?? ''
    this.#hash = this.#signer === null ? null : createHash('sha256')
    if (this.#left > 0) {
      this.#state = 'data'
      return
    }
    this.#checkChunk()
    this.#state = 'trailer'
  }

  #checkChunk(): void {
    if (this.#signer === null || this.#hash === null) return
    if (!equalSignatures(this.#signer.chunk(this.#hash.digest('hex')), this.#signature)) throw mismatch()
    this.#hash = null
  }

  #takeTrailerLine(line: string): void {
    if (line === '') {
      this.#finishTrailer()
      return
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === '' || this.#trailerText.length > MAX_TRAILER_BYTES) throw malformedTrailer()
    this.trailers.set(name, value)
    if (name !== 'x-amz-trailer-signature') this.#trailerText += `${name}:${value}\n`
  }

  #finishTrailer(): void {
    const signature = this.trailers.get('x-amz-trailer-signature')
    if (this.#expectsTrailer && this.trailers.size === 0) throw malformedTrailer()
    if (this.#signer !== null && this.trailers.size > 0) {
      const expected = this.#signer.trailer(hash('sha256', this.#trailerText))
      if (signature === undefined || !equalSignatures(expected, signature)) throw mismatch()
    }
    this.#state = 'done'
  }
}

function incomplete(what: string): S3Error {
  return new S3Error('IncompleteBody', `The request body terminated unexpectedly: ${what}.`)
}

function malformedTrailer(): S3Error {
  return new S3Error('MalformedTrailerError', 'The request contained trailing data that was not well-formed.')
}

function mismatch(): S3Error {
  return new S3Error('SignatureDoesNotMatch', 'A chunk signature we calculated does not match the one you provided.')
}
