import { MAX_BATCHES } from '../shared/batches.ts'
import type { TransferRow, Which } from '../shared/contract.ts'
import { call } from './bridge.ts'
import { lookAt } from './connection.ts'
import { followInDetails } from './details.ts'
import type { QueueLine } from './patches.ts'
import { isBatch, isTransfer, linesOf } from './patches.ts'
import type { AppState, Selection } from './store.ts'
import { getState, isSelected, lineAt, setState } from './store.ts'
import { strings } from './strings.ts'
import { showError } from './toast-manager.ts'

/** The contract's bound on a list of ids. */
const MAX_IDS = 10_000
const PAGE_LINES = 500

const picked = (ids: Iterable<number>, batchIds: Iterable<number>): Selection => {
  const selection = { kind: 'picked', ids: new Set(ids), batchIds: new Set(batchIds) } as const
  return selection.ids.size + selection.batchIds.size === 0 ? { kind: 'none' } : selection
}

/** What bulk actions act on: the selection, or everything that the filter shows. */
export function selectedOrAll(state: AppState): Which {
  const { selection } = state
  const { filter, search } = state.viewport
  if (selection.kind !== 'picked') return { kind: 'filter', filter, search }
  const ids = [...selection.ids]
  if (selection.batchIds.size === 0) return { kind: 'ids', ids }
  return { kind: 'batches', batchIds: [...selection.batchIds], ids, filter, search }
}

/** What keys in the list act on: the selection only. */
export function selected(state: AppState): Which | null {
  return state.selection.kind === 'none' ? null : selectedOrAll(state)
}

/** The selected lines that this window holds. */
export function selectedLines(state: AppState): QueueLine[] {
  return state.queue.lines.filter((line) => isSelected(state.selection, line))
}

/** The selected transfers that this window holds. */
export function selectedRows(state: AppState): TransferRow[] {
  return selectedLines(state).filter(isTransfer)
}

export function selectOnly(index: number): void {
  setState({ anchorIndex: index })
  followInDetails(index)
  void extendTo(index)
}

export function toggle(index: number): void {
  const state = getState()
  const line = lineAt(state, index)
  if (!line) return
  const ids = new Set<number>()
  const batchIds = new Set<number>()
  if (state.selection.kind === 'picked') {
    for (const id of state.selection.ids) ids.add(id)
    for (const id of state.selection.batchIds) batchIds.add(id)
  }
  if (isBatch(line) && state.selection.kind !== 'filter') {
    if (!batchIds.delete(line.batchId) && batchIds.size < MAX_BATCHES) batchIds.add(line.batchId)
    // Its rows are selected with it.
    for (const row of state.queue.lines) if (!isBatch(row) && row.batchId === line.batchId) ids.delete(row.id)
  } else if (state.selection.kind === 'filter' || batchIds.has(line.batchId)) {
    // Taking one out of "all" or of a batch leaves the rows we know: a predicate cannot say "all but this one".
    for (const row of selectedRows(state)) ids.add(row.id)
    batchIds.delete(line.batchId)
    for (const row of state.queue.lines) {
      if (!isBatch(row) && (row === line || (isBatch(line) && row.batchId === line.batchId))) ids.delete(row.id)
    }
  } else if (!isBatch(line) && !ids.delete(line.id) && ids.size < MAX_IDS) ids.add(line.id)
  setState({ focusIndex: index, anchorIndex: index, selection: picked(ids, batchIds) })
}

export function moveFocus(index: number): void {
  setState({ focusIndex: index })
}

/** Shift: from the anchor to `index`, asking the host for the lines that this window does not hold. */
export async function extendTo(index: number): Promise<void> {
  const state = getState()
  const anchor = state.anchorIndex < 0 ? index : state.anchorIndex
  setState({ focusIndex: index, anchorIndex: anchor })
  const first = Math.min(anchor, index)
  const last = Math.max(anchor, index)
  if (last - first + 1 > MAX_IDS) {
    showError(strings.errors.rangeTooLong)
    return
  }
  const lines = heldLines(first, last) ?? (await askForLines(first, last))
  // A later key press has moved on: its own range counts.
  if (getState().focusIndex === index) setState({ selection: selectionOf(lines) })
}

export function selectAll(): void {
  setState((state) => ({ selection: state.queue.matching > 0 ? { kind: 'filter' } : { kind: 'none' } }))
}

export function clearSelection(): void {
  setState({ selection: { kind: 'none' } })
}

/** A header stands for its batch when it is collapsed or alone; among others, the rows beneath it speak for themselves. */
function selectionOf(lines: readonly QueueLine[]): Selection {
  const ids: number[] = []
  const batchIds: number[] = []
  for (const line of lines) {
    if (!isBatch(line)) ids.push(line.id)
    else if (line.isCollapsed || lines.length === 1) batchIds.push(line.batchId)
  }
  return picked(ids, batchIds.slice(0, MAX_BATCHES))
}

/** The lines from `first` to `last`, or null when this window does not hold them all. */
function heldLines(first: number, last: number): readonly QueueLine[] | null {
  const { firstIndex, lines } = getState().queue
  if (first < firstIndex || last >= firstIndex + lines.length) return null
  return lines.slice(first - firstIndex, last + 1 - firstIndex)
}

async function askForLines(first: number, last: number): Promise<QueueLine[]> {
  const { viewport } = getState()
  const found: QueueLine[] = []
  for (let firstIndex = first; firstIndex <= last; firstIndex += PAGE_LINES) {
    const count = Math.min(PAGE_LINES, last + 1 - firstIndex)
    const page = await call('subscribe', { ...viewport, firstIndex, count })
    if (!page.ok) break
    found.push(...linesOf(firstIndex, page.value.headers, page.value.rows))
  }
  // The pages above moved the host's viewport; this moves it back.
  lookAt({})
  return found
}
