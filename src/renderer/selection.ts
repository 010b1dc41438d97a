import type { TransferRow, Which } from '../shared/contract.ts'
import { call } from './bridge.ts'
import { lookAt } from './connection.ts'
import { followInDetails } from './details.ts'
import type { AppState, Selection } from './store.ts'
import { getState, rowAt, setState } from './store.ts'
import { strings } from './strings.ts'
import { showError } from './toast-manager.ts'

/** The contract's bound on a list of ids. */
const MAX_IDS = 10_000
const PAGE_ROWS = 500

const ids = (list: Iterable<number>): Selection => {
  const set = new Set(list)
  return set.size === 0 ? { kind: 'none' } : { kind: 'ids', ids: set }
}

/** What bulk actions act on: the selection, or everything that the filter shows. */
export function selectedOrAll(state: AppState): Which {
  if (state.selection.kind === 'ids') return { kind: 'ids', ids: [...state.selection.ids] }
  const { filter, search } = state.viewport
  return { kind: 'filter', filter, search }
}

/** What keys in the list act on: the selection only. */
export function selected(state: AppState): Which | null {
  return state.selection.kind === 'none' ? null : selectedOrAll(state)
}

/** The selected rows that this window holds. */
export function selectedRows(state: AppState): TransferRow[] {
  const { selection } = state
  if (selection.kind === 'none') return []
  return state.queue.rows.filter((row) => selection.kind === 'filter' || selection.ids.has(row.id))
}

export function selectOnly(index: number): void {
  setState({ anchorIndex: index })
  followInDetails(index)
  void extendTo(index)
}

export function toggle(index: number): void {
  const state = getState()
  const row = rowAt(state, index)
  if (!row) return
  // Taking one row out of "all" leaves the rows we know: a predicate cannot say "all but this one".
  const before =
    state.selection.kind === 'ids' ? state.selection.ids : new Set(selectedRows(state).map((one) => one.id))
  const next = new Set(before)
  if (!next.delete(row.id) && next.size < MAX_IDS) next.add(row.id)
  setState({ focusIndex: index, anchorIndex: index, selection: ids(next) })
}

export function moveFocus(index: number): void {
  setState({ focusIndex: index })
}

/** Shift: from the anchor to `index`, asking the host for the ids that this window does not hold. */
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
  const list = heldIds(first, last) ?? (await askForIds(first, last))
  // A later key press has moved on: its own range counts.
  if (getState().focusIndex === index) setState({ selection: ids(list) })
}

export function selectAll(): void {
  setState((state) => ({ selection: state.queue.matching > 0 ? { kind: 'filter' } : { kind: 'none' } }))
}

export function clearSelection(): void {
  setState({ selection: { kind: 'none' } })
}

/** Ids of the rows from `first` to `last`, or null when this window does not hold them all. */
function heldIds(first: number, last: number): number[] | null {
  const { firstIndex, rows } = getState().queue
  if (first < firstIndex || last >= firstIndex + rows.length) return null
  return rows.slice(first - firstIndex, last + 1 - firstIndex).map((row) => row.id)
}

async function askForIds(first: number, last: number): Promise<number[]> {
  const { viewport } = getState()
  const found: number[] = []
  for (let firstIndex = first; firstIndex <= last; firstIndex += PAGE_ROWS) {
    const count = Math.min(PAGE_ROWS, last + 1 - firstIndex)
    const page = await call('subscribe', { ...viewport, firstIndex, count })
    if (!page.ok) break
    found.push(...page.value.rows.map((row) => row.id))
  }
  // The pages above moved the host's viewport; this moves it back.
  lookAt({})
  return found
}
