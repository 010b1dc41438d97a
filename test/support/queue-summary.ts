import type { QueueSummary } from '../../src/shared/contract.ts'
import { PHASES } from '../../src/shared/transfer.ts'

/** The figures of a queue with nothing in it and no limit. */
export const emptySummary: QueueSummary = {
  counts: Object.fromEntries(PHASES.map((phase) => [phase, 0])) as QueueSummary['counts'],
  scanning: 0,
  totalBytes: 0,
  confirmedBytes: 0,
  sentBytes: 0,
  resentBytes: 0,
  bytesPerSecond: 0,
  etaMs: null,
  limitBytesPerSecond: null,
  paused: false,
  limitSource: 'manual',
  limitUntilMs: null,
  limitedBy: 'nothing',
  limitedTransfer: null,
  slowness: { cause: 'none' },
  quotaUntilMs: null,
  skippedNames: 0,
  emptyFolders: 0,
  unreadable: 0,
}
