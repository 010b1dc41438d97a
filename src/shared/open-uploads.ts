/** Multipart uploads that were begun at a destination and neither completed nor aborted: their parts are stored and billed. */

/** One of them. */
export interface UploadName {
  readonly key: string
  readonly uploadId: string
}

/** After which one a page begins. */
export type UploadMarker = UploadName

/** What one call of `abortOpenUploads` takes, so that its progress can be told. */
export const ABORTS_AT_ONCE = 50

/**
 * Who goes on with an upload. 'queue': a transfer of this queue; 'running': another Sluice that is running on this
 * computer; 'resumable': a run of Sluice that has ended and can be gone on with; 'left': nobody, and this Sluice began
 * it; 'other': another program, or a Sluice elsewhere.
 */
export type UploadOwner = 'queue' | 'running' | 'resumable' | 'left' | 'other'

export interface OpenUpload extends UploadName {
  /** Epoch ms by the server's clock; null where it does not say. */
  readonly initiatedAtMs: number | null
  /** What its parts hold; null where the server does not let us look. */
  readonly bytes: number | null
  readonly owner: UploadOwner
}

/** In the order of their keys. `next`: what to ask for after; null: that was all. */
export interface OpenUploadPage {
  readonly uploads: readonly OpenUpload[]
  readonly next: UploadMarker | null
}

/** What came of aborting some. */
export interface AbortedUploads {
  readonly aborted: number
  /** Those that somebody goes on with by now: they were left alone. */
  readonly inUse: number
  /** Why the rest was not tried, in a sentence; null: all were. */
  readonly problem: string | null
}

/** What somebody goes on with at the moment is never aborted. */
export function mayAbort(owner: UploadOwner): boolean {
  return owner !== 'queue' && owner !== 'running'
}
