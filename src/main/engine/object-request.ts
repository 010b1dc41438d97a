import type { KeyObject } from 'node:crypto'
import { createHash, createHmac, createSecretKey } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { SumAlgorithm } from '../../shared/transfer.ts'
import { checksumHeaders } from './checksum-names.ts'
import type { Answer } from './put-exchange.ts'
import type { SenderDestination } from './sender-protocol.ts'

/**
 * The one request that senders make: PUT of an object or of a part, built and signed here. The SDK
 * makes the same request (a test compares them) at five times the cost a call; it stays in the engine for
 * all others. See docs/decisions/001-put-requests.md.
 */
export interface PutRequestInput {
  readonly key: string
  readonly part: { readonly uploadId: string; readonly partNumber: number } | null
  readonly bytes: number
  /** `value` is base64; null sends none. */
  readonly checksum: { readonly algorithm: SumAlgorithm; readonly value: string } | null
  readonly onlyIfNew: boolean
  /** What is kept with the object (see `objectHeaders`); a part says nothing about it. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface SignedPut {
  /** Path and query, as they go on the wire. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  /** Of the signer when it signed. */
  readonly clockOffsetMs: number
}

/** Closer than this to the server's clock there is nothing to correct: S3 refuses from 15 minutes on. */
const NEAR_MS = 60_000

/** What the signer hands to a hash. */
type Data = string | ArrayBuffer | ArrayBufferView

/** Secrets in Node's own form, kept: an HMAC with bytes takes 8.8 µs, with such a key 1.3. */
class SecretKeys {
  readonly #ofText = new Map<string, KeyObject>()
  readonly #ofBytes = new WeakMap<object, KeyObject>()

  of(secret: Data): KeyObject {
    const known = typeof secret === 'string' ? this.#ofText.get(secret) : this.#ofBytes.get(secret)
    if (known !== undefined) return known
    const key = createSecretKey(Buffer.from(asBytes(secret)))
    if (typeof secret === 'string') this.#ofText.set(secret, key)
    else this.#ofBytes.set(secret, key)
    return key
  }
}

/** `Hash` as the signer wants it, over node:crypto. */
class Sha256 {
  readonly #hash
  constructor(key: KeyObject | null) {
    this.#hash = key === null ? createHash('sha256') : createHmac('sha256', key)
  }
  update(data: Data): void {
    this.#hash.update(asBytes(data))
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {}
}

function asBytes(data: Data): string | Uint8Array {
  if (typeof data === 'string') return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}

/** Signs PUT requests for one destination, with the server's time once that is known. */
export class PutSigner {
  clockOffsetMs: number
  readonly #url: URL
  readonly #signer: SignatureV4

  constructor(destination: SenderDestination) {
    this.#url = new URL(destination.baseUrl)
    this.clockOffsetMs = destination.clockOffsetMs
    const keys = new SecretKeys()
    this.#signer = new SignatureV4({
      service: 's3',
      region: destination.region,
      credentials: {
        accessKeyId: destination.accessKeyId,
        secretAccessKey: destination.secretAccessKey,
        ...(destination.sessionToken === null ? {} : { sessionToken: destination.sessionToken }),
      },
      sha256: class extends Sha256 {
        constructor(secret?: Data) {
          super(secret === undefined ? null : keys.of(secret))
        }
      },
      uriEscapePath: false,
      applyChecksum: false,
    })
  }

  /**
   * True if this is an answer that refuses the date of `signed` and names another time, which is used from now on. False
   * the second time: then the date is not what is wrong.
   */
  learnsClock(signed: SignedPut, answer: Answer): boolean {
    if (answer.status !== 403 || !answer.body.includes('<Code>RequestTimeTooSkewed</Code>')) return false
    const offsetMs = Date.parse(answer.headers.date ?? '') - Date.now()
    if (Number.isNaN(offsetMs) || Math.abs(offsetMs - signed.clockOffsetMs) < NEAR_MS) return false
    this.clockOffsetMs = offsetMs
    return true
  }

  async sign(input: PutRequestInput): Promise<SignedPut> {
    const path = `${this.#url.pathname.replace(/\/$/, '')}/${encodeKey(input.key)}`
    const query: Record<string, string> =
      input.part === null
        ? { 'x-id': 'PutObject' }
        : { partNumber: String(input.part.partNumber), uploadId: input.part.uploadId, 'x-id': 'UploadPart' }
    const headers: Record<string, string> = {
      host: this.#url.host,
      'content-length': String(input.bytes),
      'content-type': 'application/octet-stream',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      ...(input.part === null ? input.headers : {}),
    }
    if (input.checksum !== null) Object.assign(headers, checksumHeaders(input.checksum.algorithm, input.checksum.value))
    if (input.onlyIfNew) headers['if-none-match'] = '*'

    const { clockOffsetMs } = this
    const signed = await this.#signer.sign(
      {
        method: 'PUT',
        protocol: this.#url.protocol,
        hostname: this.#url.hostname,
        ...(this.#url.port === '' ? {} : { port: Number(this.#url.port) }),
        path,
        query,
        headers,
      },
      { signingDate: new Date(Date.now() + clockOffsetMs) },
    )
    const search = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeSegment(value)}`)
      .join('&')
    return { target: `${path}?${search}`, headers: signed.headers, clockOffsetMs }
  }
}

/** A key as a path: every byte that is not unreserved is escaped, and slashes stay. */
export function encodeKey(key: string): string {
  return key.split('/').map(encodeSegment).join('/')
}

/** RFC 3986, as S3 signs it: encodeURIComponent leaves five characters that must be escaped. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
