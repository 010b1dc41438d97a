import type { QueuePlace, Which } from '../shared/contract.ts'
import { perform } from './bridge.ts'
import { sortBy } from './connection.ts'
import { isBatch } from './patches.ts'
import { countIn } from './selected-totals.ts'
import { selected } from './selection.ts'
import type { AppState } from './store.ts'
import { getState, isSelected, QUEUE_ORDER } from './store.ts'
import { strings } from './strings.ts'
import { showAction, showInfo } from './toast-manager.ts'

/** Moving uploads in the queue, whose order is also the order that parts are sent in. */

/** To the front: their parts go before the next part of all others. */
export async function sendNext(which: Which): Promise<void> {
  const count = countIn(getState(), which)
  const result = await perform('moveTransfers', { which, place: { kind: 'first' } })
  if (result.ok) showInfo(count === null ? strings.queue.sentNextAll : strings.queue.sentNext(count))
}

/** What is selected passes its next neighbour in the list, as one block; a whole batch passes all of its neighbour. */
export async function moveSelection(direction: 'up' | 'down'): Promise<void> {
  const state = getState()
  const which = selected(state)
  if (which === null || which.kind === 'filter' || !isInOrder()) return
  const place = direction === 'up' ? placeAbove(state) : placeBelow(state)
  if (place !== null) await move(which, place)
}

/** Puts what is selected beside a row. */
export async function moveBeside(kind: 'before' | 'after', id: number): Promise<void> {
  const which = selected(getState())
  if (which !== null && which.kind !== 'filter') await move(which, { kind, id })
}

function placeAbove(state: AppState): QueuePlace | null {
  const first = state.queue.lines.find((line) => isSelected(state.selection, line))
  if (first === undefined) return null
  if (isBatch(first)) return beside('before', first.aboveId)
  const at = state.queue.lines.indexOf(first)
  const above = state.queue.lines[at - 1]
  // The line above the first row of a batch is its own header: what is passed is above that.
  const passed = above !== undefined && isBatch(above) && !above.isCollapsed ? state.queue.lines[at - 2] : above
  if (passed === undefined) return null
  return beside('before', isBatch(passed) ? passed.firstId : passed.id)
}

function placeBelow(state: AppState): QueuePlace | null {
  const { queue, selection } = state
  const at = queue.lines.findLastIndex((line) => isSelected(selection, line))
  const last = queue.lines[at]
  if (last === undefined) return null
  const header = queue.headers.findLast((one) => one.batchId === last.batchId && isSelected(selection, one))
  if (header !== undefined) return beside('after', header.belowId)
  const below = queue.lines[at + 1]
  if (below === undefined) return null
  if (!isBatch(below)) return beside('after', below.id)
  return beside('after', below.isCollapsed ? below.lastId : below.firstId)
}

function beside(kind: 'before' | 'after', id: number | null): QueuePlace | null {
  return id === null ? null : { kind, id }
}

/** Whether places in the list are places in the queue; if not, a notice offers to make them so. */
export function isInOrder(): boolean {
  const { sort } = getState().viewport
  if (sort.by === 'queue' && !sort.descending) return true
  showAction(strings.queue.unordered, strings.queue.orderByQueue, () => sortBy(QUEUE_ORDER))
  return false
}

async function move(which: Which, place: QueuePlace): Promise<void> {
  await perform('moveTransfers', { which, place })
}
