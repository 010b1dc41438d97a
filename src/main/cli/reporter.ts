import type { LimitedBy } from '../../shared/contract.ts'
import type { TransferError } from '../../shared/errors.ts'
import type { Checksum, Verified } from '../../shared/transfer.ts'
import type { QuotaState } from '../engine/api.ts'

/** What a run tells, whoever reads it. */
export interface Reporter {
  queued(file: QueuedFile): void
  progress(progress: Progress): void
  /** A quota lets nothing new begin for a while. */
  usedUp(quota: QuotaState): void
  ended(end: Ended): void
  summary(summary: Summary): void
}

/** Whose bucket a file goes to. */
export interface Place {
  readonly bucket: string
  /** null: AWS itself. */
  readonly endpoint: string | null
  readonly region: string
}

export interface QueuedFile {
  readonly path: string
  readonly key: string
  readonly bucket: string
  /** null: nobody knows yet, of standard input. */
  readonly sizeBytes: number | null
}

export interface Progress {
  readonly atMs: number
  readonly sentBytes: number
  readonly confirmedBytes: number
  /** null: nobody knows yet, of standard input. */
  readonly totalBytes: number | null
  /** Over the last second. */
  readonly bytesPerSecond: number
  /** null unlimited, 0 paused. */
  readonly limitBytesPerSecond: number | null
  /** What holds the rate down at the moment. */
  readonly limitedBy: LimitedBy
  readonly etaMs: number | null
  readonly filesEnded: number
  readonly filesTotal: number
}

/** How one file ended. `sizeBytes` and `key` are null where the walk could not learn them. */
export interface Ended {
  readonly place: Place
  readonly path: string
  readonly key: string | null
  readonly phase: 'completed' | 'failed' | 'cancelled' | 'skipped'
  readonly sizeBytes: number | null
  readonly etag: string | null
  readonly versionId: string | null
  readonly checksum: Checksum | null
  readonly verified: Verified | null
  readonly resentBytes: number
  readonly error: TransferError | null
  /** Epoch ms; null: it never began. */
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
}

export interface Summary {
  readonly completed: number
  readonly failed: number
  readonly skipped: number
  /** Neither ended well nor failed: cancelled, or never reached. */
  readonly unfinished: number
  /** Of the completed files. */
  readonly bytes: number
  readonly resentBytes: number
  readonly seconds: number
  readonly requests: number
  readonly retries: number
  readonly throttled: number
  readonly meanRequestMs: number
  readonly leftOut: number
  readonly emptyFolders: number
  readonly dryRun: boolean
}

export const NOTHING_DONE: Summary = {
  completed: 0,
  failed: 0,
  skipped: 0,
  unfinished: 0,
  bytes: 0,
  resentBytes: 0,
  seconds: 0,
  requests: 0,
  retries: 0,
  throttled: 0,
  meanRequestMs: 0,
  leftOut: 0,
  emptyFolders: 0,
  dryRun: false,
}

/** Of two runs that followed each other. */
export function addSummaries(one: Summary, other: Summary): Summary {
  const requests = one.requests + other.requests
  const requestMs = one.requests * one.meanRequestMs + other.requests * other.meanRequestMs
  return {
    completed: one.completed + other.completed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    unfinished: one.unfinished + other.unfinished,
    bytes: one.bytes + other.bytes,
    resentBytes: one.resentBytes + other.resentBytes,
    seconds: one.seconds + other.seconds,
    requests,
    retries: one.retries + other.retries,
    throttled: one.throttled + other.throttled,
    meanRequestMs: requests === 0 ? 0 : requestMs / requests,
    leftOut: one.leftOut + other.leftOut,
    emptyFolders: one.emptyFolders + other.emptyFolders,
    dryRun: one.dryRun || other.dryRun,
  }
}
