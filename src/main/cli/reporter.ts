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

export interface QueuedFile {
  readonly path: string
  readonly key: string
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
