import type { TransferState } from '../../shared/transfer.ts'
import type { TransferEvent } from '../core/transition.ts'
import type { EngineEvent } from './api.ts'
import type { Counters } from './counters.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Janitor } from './janitor.ts'
import type { Journal } from './journal.ts'
import type { Limits } from './limits.ts'
import type { QuotaControl } from './quota-control.ts'
import type { Recovery } from './recovery.ts'
import type { SourceWatch } from './source-watch.ts'
import type { StreamUpload } from './stream-upload.ts'
import type { TransferCalls } from './transfer-calls.ts'
import type { TransferLog } from './transfer-log.ts'
import type { TransferQueue } from './transfer-queue.ts'
import type { Transfer } from './transfer-record.ts'

/** Figures of the whole run. */
export interface Tally {
  requests: number
  requestMs: number
  retries: number
  throttled: number
  resentBytes: number
}

/**
 * What the parts of the engine know of each other. The engine owns the states: a part says what
 * happened (`apply`), and the effects come back to the part that performs them.
 */
export interface EngineContext {
  readonly queue: TransferQueue
  readonly limits: Limits
  readonly quotas: QuotaControl
  readonly counters: Counters
  readonly destinations: Map<string, DestinationRuntime>
  readonly tally: Tally
  readonly journal: Journal
  readonly janitor: Janitor
  readonly dispatcher: Dispatcher
  readonly recovery: Recovery
  readonly calls: TransferCalls
  readonly sources: SourceWatch
  /** For the panel of a transfer. */
  readonly log: TransferLog
  /** Those under way. */
  readonly streams: ReadonlySet<StreamUpload>
  /** Hands out the parts of a transfer that is uploading, or looks first at what an earlier run left of it. */
  send(transfer: Transfer): void
  mustLookFirst(transfer: Transfer): boolean
  apply(transfer: Transfer, event: TransferEvent): void
  /** The end of a transfer that has no more events: a stream's. */
  end(transfer: Transfer, state: TransferState): void
  /** Something came to an end: free what it held, hand out the next, see whether all is done. */
  settled(transfer: Transfer): void
  emit(event: EngineEvent): void
}
