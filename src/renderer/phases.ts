import type { QueueSummary } from '../shared/contract.ts'
import type { QueueFilter } from '../shared/queue-filter.ts'
import { matches } from '../shared/queue-filter.ts'
import type { Phase } from '../shared/transfer.ts'
import { PHASES } from '../shared/transfer.ts'

/** How many transfers a filter shows. */
export function countOf(summary: QueueSummary, filter: QueueFilter): number {
  return phasesPresent(summary, filter).reduce((sum, phase) => sum + summary.counts[phase], 0)
}

/** Transfers that have not ended. */
export function unfinishedOf(summary: QueueSummary): number {
  return countOf(summary, 'active') + countOf(summary, 'waiting') + countOf(summary, 'paused')
}

/** The rate to show. The host's is smoothed and falls for seconds after the last byte; nothing moving is 0 at once. */
export function currentRate(summary: QueueSummary): number {
  return summary.paused || countOf(summary, 'active') === 0 ? 0 : summary.bytesPerSecond
}

export type RowAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'remove'

const ALLOWED: Record<Phase, readonly RowAction[]> = {
  queued: ['pause', 'cancel'],
  preparing: ['pause', 'cancel'],
  uploading: ['pause', 'cancel'],
  completing: ['cancel'],
  completed: ['remove'],
  paused: ['resume', 'cancel'],
  retrying: ['retry', 'pause', 'cancel'],
  waiting: ['pause', 'cancel'],
  failed: ['retry', 'remove'],
  cancelling: [],
  cancelled: ['retry', 'remove'],
  skipped: ['remove'],
}

/** What makes sense in a phase, most useful first. */
export function actionsOf(phase: Phase): readonly RowAction[] {
  return ALLOWED[phase]
}

/** The actions that at least one of these phases allows. */
export function actionsOfAny(phases: Iterable<Phase>): ReadonlySet<RowAction> {
  const actions = new Set<RowAction>()
  for (const phase of phases) for (const action of ALLOWED[phase]) actions.add(action)
  return actions
}

/** The phases a filter stands for that have transfers in them. */
export function phasesPresent(summary: QueueSummary, filter: QueueFilter): Phase[] {
  return PHASES.filter((phase) => summary.counts[phase] > 0 && matches(filter, phase))
}
