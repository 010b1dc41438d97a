import type { QueuePlace, Which } from '../shared/contract.ts'
import { perform } from './bridge.ts'
import { sortBy } from './connection.ts'
import { selected } from './selection.ts'
import { getState, QUEUE_ORDER, rowAt } from './store.ts'
import { strings } from './strings.ts'
import { showAction, showInfo } from './toast-manager.ts'

/** Moving uploads in the queue, whose order is also the order that parts are sent in. */

/** To the front: their parts go before the next part of all others. */
export async function sendNext(which: Which): Promise<void> {
  const result = await perform('moveTransfers', { which, place: { kind: 'first' } })
  if (!result.ok) return
  const count = which.kind === 'ids' ? which.ids.length : getState().queue.matching
  showInfo(strings.queue.sentNext(count))
}

/** What is selected passes its next neighbour in the list, as one block. */
export async function moveSelection(direction: 'up' | 'down'): Promise<void> {
  const state = getState()
  const which = selected(state)
  if (which === null || which.kind === 'filter' || !isInOrder()) return
  const chosen = new Set(which.ids)
  const { rows, firstIndex } = state.queue
  const indexes = rows.flatMap((row, at) => (chosen.has(row.id) ? [firstIndex + at] : []))
  const edge = direction === 'up' ? Math.min(...indexes) : Math.max(...indexes)
  const neighbour = rowAt(state, direction === 'up' ? edge - 1 : edge + 1)
  if (neighbour === undefined) return
  await move(which, { kind: direction === 'up' ? 'before' : 'after', id: neighbour.id })
}

/** Puts what is selected beside a row. */
export async function moveBeside(kind: 'before' | 'after', id: number): Promise<void> {
  const which = selected(getState())
  if (which !== null && which.kind === 'ids') await move(which, { kind, id })
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
