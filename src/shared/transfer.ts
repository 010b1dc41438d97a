import type { TransferError } from './errors.ts'

/**
 * How sure we are that the object is the file.
 * `checksum`: the server returned the checksum that we computed. `size`: HeadObject agreed on the
 * size and on the ETag that Complete named. `accepted`: PutObject answered 2xx with an ETag.
 */
export type Verified = 'checksum' | 'size' | 'accepted'

/** What a destination can be asked to check. `none`: nothing but size and ETag. */
export const CHECKSUM_ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha256', 'md5', 'none'] as const

export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number]

/** Those that compute something. */
export type SumAlgorithm = Exclude<ChecksumAlgorithm, 'none'>

/**
 * `value` is base64, as S3 writes it. A composite one (SHA-256 and MD5 of a multipart upload) is the digest of the
 * parts' digests and ends in `-` and their count.
 */
export interface Checksum {
  readonly algorithm: SumAlgorithm
  readonly value: string
  /** Of a composite one: how large each part was but the last; null for the whole object's, and where sizes differed. */
  readonly partBytes: number | null
}

/** Each phase carries exactly the data that the phase needs. Byte counts live beside it, not in it. */
export type TransferState =
  | { readonly phase: 'queued' }
  /** Looking at the file and asking the server for an upload id. */
  | { readonly phase: 'preparing' }
  /** `uploadId` is null for a transfer that is one PutObject. */
  | { readonly phase: 'uploading'; readonly uploadId: string | null }
  | { readonly phase: 'completing'; readonly uploadId: string }
  | {
      readonly phase: 'completed'
      readonly etag: string
      /** Of the object that this upload made, where the bucket keeps versions. */
      readonly versionId: string | null
      readonly checksum: Checksum | null
      readonly verified: Verified
    }
  | { readonly phase: 'paused'; readonly uploadId: string | null }
  | {
      readonly phase: 'retrying'
      readonly uploadId: string | null
      readonly attempt: number
      readonly retryAtMs: number
      readonly error: TransferError
    }
  /**
   * Nothing this transfer can do: its destination must answer or be mended first, or the volume that holds its file
   * (`source`) must come back.
   */
  | {
      readonly phase: 'waiting'
      readonly uploadId: string | null
      readonly reason: 'network' | 'destination' | 'source'
      readonly error: TransferError
    }
  | { readonly phase: 'failed'; readonly error: TransferError }
  | { readonly phase: 'cancelling'; readonly uploadId: string | null }
  | { readonly phase: 'cancelled' }
  /** The object was there already, and the rule says to leave it. */
  | { readonly phase: 'skipped'; readonly etag: string | null; readonly reason: SkipReason }

export type SkipReason = 'same' | 'exists'

export type Phase = TransferState['phase']

export const PHASES = [
  'queued',
  'preparing',
  'uploading',
  'completing',
  'completed',
  'paused',
  'retrying',
  'waiting',
  'failed',
  'cancelling',
  'cancelled',
  'skipped',
] as const satisfies readonly Phase[]

/** No event but a person's leads out of these. */
export function isEnded(phase: Phase): boolean {
  return phase === 'completed' || phase === 'failed' || phase === 'cancelled' || phase === 'skipped'
}

/** Being worked on right now. */
export function isActive(phase: Phase): boolean {
  return phase === 'preparing' || phase === 'uploading' || phase === 'completing' || phase === 'cancelling'
}

export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`)
}
