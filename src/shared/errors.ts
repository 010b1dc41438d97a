/**
 * The one taxonomy of what can go wrong. A code decides the recovery; the
 * sentence is made from the code and safe parameters, so no secret and no
 * foreign message needs to cross a thread or reach the window.
 */
export const ERROR_CODES = [
  // Source: the file on this side.
  'source-missing',
  'source-away',
  'source-unreadable',
  'source-changed',
  'source-unsupported',
  // Target: the key or object on the other side.
  'key-too-long',
  'too-large',
  'exists-different',
  'exists',
  'object-rejected',
  'tags-refused',
  // Access: nothing will work until a person changes something.
  'auth-rejected',
  'credentials-missing',
  'credentials-expired',
  'access-denied',
  'bucket-missing',
  'wrong-region',
  'clock-skew',
  // Service.
  'throttled',
  'server-unavailable',
  // Network.
  'host-not-found',
  'connection-refused',
  'network-lost',
  'request-timeout',
  'tls-rejected',
  'proxy-rejected',
  // Integrity.
  'checksum-mismatch',
  'upload-vanished',
  'parts-rejected',
  'answer-invalid',
  // Ours.
  'cancelled',
  'interrupted',
  'internal',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** What the engine does about a code. One recovery for each, see `recoveryOf`. */
export type Recovery =
  /** Try again after a delay (full jitter), for as long as allowed. */
  | 'retry'
  /** The server asks for less: back off for the whole destination. */
  | 'throttle'
  /** Stop this destination until a person acts. */
  | 'ask'
  /** Wait for the volume that holds the file. */
  | 'wait'
  /** This file cannot succeed as it is; the others go on. */
  | 'fail'

/** A failure as it crosses threads, `--json` and the window. `message` is one sentence for people. */
export interface TransferError {
  readonly code: ErrorCode
  readonly message: string
  /** HTTP status, request id and the like, for "copy details". Never a secret. */
  readonly detail?: string
  /** The server's Retry-After, honoured in full. */
  readonly retryAfterMs?: number
  /** With `wrong-region`: the one that the server named. */
  readonly region?: string
}

const RECOVERY: Record<ErrorCode, Recovery> = {
  'source-missing': 'fail',
  'source-away': 'wait',
  'source-unreadable': 'fail',
  'source-changed': 'fail',
  'source-unsupported': 'fail',
  'key-too-long': 'fail',
  'too-large': 'fail',
  'exists-different': 'fail',
  exists: 'fail',
  'object-rejected': 'fail',
  'tags-refused': 'fail',
  'auth-rejected': 'ask',
  'credentials-missing': 'ask',
  'credentials-expired': 'ask',
  'access-denied': 'ask',
  'bucket-missing': 'ask',
  'wrong-region': 'ask',
  'clock-skew': 'ask',
  throttled: 'throttle',
  'server-unavailable': 'retry',
  'host-not-found': 'retry',
  'connection-refused': 'retry',
  'network-lost': 'retry',
  'request-timeout': 'retry',
  'tls-rejected': 'ask',
  'proxy-rejected': 'ask',
  'checksum-mismatch': 'retry',
  'upload-vanished': 'retry',
  'parts-rejected': 'retry',
  'answer-invalid': 'retry',
  cancelled: 'fail',
  interrupted: 'fail',
  internal: 'fail',
}

/** The one recovery of a code. */
export function recoveryOf(code: ErrorCode): Recovery {
  return RECOVERY[code]
}

/**
 * Failures that speak about the destination as a whole, not about one file. Until a
 * destination has answered once, the command line ends on any of these within 10 s.
 */
export function concernsDestination(code: ErrorCode): boolean {
  return (
    recoveryOf(code) === 'ask' ||
    code === 'throttled' ||
    code === 'server-unavailable' ||
    code === 'host-not-found' ||
    code === 'connection-refused' ||
    code === 'network-lost' ||
    code === 'request-timeout'
  )
}

/** Of those, the failures that a single key can have while everything else goes on: a shard that is down, say. */
export function mayBeOfOneKey(code: ErrorCode): boolean {
  return code === 'server-unavailable' || code === 'network-lost' || code === 'request-timeout'
}

/** An Error that carries one of our codes through code that throws. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError'
  readonly failure: TransferError
  constructor(failure: TransferError, cause?: unknown) {
    super(failure.message, cause === undefined ? undefined : { cause })
    this.failure = failure
  }
  get code(): ErrorCode {
    return this.failure.code
  }
}
