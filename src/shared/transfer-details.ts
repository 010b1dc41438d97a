import type { LimitedBy, TransferRow } from './contract.ts'
import type { RateSample } from './samples.ts'

/** What the panel of one transfer shows, whatever the transfer's size. */

/** Why a transfer, or all of them together, goes no faster. */
export type Slowness =
  /** The node of the limit tree that its connections wait for. */
  | { readonly cause: 'limit'; readonly by: LimitedBy }
  /** The server asked for less, or lets nothing through for a while. */
  | { readonly cause: 'server' }
  | { readonly cause: 'network' }
  | { readonly cause: 'disk' }
  | { readonly cause: 'small-files' }
  /** Checksums and encryption: the processor. */
  | { readonly cause: 'computer' }
  | { readonly cause: 'waiting'; readonly for: WaitingFor }
  /** It has ended, or has just begun. */
  | { readonly cause: 'none' }

export type WaitingFor =
  /** Others are before it. */
  | 'turn'
  /** A person (or the schedule) has paused it. */
  | 'resume'
  | 'quota'
  /** A person must mend the destination first. */
  | 'destination'
  /** The server is to begin the upload, or to put the parts together. */
  | 'answer'
  /** The next try. */
  | 'retry'

/** Where the time of connections went in the last seconds, as shares of it; together 1, or all 0 where none was at work. */
export interface TimeShares {
  readonly limit: number
  readonly server: number
  readonly network: number
  readonly disk: number
  readonly files: number
  readonly computer: number
}

export type PartState = 'waiting' | 'in-flight' | 'confirmed'

/** One line of what happened to a transfer. */
export interface LogEntry {
  readonly atMs: number
  readonly what: LoggedEvent
  /** The sentence of an error, or null. */
  readonly message: string | null
  /** The number of the try, for retries. */
  readonly attempt: number
}

export type LoggedEvent =
  | 'start'
  | 'prepared'
  | 'parts-done'
  | 'parts-again'
  | 'completed'
  | 'skipped'
  | 'failed'
  | 'retry-later'
  | 'retry-due'
  | 'blocked'
  | 'source-away'
  | 'unblocked'
  | 'start-over'
  | 'pause'
  | 'resume'
  | 'cancel'
  | 'aborted'
  | 'again'
  | 'kept-beside'
  | 'limit'

export interface TransferDetails {
  readonly row: TransferRow
  readonly slowness: Slowness
  readonly shares: TimeShares
  readonly partBytes: number
  /** Runs in the order of the file: so many parts in this state. At most 10 000. */
  readonly parts: readonly (readonly [count: number, state: PartState])[]
  /** Newer than was asked for, oldest first; its limit is the transfer's own. */
  readonly samples: readonly RateSample[]
  /** The last `MAX_LOG_ENTRIES`, oldest first. */
  readonly log: readonly LogEntry[]
}

export const MAX_LOG_ENTRIES = 100
