import type { ErrorCode, TransferError } from '../../shared/errors.ts'
import { SluiceError } from '../../shared/errors.ts'
import { redact } from '../../shared/redact.ts'
import { formatDuration } from '../../shared/units.ts'
import { errorOfSystem, proxyError } from './system-errors.ts'

/**
 * Foreign errors of the other side become ours here and nowhere else: S3 error codes, HTTP statuses, SDK exceptions,
 * and (by system-errors.ts) those of the way there. Those of this side's files do so in user-files.ts.
 */

const BY_S3_CODE: Readonly<Record<string, ErrorCode>> = {
  InvalidAccessKeyId: 'auth-rejected',
  SignatureDoesNotMatch: 'auth-rejected',
  InvalidToken: 'auth-rejected',
  ExpiredToken: 'credentials-expired',
  ExpiredTokenException: 'credentials-expired',
  RequestExpired: 'credentials-expired',
  TokenRefreshRequired: 'credentials-expired',
  AccessDenied: 'access-denied',
  AllAccessDisabled: 'access-denied',
  AccountProblem: 'access-denied',
  NoSuchBucket: 'bucket-missing',
  PermanentRedirect: 'wrong-region',
  AuthorizationHeaderMalformed: 'wrong-region',
  IllegalLocationConstraintException: 'wrong-region',
  RequestTimeTooSkewed: 'clock-skew',
  SlowDown: 'throttled',
  SlowDownRead: 'throttled',
  SlowDownWrite: 'throttled',
  TooManyRequests: 'throttled',
  RequestLimitExceeded: 'throttled',
  Throttling: 'throttled',
  ServiceUnavailable: 'throttled',
  InternalError: 'server-unavailable',
  RequestTimeout: 'request-timeout',
  BadDigest: 'checksum-mismatch',
  XAmzContentChecksumMismatch: 'checksum-mismatch',
  InvalidDigest: 'checksum-mismatch',
  IncompleteBody: 'network-lost',
  NoSuchUpload: 'upload-vanished',
  // What Ceph 16 says of an upload that was completed or aborted meanwhile. A missing object is no error to us.
  NoSuchKey: 'upload-vanished',
  InvalidPart: 'parts-rejected',
  EntityTooSmall: 'parts-rejected',
  PreconditionFailed: 'exists',
  ConditionalRequestConflict: 'server-unavailable',
  OperationAborted: 'server-unavailable',
  KeyTooLongError: 'key-too-long',
  EntityTooLarge: 'too-large',
}

/** What a key must be allowed for the SDK's commands. */
const ACTIONS: Readonly<Record<string, string>> = {
  PutObjectCommand: 's3:PutObject',
  CreateMultipartUploadCommand: 's3:PutObject',
  CompleteMultipartUploadCommand: 's3:PutObject',
  AbortMultipartUploadCommand: 's3:AbortMultipartUpload',
  HeadObjectCommand: 's3:GetObject',
  DeleteObjectCommand: 's3:DeleteObject',
  ListObjectsV2Command: 's3:ListBucket',
  ListPartsCommand: 's3:ListMultipartUploadParts',
  ListMultipartUploadsCommand: 's3:ListBucketMultipartUploads',
}

/** What an S3 server said in an error answer. Fields are '' where it did not say. */
export interface S3Answer {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly requestId: string
  readonly region: string
  /** Where a redirect leads, which is never followed, or ''. */
  readonly location: string
  /** The raw Retry-After header, or ''. */
  readonly retryAfter: string
  /** The raw Date header, or ''. */
  readonly date: string
  /** The permission that the request needs, as policies name it. */
  readonly action: string
}

/** Reads the few fields of the answer to a PUT without trusting it: no parser, no entities, bounded. */
export function readS3Error(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): S3Answer {
  const field = (name: string) =>
    plain(unescapeXml(new RegExp(`<${name}>([^<]{0,1000})</${name}>`).exec(body)?.[1] ?? ''))
  const header = (name: string) => {
    const value = headers[name]
    return (Array.isArray(value) ? value[0] : value) ?? ''
  }
  const message = field('Message')
  return {
    status,
    code: field('Code'),
    message,
    requestId: field('RequestId') || plain(header('x-amz-request-id')),
    region: field('Region') || plain(header('x-amz-bucket-region')),
    location: header('location'),
    retryAfter: header('retry-after'),
    date: header('date'),
    action: actionIn(message) ?? 's3:PutObject',
  }
}

/** @param context names the destination for people: `bucket "b" at host` */
export function errorFromAnswer(answer: S3Answer, context: string, nowMs: number): TransferError {
  const code = codeOf(answer)
  const retryAfterMs = readRetryAfter(answer.retryAfter, nowMs)
  return {
    code,
    message: redact(sentence(code, answer, context, nowMs)),
    detail: redact(describe(answer)),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    ...(code === 'wrong-region' && REGION.test(answer.region) ? { region: answer.region } : {}),
  }
}

/** What a person can be offered to use at one click: it becomes part of a host name. */
const REGION = /^[a-z0-9][a-z0-9-]{0,62}$/i

/** Anything thrown: a system error, a TLS refusal, an SDK exception, one of ours, or a bug. */
export function errorFromThrown(thrown: unknown, context: string): TransferError {
  if (thrown instanceof SluiceError) return thrown.failure
  if (isServiceException(thrown)) return errorFromAnswer(answerOf(thrown), context, Date.now())
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const name = thrown instanceof Error ? thrown.name : ''
  return (
    errorOfSystem(thrown, context) ?? {
      code: 'internal',
      message: redact(`An unexpected error: ${message}`),
      detail: name,
    }
  )
}

/** Retry-After in seconds or as an HTTP date; null where there is none. */
export function readRetryAfter(value: string, nowMs: number): number | null {
  if (value === '') return null
  if (/^\d+$/.test(value)) return Math.min(MAX_RETRY_AFTER_MS, Number(value) * 1000)
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, at - nowMs))
}

/** More is no request but a fault; and a timer of more than 24 days would fire at once. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000

/** A foreign text on one line, without what a terminal would obey, and not longer than a person would read. */
function plain(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 300)
}

function codeOf(answer: S3Answer): ErrorCode {
  const known = BY_S3_CODE[answer.code]
  if (known !== undefined) return known
  // Stores without tags name the header that they do not know: R2 by 501, B2 by 400.
  if (answer.status < 502 && /\bx-amz-tagging\b/i.test(answer.message)) return 'tags-refused'
  switch (answer.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return 'wrong-region'
    case 401:
      return 'auth-rejected'
    case 403:
      return 'access-denied'
    case 407:
      return 'proxy-rejected'
    case 408:
      return 'request-timeout'
    case 412:
      return 'exists'
    case 429:
    case 503:
      return 'throttled'
    case 404:
      return 'bucket-missing'
    default:
      return answer.status >= 500 && answer.status !== 501 ? 'server-unavailable' : 'object-rejected'
  }
}

function sentence(code: ErrorCode, answer: S3Answer, context: string, nowMs: number): string {
  switch (code) {
    case 'auth-rejected':
      return `The access key or secret was rejected by ${context}.`
    case 'credentials-expired':
      return `The credentials for ${context} have expired.`
    case 'access-denied':
      return answer.action === ''
        ? `Access to ${context} was denied: the access key may not be allowed to write there.`
        : `Access to ${context} was denied: the access key needs the permission ${answer.action} there.`
    case 'bucket-missing':
      return `There is no ${context}.`
    case 'wrong-region':
      if (answer.region !== '') return `The ${context} is in region ${answer.region}: set that region.`
      return elsewhere(answer.location) ?? `The ${context} is in another region.`
    case 'clock-skew':
      return clockSentence(answer.date, nowMs)
    case 'proxy-rejected':
      return proxyError(answer.status, context).message
    case 'throttled':
      return `The server asked to slow down.`
    case 'request-timeout':
      return `The server closed a request that it found too slow.`
    case 'server-unavailable':
      return `The server failed (${answer.status}).`
    case 'checksum-mismatch':
      return `The bytes that arrived differ from those that were sent.`
    case 'upload-vanished':
      return `The server no longer has the parts that were sent.`
    case 'parts-rejected':
      return `The server does not accept the parts as it holds them (${answer.code}).`
    case 'exists':
      return `An object with this key exists already.`
    case 'tags-refused':
      return `The server keeps no tags: upload without them.`
    case 'key-too-long':
      return `The key is longer than the server allows.`
    case 'too-large':
      return `The file is larger than the server allows.`
    default:
      return `The server refused it (${answer.status}${answer.code === '' ? '' : ` ${answer.code}`})${
        answer.message === '' ? '' : `: ${answer.message}`
      }.`
  }
}

function clockSentence(date: string, nowMs: number): string {
  const offsetMs = Date.parse(date) - nowMs
  if (Number.isNaN(offsetMs)) return `This computer's clock differs too much from the server's: set the time.`
  const direction = offsetMs > 0 ? 'behind' : 'ahead of'
  return `This computer's clock is ${formatDuration(Math.abs(offsetMs))} ${direction} the server's: set the time.`
}

/** What AWS's own sentences name: `… is not authorized to perform: s3:PutObject on …`. */
function actionIn(message: string): string | null {
  return /\bs3:[A-Za-z]{1,60}\b/.exec(message)?.[0] ?? null
}

function describe(answer: S3Answer): string {
  return [`HTTP ${answer.status}`, answer.code, answer.message, answer.requestId && `request ${answer.requestId}`]
    .filter((piece) => piece !== '')
    .join(' · ')
}

/** An SDK exception, by its shape: importing the SDK for `instanceof` would cost every sender 30 MiB. */
interface ServiceException extends Error {
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string }
  /** Where the error document named one. */
  readonly Region?: string
  readonly commandName?: string
  readonly $response?: { readonly headers: Readonly<Record<string, string>> }
}

function isServiceException(thrown: unknown): thrown is ServiceException {
  if (!(thrown instanceof Error) || !('$metadata' in thrown) || !('$fault' in thrown)) return false
  return (thrown as ServiceException).$metadata.httpStatusCode !== undefined
}

/** Requests are signed for one host, and go nowhere else whatever it says. */
function elsewhere(location: string): string | null {
  if (!URL.canParse(location)) return null
  const host = new URL(location).host.slice(0, 255)
  return `The server sends requests on to ${host}, which is not followed: set the endpoint or region that is meant.`
}

function answerOf(exception: ServiceException): S3Answer {
  const headers = exception.$response?.headers ?? {}
  return {
    status: exception.$metadata.httpStatusCode ?? 0,
    code: plain(exception.name),
    message: plain(exception.message),
    requestId: plain(exception.$metadata.requestId ?? ''),
    region: plain(headers['x-amz-bucket-region'] ?? exception.Region ?? ''),
    location: headers.location ?? '',
    retryAfter: headers['retry-after'] ?? '',
    date: headers.date ?? '',
    action: actionIn(exception.message) ?? ACTIONS[exception.commandName ?? ''] ?? '',
  }
}

function unescapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => named[name] ?? '')
}
