import type { BatchRow, Which } from '../shared/contract.ts'
import type { QueueFilter } from '../shared/queue-filter.ts'
import { matches } from '../shared/queue-filter.ts'
import type { Phase } from '../shared/transfer.ts'
import { isEnded, PHASES } from '../shared/transfer.ts'
import { isTransfer } from './patches.ts'
import { countOf, phasesPresent, unfinishedOf } from './phases.ts'
import { selectedRows } from './selection.ts'
import type { AppState } from './store.ts'

/**
 * What a selection or a predicate comes to, as far as this window knows: it holds a part of the list only. Exact
 * figures are the host's; these are for what buttons offer and what questions say.
 */

/** The phases of what is selected; of everything that is shown where some of the selection is out of sight. */
export function selectedPhases(state: AppState): readonly Phase[] {
  const { selection, summary, viewport } = state
  if (summary === null || selection.kind === 'none') return []
  if (selection.kind === 'filter') return phasesPresent(summary, viewport.filter)
  const rows = selectedRows(state)
  const picked = rows.filter((row) => selection.ids.has(row.id))
  const batches = headersOf(state, selection.batchIds)
  if (picked.length < selection.ids.size || batches.length < selection.batchIds.size) {
    return phasesPresent(summary, viewport.filter)
  }
  return [...picked.map((row) => row.phase), ...batches.flatMap((batch) => phasesOf(batch, viewport.filter))]
}

/** How many transfers a predicate names; null where a batch is out of sight. */
export function countIn(state: AppState, which: Which): number | null {
  if (which.kind === 'ids') return which.ids.length
  if (which.kind === 'filter') return state.queue.matching
  const batches = headersOf(state, new Set(which.batchIds))
  if (batches.length < which.batchIds.length) return null
  return batches.reduce((sum, batch) => sum + batch.matching, which.ids?.length ?? 0)
}

/** How many of them have not ended, at most. */
export function unfinishedIn(state: AppState, which: Which): number {
  const { summary, queue } = state
  if (!summary) return 0
  if (which.kind === 'ids') return unfinishedOfIds(state, which.ids)
  if (which.filter === 'failed' || which.filter === 'done') return 0
  const { filter } = which
  const unfinished = filter === 'all' ? unfinishedOf(summary) : countOf(summary, filter)
  // Of what a search finds, how many have ended is not known here.
  if (which.kind === 'filter') return which.search ? Math.min(unfinished, queue.matching) : unfinished
  const batches = headersOf(state, new Set(which.batchIds))
  if (batches.length < which.batchIds.length) return unfinished
  return batches.reduce(
    (sum, batch) => sum + Math.min(batch.matching, unfinishedOfBatch(batch, filter)),
    unfinishedOfIds(state, which.ids ?? []),
  )
}

/** The phases of a batch that a filter shows. */
export function phasesOf(batch: BatchRow, filter: QueueFilter): Phase[] {
  return PHASES.filter((phase) => batch.counts[phase] > 0 && matches(filter, phase))
}

function unfinishedOfBatch(batch: BatchRow, filter: QueueFilter): number {
  const phases = phasesOf(batch, filter).filter((phase) => !isEnded(phase))
  return phases.reduce((sum, phase) => sum + batch.counts[phase], 0)
}

function unfinishedOfIds(state: AppState, ids: readonly number[]): number {
  const wanted = new Set(ids)
  const ended = state.queue.lines.filter(isTransfer).filter(({ id, phase }) => wanted.has(id) && isEnded(phase))
  return wanted.size - ended.length
}

/** One header a batch, of those that this window holds. */
function headersOf(state: AppState, batchIds: ReadonlySet<number>): BatchRow[] {
  const held = new Map(state.queue.headers.map((header) => [header.batchId, header]))
  return [...batchIds].flatMap((id) => held.get(id) ?? [])
}
