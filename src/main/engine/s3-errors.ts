import type { ErrorCode, TransferError } from '../../shared/errors.ts'
import { SluiceError } from '../../shared/errors.ts'

/**
 * Foreign errors of the other side become ours here and nowhere else: S3 error codes, HTTP statuses,
 * network and TLS codes, SDK exceptions. Those of this side's files do so in user-files.ts.
 */

const BY_S3_CODE: Readonly<Record<string, ErrorCode>> = {
  InvalidAccessKeyId: 'auth-rejected',
  SignatureDoesNotMatch: 'auth-rejected',
  InvalidToken: 'auth-rejected',
  ExpiredToken: 'credentials-expired',
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
  InvalidPart: 'upload-vanished',
  PreconditionFailed: 'exists',
  ConditionalRequestConflict: 'server-unavailable',
  OperationAborted: 'server-unavailable',
  KeyTooLongError: 'key-too-long',
  EntityTooLarge: 'too-large',
}

const BY_SYSTEM_CODE: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'host-not-found',
  EAI_AGAIN: 'host-not-found',
  EAI_NODATA: 'host-not-found',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'network-lost',
  EPIPE: 'network-lost',
  ECONNABORTED: 'network-lost',
  ENETUNREACH: 'network-lost',
  EHOSTUNREACH: 'network-lost',
  ENETDOWN: 'network-lost',
  EADDRNOTAVAIL: 'network-lost',
  ETIMEDOUT: 'request-timeout',
  EPROTO: 'tls-rejected',
}

/** What an S3 server said in an error answer. Fields are '' where it did not say. */
export interface S3Answer {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly requestId: string
  readonly region: string
  /** The raw Retry-After header, or ''. */
  readonly retryAfter: string
}

/** Reads the few fields of an error document without trusting it: no parser, no entities, bounded. */
export function readS3Error(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): S3Answer {
  const field = (name: string) => unescapeXml(new RegExp(`<${name}>([^<]{0,1000})</${name}>`).exec(body)?.[1] ?? '')
  const header = (name: string) => {
    const value = headers[name]
    return (Array.isArray(value) ? value[0] : value) ?? ''
  }
  return {
    status,
    code: field('Code'),
    message: field('Message'),
    requestId: field('RequestId') || header('x-amz-request-id'),
    region: field('Region') || header('x-amz-bucket-region'),
    retryAfter: header('retry-after'),
  }
}

/** @param context names the destination for people: `bucket "b" at host` */
export function errorFromAnswer(answer: S3Answer, context: string, nowMs: number): TransferError {
  const code = codeOf(answer)
  const retryAfterMs = readRetryAfter(answer.retryAfter, nowMs)
  return {
    code,
    message: sentence(code, answer, context),
    detail: describe(answer),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  }
}

/** Anything thrown: a system error, a TLS refusal, an SDK exception, one of ours, or a bug. */
export function errorFromThrown(thrown: unknown, context: string): TransferError {
  if (thrown instanceof SluiceError) return thrown.failure
  if (isServiceException(thrown)) return errorFromAnswer(answerOf(thrown), context, Date.now())
  const systemCode = systemCodeOf(thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const name = thrown instanceof Error ? thrown.name : ''
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    const expired = /expired/i.test(message)
    return {
      code: expired ? 'credentials-expired' : 'credentials-missing',
      message: expired
        ? 'The credentials have expired: sign in again.'
        : 'No credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile.',
      detail: message,
    }
  }
  if (isTlsCode(systemCode)) {
    return {
      code: 'tls-rejected',
      message: `The certificate of ${context} was not accepted (${message}): name its authority with a CA file.`,
      detail: systemCode,
    }
  }
  const code = BY_SYSTEM_CODE[systemCode]
  if (code === undefined) return { code: 'internal', message: `An unexpected error: ${message}`, detail: name }
  return { code, message: networkSentence(code, context), detail: `${systemCode}: ${message}` }
}

export function networkError(code: 'network-lost' | 'request-timeout', context: string, detail: string): TransferError {
  return { code, message: networkSentence(code, context), detail }
}

/** Retry-After in seconds or as an HTTP date; null where there is none. */
export function readRetryAfter(value: string, nowMs: number): number | null {
  if (value === '') return null
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}

function codeOf(answer: S3Answer): ErrorCode {
  const known = BY_S3_CODE[answer.code]
  if (known !== undefined) return known
  switch (answer.status) {
    case 301:
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

function sentence(code: ErrorCode, answer: S3Answer, context: string): string {
  switch (code) {
    case 'auth-rejected':
      return `The access key or secret was rejected by ${context}.`
    case 'credentials-expired':
      return `The credentials for ${context} have expired.`
    case 'access-denied':
      return `Access to ${context} was denied: the key may not be allowed to write there.`
    case 'bucket-missing':
      return `There is no ${context}.`
    case 'wrong-region':
      return answer.region === ''
        ? `The ${context} is in another region.`
        : `The ${context} is in region ${answer.region}: set that region.`
    case 'clock-skew':
      return `This computer's clock differs too much from the server's: set the time.`
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
    case 'exists':
      return `An object with this key exists already.`
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

function networkSentence(code: ErrorCode, context: string): string {
  switch (code) {
    case 'host-not-found':
      return `The host was not found: ${context}. Check the endpoint's name and the network.`
    case 'connection-refused':
      return `The connection was refused by ${context}. Check the endpoint's address and port.`
    case 'request-timeout':
      return `No answer came in time from ${context}.`
    default:
      return `The connection to ${context} was lost.`
  }
}

function describe(answer: S3Answer): string {
  return [`HTTP ${answer.status}`, answer.code, answer.message, answer.requestId && `request ${answer.requestId}`]
    .filter((piece) => piece !== '')
    .join(' · ')
}

/** An SDK exception, by its shape: importing the SDK for `instanceof` would cost every sender 30 MiB. */
interface ServiceException extends Error {
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: { readonly headers: Readonly<Record<string, string>> }
}

function isServiceException(thrown: unknown): thrown is ServiceException {
  if (!(thrown instanceof Error) || !('$metadata' in thrown) || !('$fault' in thrown)) return false
  return (thrown as ServiceException).$metadata.httpStatusCode !== undefined
}

function answerOf(exception: ServiceException): S3Answer {
  const headers = exception.$response?.headers ?? {}
  return {
    status: exception.$metadata.httpStatusCode ?? 0,
    code: exception.name,
    message: exception.message,
    requestId: exception.$metadata.requestId ?? '',
    region: headers['x-amz-bucket-region'] ?? '',
    retryAfter: headers['retry-after'] ?? '',
  }
}

/** The code of an error or of the first cause that has one; AggregateError (several addresses) included. */
function systemCodeOf(thrown: unknown): string {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; depth++) {
    if ('code' in error && typeof error.code === 'string') return error.code
    error = error instanceof AggregateError ? error.errors[0] : error.cause
  }
  return ''
}

function isTlsCode(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_TLS|^ERR_SSL|HOSTNAME_MISMATCH/.test(code)
}

function unescapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => named[name] ?? '')
}
