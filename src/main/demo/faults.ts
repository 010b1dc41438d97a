import type { Operation } from './routes.ts'

/**
 * Scripted faults: plain data, so that a test reads as a dialogue and a script crosses threads.
 *
 *     faults: [
 *       { on: 'UploadPart', partNumber: 3, do: { kind: 'answer', status: 503, code: 'SlowDown', retryAfterSeconds: 2 } },
 *       { on: 'CompleteMultipartUpload', do: { kind: 'drop', when: 'after-commit' } },
 *     ]
 *
 * At most one fault acts on a request: the first in the list that matches and is due. A fault counts only the
 * requests that no earlier fault took. Matching comes before the signature is looked at.
 */
export interface Fault {
  readonly on: Operation | readonly Operation[] | 'any'
  /** Only this key; every key when left out. */
  readonly key?: string
  /** Only this part number; every part when left out. */
  readonly partNumber?: number
  /** Only requests with this session token, as when it has expired; every request when left out. */
  readonly sessionToken?: string
  /** Lets this many matching requests pass first. Default 0. */
  readonly skip?: number
  /** Acts on this many requests, then rests; null is for ever. Default 1. */
  readonly times?: number | null
  readonly do: FaultAction
}

export type FaultAction =
  /**
   * Answer with an S3 error and do nothing. `afterBytes`: once that many bytes of the body have come;
   * at once when left out. A client that goes on sending is read and ignored.
   * `message` left out is a fixed sentence; expired credentials are `{status: 400, code: 'ExpiredToken'}`.
   */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly code: string
      readonly message?: string
      readonly retryAfterSeconds?: number
      /** Told as `x-amz-bucket-region`, as with PermanentRedirect. */
      readonly region?: string
      readonly afterBytes?: number
    }
  /** Do the work, but start this late. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Close the socket: before a byte of the body is read, or when all is stored and only the answer is missing. */
  | { readonly kind: 'drop'; readonly when: 'before-reading' | 'after-commit' }
  /** Close the socket after this many bytes of the body have been read. Nothing is stored. */
  | { readonly kind: 'drop'; readonly afterBytes: number }
  /** Stop reading for a while after this many bytes of the body, then go on as if nothing had been. */
  | { readonly kind: 'stall'; readonly afterBytes: number; readonly ms: number }
  /** 200 with an error inside, as CompleteMultipartUpload and CopyObject can answer. Nothing is done. */
  | { readonly kind: 'error-in-ok'; readonly code: string; readonly message?: string }
  /** Do the work, then answer 200 with neither headers of S3 nor a body. */
  | { readonly kind: 'empty-answer' }
  /** Do the work, announce the whole body, send its first bytes and close the socket. */
  | { readonly kind: 'truncated-answer'; readonly bytes: number }
  /** Do the work, but name an ETag that is not the stored one. */
  | { readonly kind: 'wrong-etag' }
  /**
   * Store one wrong byte at `offset`, without checking any checksum. `reports` is what it says later:
   * 'its-own' the checksum of the wrong bytes, 'nothing' no checksum at all (as Ceph 16).
   */
  | { readonly kind: 'store-wrong-byte'; readonly offset: number; readonly reports: 'its-own' | 'nothing' }
  /** Neither check nor keep nor return checksums, as servers that do not know the headers. */
  | { readonly kind: 'ignore-checksums' }
  /** Refuse requests that name checksums of S3's own kind, as Backblaze B2 does. */
  | { readonly kind: 'refuse-checksums' }
  /** Write whatever `If-None-Match` and `If-Match` say, as servers that do not know them. */
  | { readonly kind: 'ignore-conditions' }

interface Standing {
  readonly fault: Fault
  matches: number
  acted: number
}

/** Which fault acts on which request. Holds the counts; a new script starts from zero. */
export class FaultPlan {
  #standing: Standing[] = []

  set(faults: readonly Fault[]): void {
    this.#standing = faults.map((fault) => ({ fault, matches: 0, acted: 0 }))
  }

  /** The action for this request, or null. Counts the request. */
  take(
    operation: Operation,
    key: string | null,
    partNumber: number | null,
    sessionToken: string | null = null,
  ): FaultAction | null {
    for (const standing of this.#standing) {
      const { fault } = standing
      if (fault.sessionToken !== undefined && fault.sessionToken !== sessionToken) continue
      if (!matches(fault, operation, key, partNumber)) continue
      standing.matches++
      if (standing.matches <= (fault.skip ?? 0)) continue
      const times = fault.times === undefined ? 1 : fault.times
      if (times !== null && standing.acted >= times) continue
      standing.acted++
      return fault.do
    }
    return null
  }
}

function matches(fault: Fault, operation: Operation, key: string | null, partNumber: number | null): boolean {
  const { on } = fault
  if (on !== 'any' && on !== operation && !(Array.isArray(on) && on.includes(operation))) return false
  if (fault.key !== undefined && fault.key !== key) return false
  return fault.partNumber === undefined || fault.partNumber === partNumber
}
