import type { Phase } from '../../shared/transfer.ts'

/** How far a batch is. Kept in memory, since counting rows would walk them. */
export interface BatchTally {
  files: number
  bytes: number
  completed: number
  failed: number
  skipped: number
  cancelled: number
  finishedAtMs: number | null
  scanned: boolean
}

/** A phase as the journal keeps it: everything that would be at work again after a restart is `queued`. */
export type KeptPhase = 'queued' | 'completing' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'skipped'

export function keptPhase(phase: Phase): KeptPhase {
  switch (phase) {
    case 'preparing':
    case 'uploading':
    case 'retrying':
    case 'waiting':
      return 'queued'
    // What remains to be done is the abort of its upload, which the journal keeps by itself.
    case 'cancelling':
      return 'cancelled'
    default:
      return phase
  }
}

/** Nothing found yet. */
export function newTally(): BatchTally {
  return {
    files: 0,
    bytes: 0,
    completed: 0,
    failed: 0,
    skipped: 0,
    cancelled: 0,
    finishedAtMs: null,
    scanned: false,
  }
}

/** A transfer of the batch has gone from one phase to another. */
export function countChange(tally: BatchTally, from: KeptPhase, to: KeptPhase): void {
  count(tally, from, -1)
  count(tally, to, 1)
}

/** Says whether, and since when, nothing of the batch is left to do. */
export function finish(tally: BatchTally): void {
  const ended = tally.completed + tally.failed + tally.skipped + tally.cancelled
  tally.finishedAtMs = tally.scanned && ended === tally.files ? Date.now() : null
}

function count(tally: BatchTally, phase: KeptPhase, by: 1 | -1): void {
  if (phase === 'completed' || phase === 'failed' || phase === 'skipped' || phase === 'cancelled') tally[phase] += by
}
