import { getState, rowAt, setState } from './store.ts'

/** The grid of the queue and the panel beside it, which hand the focus to each other. */
export const QUEUE_GRID_ID = 'queue-grid'
export const DETAILS_HEADING_ID = 'details-heading'

/** Shows the panel of a transfer. `takesFocus`: it was asked for by key. */
export function openDetails(id: number, takesFocus = false): void {
  setState({ detailsId: id })
  // The panel is drawn first.
  if (takesFocus) requestAnimationFrame(() => document.getElementById(DETAILS_HEADING_ID)?.focus())
}

/** Back to the list, where the keys go on from the row that they were at. */
export function closeDetails(): void {
  const hadFocus = document.activeElement?.closest('.details') != null
  setState({ detailsId: null })
  if (hadFocus) document.getElementById(QUEUE_GRID_ID)?.focus()
}

/** While the panel is open it shows the row that a person goes to. */
export function followInDetails(index: number): void {
  const state = getState()
  const row = rowAt(state, index)
  if (state.detailsId !== null && row) setState({ detailsId: row.id })
}
