import type { LimitedBy, Patch, QueuePlace, TestResult, Viewport, Which } from '../../shared/contract.ts'
import type { OnExists } from '../../shared/destination.ts'
import type { TransferError } from '../../shared/errors.ts'
import type { LimitSource } from '../../shared/limit-plan.ts'
import type { ObjectSettings } from '../../shared/object-settings.ts'
import type { AbortedUploads, OpenUploadPage, UploadMarker, UploadName } from '../../shared/open-uploads.ts'
import type { Preflight } from '../../shared/preflight.ts'
import type { RateSample } from '../../shared/samples.ts'
import type { Checksum, ChecksumAlgorithm, SkipReason, Verified } from '../../shared/transfer.ts'
import type { TransferDetails } from '../../shared/transfer-details.ts'
import type { PartLimits } from '../core/part-plan.ts'
import type { Quota } from '../flow/quota.ts'
import type { QuotaSnapshot } from '../flow/quota-snapshot.ts'

/**
 * What the main thread asks of the engine worker and what the engine tells it. Typed only: both
 * sides are ours. Units: bytes, bytes per second (null unlimited, 0 paused), milliseconds, epoch ms.
 */

/** Where the threads' entry files are: source files in tests, built chunks in the product. */
export interface WorkerPaths {
  readonly engine: string | URL
  readonly sender: string | URL
}

export interface EngineOptions {
  /** Requests in flight in total. */
  readonly connections: number
  /** Sender threads; null: as many as suit the machine. */
  readonly threads: number | null
  readonly limitBytesPerSecond: number | null
  /** Where the journal is kept; one process at a time owns it. null or left out: nothing outlives the process. */
  readonly dataDir?: string | null
  /** Where other Sluices of this person have their data folders, so that their uploads are known as theirs. */
  readonly stateDir?: string | null
  /** For tests of a full disk: the journal may grow to this many pages of 4 KiB. */
  readonly journalMaxPages?: number
}

/** What came of opening the data folder. `pid` is its present owner's, where that is the reason. */
export type Opened =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly pid: number | null }

export type CredentialSource =
  | {
      readonly kind: 'keys'
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken: string | null
    }
  /** The SDK's provider chain: a named profile, or the environment and the default profile when null. */
  | { readonly kind: 'profile'; readonly profile: string | null }

/** A destination as the engine needs it: complete, with the way to its credentials. */
export interface EngineDestination {
  readonly id: string
  /** null is AWS itself. */
  readonly endpoint: string | null
  readonly region: string
  readonly bucket: string
  readonly pathStyle: boolean
  readonly credentials: CredentialSource
  readonly caFile: string | null
  /** URL of an HTTP proxy; 'none' for a direct way; null: as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say. */
  readonly proxy: string | null
  /** The address of this computer that connections start from, or null for the system's choice. */
  readonly bindAddress: string | null
  /** False: the server refuses requests that name checksums of S3's own kind (default true). */
  readonly checksumHeaders?: boolean
  /** False: it does not honour `If-None-Match`, so keys are looked at beforehand (default true, until it refuses). */
  readonly conditionalWrites?: boolean
  /** What it is held to from its first request on, until `setDestinationPace` says otherwise (default nothing). */
  readonly pace?: DestinationPace
}

/** Fixed for a transfer when it is queued. */
export interface TransferOptions {
  readonly partBytes: number
  /** Files larger than this are multipart. */
  readonly multipartThresholdBytes: number
  readonly checksum: ChecksumAlgorithm
  readonly onExists: OnExists
  /** The file changed while it was read. 'restart' sends it again, three times in a row at the most. Default 'fail'. */
  readonly onChange?: 'fail' | 'restart'
  /** Retries end this long after the last progress; null: never. */
  readonly giveUpAfterMs: number | null
  /** What is kept beside the bytes. Default: a content type by the name, and nothing else. */
  readonly object?: ObjectSettings
  /** Where a store takes less than S3: see `PartLimits`. */
  readonly limits?: PartLimits
}

/** One thing to upload. The walk of a folder makes one transfer a file. */
export interface Source {
  /** Absolute. */
  readonly path: string
  /** For a regular file: its whole key. For a folder: what is put before each relative path ('' or ending in '/'). */
  readonly keyOrPrefix: string
}

export interface AddBatch {
  readonly destinationId: string
  readonly sources: readonly Source[]
  readonly options: TransferOptions
  /** Globs over the path relative to its source; a file must match one of `include` if there are any. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** 'scan' only lists; 'after-scan' starts when all files are known and no two share a key; 'at-once' streams. */
  readonly start: 'at-once' | 'after-scan' | 'scan'
  /** Those of `setQuotas` that were meant for it: only kept, for who goes on with it. */
  readonly quotas?: readonly EngineQuota[]
}

/** A batch that is only looked at. */
export type PreflightInput = Pick<AddBatch, 'destinationId' | 'sources' | 'options'>

/** Standard input as one object of unknown length, read by the engine's thread. */
export interface AddStream {
  readonly destinationId: string
  /** The whole key. */
  readonly key: string
  /** `partBytes` is that of the first parts; `multipartThresholdBytes` says nothing here. */
  readonly options: TransferOptions
}

/** A destination as the journal keeps it: keys that were typed are asked for again. */
export type KeptDestination = Omit<EngineDestination, 'credentials'> & {
  readonly credentials: Extract<CredentialSource, { kind: 'profile' }> | { readonly kind: 'keys-asked' }
}

/** A batch in the journal, and how far it is. */
export interface KeptBatch {
  readonly batchId: number
  readonly destinationId: string
  readonly createdAtMs: number
  readonly files: number
  readonly bytes: number
  readonly completed: number
  readonly failed: number
  /** Neither completed, failed, skipped nor cancelled. */
  readonly unfinished: number
  /** Its walk had not ended: more may be found. */
  readonly scanning: boolean
  /** When the last of it ended; null while something has not. */
  readonly finishedAtMs: number | null
  /** Of standard input the path is `-`. */
  readonly sources: readonly Source[]
  readonly quotas: readonly EngineQuota[]
}

/** What a receipt says of a destination. */
export type BatchPlace = Pick<EngineDestination, 'bucket' | 'endpoint' | 'region'>

/** What of an earlier run's rules a command overrides. */
export interface RestoreWork {
  /** Retries end this long after the last progress; null: never. */
  readonly giveUpAfterMs: number | null
}

export interface RestoredWork {
  /** Those with something on the list, oldest first. */
  readonly batches: readonly KeptBatch[]
  /** What the unfinished work is for: it goes on once each of these is put. */
  readonly destinations: readonly KeptDestination[]
  readonly unfinished: number
  /** What was under way when the process ended, whole parts and files. */
  readonly resentAtMost: number
}

/** 'now' gives up requests in flight after 2 s; 'after-parts' lets them end, and nothing is sent twice. */
export type PauseMode = 'now' | 'after-parts'

export interface SetLimit {
  /** null unlimited. What holds while nothing is paused. */
  readonly limitBytesPerSecond: number | null
  readonly source?: LimitSource
  readonly untilMs?: number | null
  /** The next pause that is known beforehand, epoch ms. */
  readonly nextPauseMs?: number | null
}

/** A budget over a moving window, in total or on one destination. */
export interface EngineQuota extends Quota {
  /** null: everything counts. */
  readonly destinationId: string | null
}

export interface SetQuotas {
  /** All of them: others end, and those with a name that is known keep what was counted. */
  readonly quotas: readonly EngineQuota[]
  /** What an earlier run answered to `quotaSnapshot`, at the first call of a run; else null. */
  readonly snapshot: QuotaSnapshot | null
}

/** `used` and `left` in the quota's unit. */
export interface QuotaState extends EngineQuota {
  /** In the window that ends now; it can exceed `amount` by what was in flight. */
  readonly used: number
  readonly left: number
  /** Nothing new begins before it, epoch ms; null while something may. */
  readonly blockedUntilMs: number | null
}

/** What a destination is held to; null is unlimited. */
export interface DestinationPace {
  readonly limitBytesPerSecond: number | null
  readonly requestsPerSecond: number | null
  readonly filesPerSecond: number | null
}

export interface ScanTotals {
  readonly batchId: number
  readonly files: number
  readonly bytes: number
  /** `.DS_Store` and its kind, and what the globs left out. */
  readonly leftOut: number
  readonly emptyFolders: number
  /** Files and folders that cannot be uploaded, each with its reason; at most 1 000 are listed. */
  readonly problems: readonly { readonly path: string; readonly key?: string; readonly error: TransferError }[]
  readonly problemCount: number
  /** Two sources on one key: with 'after-scan' nothing has started and nothing will. */
  readonly duplicateKeys: readonly { readonly key: string; readonly paths: readonly [string, string] }[]
}

/** Asked with `EngineClient.call(name, input)`. */
export interface EngineMethods extends JournalMethods {
  addBatch: { input: AddBatch; output: { batchId: number } }
  /** Once in a process. Told as `queued` with 0 bytes and the path `-`; it cannot be stopped and go on later. */
  addStream: { input: AddStream; output: { batchId: number } }
  /** What the batch would come to, within seconds of the end of its walk. One at a time: another ends it with null. */
  preflight: { input: PreflightInput; output: Preflight | null }
  cancelPreflight: { input: null; output: null }
  putDestination: { input: EngineDestination; output: null }
  removeDestination: { input: { id: string }; output: null }
  /** Tries credentials, connection, bucket and a write of a few bytes, which it removes. Changes nothing else. */
  testDestination: { input: EngineDestination; output: TestResult }
  unblockDestination: { input: { id: string }; output: null }
  /** `resentBytes`: what is given up by it and sent again later, at most. */
  /** Connections are made anew, and what waited for the network tries again within seconds. */
  networkChanged: { input: null; output: null }
  pause: { input: { which: Which; mode: PauseMode }; output: { resentBytes: number } }
  resume: { input: Which; output: null }
  /** Resolves once started; the abort of an upload goes on behind it. */
  cancel: { input: Which; output: null }
  retry: { input: { which: Which; overwrite: boolean; keepBoth?: boolean | undefined }; output: null }
  remove: { input: Which; output: { removed: number } }
  /** What was removed last comes back to its place, within half a minute; what was cancelled by it stays so. */
  undoRemove: { input: null; output: { restored: number } }
  /** To another place of the queue, which the journal keeps. */
  move: { input: { which: Which; place: QueuePlace }; output: null }
  /** `source` and `untilMs` are for people; no part starts that could not end before `nextPauseMs`. */
  setLimit: { input: SetLimit; output: null }
  /** Answers how they stand then. */
  setQuotas: { input: SetQuotas; output: readonly QuotaState[] }
  /** For a file that outlives the process. */
  quotaSnapshot: { input: null; output: QuotaSnapshot }
  setDestinationPace: { input: { id: string } & DestinationPace; output: null }
  setTransferLimit: { input: { id: number; limitBytesPerSecond: number | null }; output: null }
  /** Out of the global limit, or back under it, in mid-part; all other limits hold on. */
  exemptTransfer: { input: { id: number; exempt: boolean }; output: null }
  /** Above 0; batches share by it (1 at first), however many files they have. */
  setBatchWeight: { input: { batchId: number; weight: number }; output: null }
  setPaused: { input: { paused: boolean }; output: null }
  setConnections: { input: { connections: number }; output: null }
  /** From now on patches follow, at most 8 a second, one outstanding (`patchTaken`). */
  subscribe: { input: Viewport; output: Patch }
  /** The window has the last patch: the next may come. */
  patchTaken: { input: null; output: null }
  samples: { input: null; output: readonly RateSample[] }
  /** With the samples after `sinceMs`; null: there is no such transfer. */
  transferDetails: { input: { id: number; sinceMs: number }; output: TransferDetails | null }
  stats: { input: null; output: EngineStats }
  /** The senders end, then the engine's thread ends itself; there is no answer but its end. */
  end: { input: null; output: never }
  /** What the event `idle` says, asked for: nothing is left that could still move by itself. */
  isIdle: { input: null; output: boolean }
  /**
   * Nothing new starts. Resolves when requests in flight have ended, or at once with `now`. With a journal, uploads
   * stay open to go on later; without one they are aborted (an abort that fails is named by a `notice`).
   */
  stop: { input: { now: boolean }; output: null }
}
export interface JournalMethods {
  /** Whether the data folder is ours. If not, whatever would have to be kept is refused with the same sentence. */
  opened: { input: null; output: Opened }
  /**
   * Once, at the start: what the journal holds comes into the queue. What was at work goes on as soon as its
   * destination is put; what was paused stays paused.
   */
  restore: { input: RestoreWork | null; output: RestoredWork }
  /** All in the journal, newest first, at most 1 000. */
  batches: { input: null; output: readonly KeptBatch[] }
  /** Ended transfers of a batch in the order of their ids, those after `afterId`. */
  batchEnds: { input: { batchId: number; afterId: number; limit: number }; output: readonly TransferEnd[] }
  /** Whose bucket a batch went to, as its destination is now; null for a batch that is not in the journal. */
  batchPlace: { input: { batchId: number }; output: BatchPlace | null }
  /** Takes batches out of the journal, and what is left of them off the list; those that have not ended stay. */
  forgetBatches: { input: { batchIds: readonly number[] }; output: null }
  /** A page of the multipart uploads at a destination that have not ended, whoever began them; or why not. */
  openUploads: {
    input: { destinationId: string; prefix: string; after: UploadMarker | null }
    output: OpenUploadPage | TransferError
  }
  /** Aborts those of them that are named and that nobody goes on with, ours or not. */
  abortOpenUploads: { input: { destinationId: string; uploads: readonly UploadName[] }; output: AbortedUploads }
}

export type EngineMethod = keyof EngineMethods

export interface EngineStats {
  /** Payload bytes written to sockets, all attempts; never falls. */
  readonly sentBytes: number
  readonly confirmedBytes: number
  readonly totalBytes: number
  readonly resentBytes: number
  readonly bytesPerSecond: number
  readonly limitBytesPerSecond: number | null
  /** What holds the rate down at the moment. */
  readonly limitedBy: LimitedBy
  readonly etaMs: number | null
  readonly completed: number
  readonly failed: number
  readonly skipped: number
  readonly cancelled: number
  readonly unfinished: number
  /** Requests with a body that are in flight or about to be. */
  readonly connections: number
  readonly requests: number
  readonly retries: number
  readonly throttled: number
  readonly meanRequestMs: number
}

/** How one transfer ended. */
export interface TransferEnd {
  readonly id: number
  readonly batchId: number
  readonly path: string
  readonly key: string
  readonly sizeBytes: number
  readonly phase: 'completed' | 'failed' | 'cancelled' | 'skipped'
  readonly etag: string | null
  /** Where the bucket keeps versions. */
  readonly versionId: string | null
  readonly checksum: Checksum | null
  readonly verified: Verified | null
  readonly skipReason: SkipReason | null
  readonly resentBytes: number
  readonly error: TransferError | null
  /** When its first byte was asked for and when it ended, epoch ms; null: it never began. */
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
}

/** Told by the engine, in order; several in one message. */
export type EngineEvent =
  | {
      readonly type: 'queued'
      readonly id: number
      readonly batchId: number
      readonly path: string
      readonly key: string
      readonly sizeBytes: number
    }
  | { readonly type: 'scanned'; readonly totals: ScanTotals }
  | { readonly type: 'ended'; readonly end: TransferEnd }
  | { readonly type: 'patch'; readonly patch: Patch }
  /** How the quotas stand: when that has changed, once a second at the most. */
  | { readonly type: 'quotas'; readonly quotas: readonly QuotaState[] }
  | { readonly type: 'progress'; readonly atMs: number; readonly stats: EngineStats }
  /** `error` null: the destination is free again. `answered` is true once it has ever answered a request. */
  | {
      readonly type: 'destination'
      readonly id: string
      readonly error: TransferError | null
      readonly answered: boolean
    }
  /** No scan, no transfer that could still move by itself. Sent again after each time work was added. */
  | { readonly type: 'idle' }
  /** `about`: it holds on. 'stuck' until an `info` about the same; 'set-aside' for as long as the process lives. */
  | {
      readonly type: 'notice'
      readonly level: 'info' | 'error'
      readonly message: string
      readonly about?: 'stuck' | 'set-aside'
    }
  /** The worker ended unexpectedly, and another is being started. */
  | { readonly type: 'restarting'; readonly reason: string }
  /** It has restored the journal and has been told what held before. */
  | { readonly type: 'restarted'; readonly reason: string }
  /** The worker is gone; nothing more will be told. */
  | { readonly type: 'dead'; readonly message: string }
