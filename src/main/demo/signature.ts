import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { S3Error } from './s3-error.ts'
import type { Target } from './target.ts'
import { encodeStrictly } from './target.ts'

/**
 * AWS Signature Version 4 as a server checks it. Source: Amazon S3 API reference, "Authenticating Requests".
 */

export interface Account {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

/** Signs what follows the headers of an aws-chunked body, each signature built on the one before it. */
export interface ChunkSigner {
  /** `sha256Hex` is that of the chunk's data. */
  chunk(sha256Hex: string): string
  /** `sha256Hex` is that of the canonical trailer lines. */
  trailer(sha256Hex: string): string
}

export interface CheckedSignature {
  /** The value of x-amz-content-sha256: 64 hex digits or one of the words S3 knows. */
  readonly contentSha256: string
  readonly chunkSigner: ChunkSigner
}

interface Claim {
  readonly accessKeyId: string
  readonly day: string
  readonly region: string
  readonly scope: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly stamp: string
  readonly contentSha256: string
  readonly queryPairs: readonly (readonly [string, string])[]
  /** How long after the stamp, and before it, the request counts. */
  readonly maxAgeMs: number
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const MAX_SKEW_MS = 15 * 60 * 1000
const MAX_EXPIRES_S = 7 * 24 * 3600
const EMPTY_SHA256 = hash('sha256', '')

/**
 * Checks the Authorization header or the presigned query of a request.
 * @throws S3Error with the code S3 answers for each way it can be wrong.
 */
export class SignatureChecker {
  readonly #account: Account
  /** One key a day and account, so that a request costs three hashes. */
  #keyDay = ''
  #key: Buffer = Buffer.alloc(0)

  constructor(account: Account) {
    this.#account = account
  }

  check(target: Target, headers: IncomingHttpHeaders, nowMs: number): CheckedSignature {
    const presigned = target.query.has('X-Amz-Signature') || target.query.has('X-Amz-Algorithm')
    if (presigned && headers.authorization !== undefined) {
      throw new S3Error('InvalidRequest', 'Only one auth mechanism allowed.')
    }
    const claim = presigned ? claimOfQuery(target) : claimOfHeaders(target, headers)
    this.#checkAccount(claim)
    checkTime(claim, nowMs, presigned)
    checkSignedHeaders(claim, headers)
    const key = this.#signingKey(claim.day)
    const canonical = [
      target.method,
      target.canonicalPath,
      canonicalQuery(claim.queryPairs),
      ...claim.signedHeaders.map((name) => `${name}:${canonicalValue(headers[name])}`),
      '',
      claim.signedHeaders.join(';'),
      claim.contentSha256,
    ].join('\n')
    // Node hands header bytes over as latin1, so latin1 gives back the bytes that were signed.
    const digest = hash('sha256', Buffer.from(canonical, 'latin1'))
    const expected = sign(key, `${ALGORITHM}\n${claim.stamp}\n${claim.scope}\n${digest}`)
    if (!equalSignatures(expected, claim.signature)) {
      throw new S3Error(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      )
    }
    return { contentSha256: claim.contentSha256, chunkSigner: newChunkSigner(key, claim) }
  }

  #checkAccount(claim: Claim): void {
    if (claim.accessKeyId !== this.#account.accessKeyId) {
      throw new S3Error('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')
    }
    if (claim.region !== this.#account.region) {
      throw new S3Error(
        'AuthorizationHeaderMalformed',
        `The authorization header is malformed; the region '${claim.region}' is wrong; expecting '${this.#account.region}'`,
        { extra: { Region: this.#account.region } },
      )
    }
  }

  #signingKey(day: string): Buffer {
    if (day !== this.#keyDay) {
      const steps = [day, this.#account.region, 's3', 'aws4_request']
      let key = Buffer.from(`AWS4${this.#account.secretAccessKey}`)
      for (const step of steps) key = createHmac('sha256', key).update(step).digest()
      this.#key = key
      this.#keyDay = day
    }
    return this.#key
  }
}

/** Constant time for signatures of the right length. */
export function equalSignatures(expected: string, given: string): boolean {
  const left = Buffer.from(expected, 'latin1')
  const right = Buffer.from(given, 'latin1')
  return left.length === right.length && timingSafeEqual(left, right)
}

function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

function newChunkSigner(key: Buffer, claim: Claim): ChunkSigner {
  let previous = claim.signature
  const next = (kind: string, ...digests: string[]): string => {
    previous = sign(key, [`${ALGORITHM}-${kind}`, claim.stamp, claim.scope, previous, ...digests].join('\n'))
    return previous
  }
  return {
    chunk: (sha256Hex) => next('PAYLOAD', EMPTY_SHA256, sha256Hex),
    trailer: (sha256Hex) => next('TRAILER', sha256Hex),
  }
}

function claimOfHeaders(target: Target, headers: IncomingHttpHeaders): Claim {
  const text = headers.authorization
  if (text === undefined) throw new S3Error('AccessDenied', 'Access Denied: the request is not signed.')
  if (!text.startsWith(`${ALGORITHM} `)) {
    throw new S3Error(
      'InvalidRequest',
      `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
    )
  }
  const fields = new Map<string, string>()
  for (const piece of text.slice(ALGORITHM.length + 1).split(',')) {
    const equals = piece.indexOf('=')
    fields.set(piece.slice(0, equals).trim(), piece.slice(equals + 1).trim())
  }
  const malformed = (what: string) =>
    new S3Error('AuthorizationHeaderMalformed', `The authorization header is malformed; ${what}.`)
  const contentSha256 = headers['x-amz-content-sha256']
  if (typeof contentSha256 !== 'string') {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  }
  const stamp = headers['x-amz-date'] ?? basicStamp(headers.date)
  if (typeof stamp !== 'string') {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header')
  }
  return {
    ...credentialOf(fields.get('Credential'), malformed),
    signedHeaders: signedHeadersOf(fields.get('SignedHeaders'), malformed),
    signature: fields.get('Signature') ?? '',
    stamp,
    contentSha256,
    queryPairs: target.queryPairs,
    maxAgeMs: MAX_SKEW_MS,
  }
}

function claimOfQuery(target: Target): Claim {
  const { query } = target
  const malformed = (what: string) =>
    new S3Error('AuthorizationQueryParametersError', `The query parameters are malformed; ${what}.`)
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) throw malformed(`X-Amz-Algorithm must be ${ALGORITHM}`)
  const expiresSeconds = Number(query.get('X-Amz-Expires'))
  if (!(Number.isInteger(expiresSeconds) && expiresSeconds >= 1 && expiresSeconds <= MAX_EXPIRES_S)) {
    throw malformed(`X-Amz-Expires must be 1 to ${MAX_EXPIRES_S}`)
  }
  return {
    ...credentialOf(query.get('X-Amz-Credential'), malformed),
    signedHeaders: signedHeadersOf(query.get('X-Amz-SignedHeaders'), malformed),
    signature: query.get('X-Amz-Signature') ?? '',
    stamp: query.get('X-Amz-Date') ?? '',
    contentSha256: 'UNSIGNED-PAYLOAD',
    queryPairs: target.queryPairs.filter(([name]) => name !== 'X-Amz-Signature'),
    maxAgeMs: expiresSeconds * 1000,
  }
}

type Malformed = (what: string) => S3Error

function credentialOf(
  text: string | undefined,
  malformed: Malformed,
): Pick<Claim, 'accessKeyId' | 'day' | 'region' | 'scope'> {
  const pieces = (text ?? '').split('/')
  const [accessKeyId, day, region, service, terminator] = pieces
  if (pieces.length !== 5 || !accessKeyId || !day || !region) throw malformed('the credential is incomplete')
  if (service !== 's3' || terminator !== 'aws4_request') throw malformed('the scope must end in s3/aws4_request')
  return { accessKeyId, day, region, scope: `${day}/${region}/s3/aws4_request` }
}

function signedHeadersOf(text: string | undefined, malformed: Malformed): string[] {
  const names = (text ?? '').split(';')
  if (!names.includes('host')) throw malformed("'Host' must be a signed header")
  return names
}

/** RFC 1123 date to the basic ISO form that SigV4 signs. */
function basicStamp(date: string | undefined): string | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')
}

function checkTime(claim: Claim, nowMs: number, presigned: boolean): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(claim.stamp)
  if (match === null || !claim.stamp.startsWith(claim.day)) {
    throw new S3Error('AccessDenied', 'The date of the request is malformed or not the one of its credential scope.')
  }
  const [, year, month, day, hour, minute, second] = match.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const atMs = Date.UTC(year, month - 1, day, hour, minute, second)
  if (presigned && nowMs > atMs + claim.maxAgeMs) throw new S3Error('AccessDenied', 'Request has expired')
  if (nowMs < atMs - MAX_SKEW_MS || (!presigned && nowMs > atMs + claim.maxAgeMs)) {
    throw new S3Error(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      {
        extra: {
          RequestTime: claim.stamp,
          ServerTime: new Date(nowMs).toISOString(),
          MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
        },
      },
    )
  }
}

/** What changes the meaning of a request must be signed, or a relay could add it. */
function checkSignedHeaders(claim: Claim, headers: IncomingHttpHeaders): void {
  for (const name in headers) {
    if (name.startsWith('x-amz-') && !claim.signedHeaders.includes(name) && name !== 'x-amz-content-sha256') {
      throw new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
        extra: { HeadersNotSigned: name },
      })
    }
  }
}

function canonicalQuery(pairs: readonly (readonly [string, string])[]): string {
  if (pairs.length === 0) return ''
  return pairs
    .map(([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const)
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function canonicalValue(value: string | string[] | undefined): string {
  const text = Array.isArray(value) ? value.join(',') : (value ?? '')
  return text.trim().replace(/ {2,}/g, ' ')
}
