import { isBatch } from './patches.ts'
import { isInOrder, moveBeside } from './reorder.ts'
import { getState, isSelected, lineAt } from './store.ts'

/** A pointer that moves less than this, in pixels, clicks. */
const CLICK_PX = 6

interface Target {
  readonly row: HTMLElement
  readonly id: number
  readonly side: 'before' | 'after'
}

/**
 * Follows a pointer that was pressed on a selected row: what is selected goes where it is released. By hand and not by
 * HTML's drag and drop, which is what files that are dropped on the window come by. Escape gives it up.
 *
 * @param onClick called when it is released where it was pressed
 */
export function beginDrag(pressed: MouseEvent, onClick: () => void): void {
  const controller = new AbortController()
  const { signal } = controller
  let dragging = false
  let target: Target | null = null

  const show = (next: Target | null) => {
    if (next?.row !== target?.row || next?.side !== target?.side) {
      delete target?.row.dataset.drop
      if (next !== null) next.row.dataset.drop = next.side
    }
    target = next
  }
  const end = () => {
    show(null)
    controller.abort()
  }
  const follow = (event: MouseEvent) => {
    if (event.buttons === 0) return end()
    if (!dragging) {
      if (Math.abs(event.clientY - pressed.clientY) < CLICK_PX) return
      if (!isInOrder()) return end()
      dragging = true
    }
    show(targetUnder(event))
  }
  const release = () => {
    const dropped = target
    end()
    if (!dragging) onClick()
    else if (dropped !== null) void moveBeside(dropped.side, dropped.id)
  }
  document.addEventListener('mousemove', follow, { signal })
  document.addEventListener('mouseup', release, { signal })
  document.addEventListener('keydown', (event) => event.key === 'Escape' && end(), { signal })
}

/** The line under the pointer, and the half of it; null over what is being dragged. */
function targetUnder(event: MouseEvent): Target | null {
  const under = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null
  if (under === null) return null
  const state = getState()
  const line = lineAt(state, Number(under.dataset.index))
  if (line === undefined || isSelected(state.selection, line)) return null
  const { top, height } = under.getBoundingClientRect()
  const side = event.clientY < top + height / 2 ? 'before' : 'after'
  if (!isBatch(line)) return { row: under, id: line.id, side }
  // Behind the header of an open batch comes its first row: there is no place between.
  if (!line.isCollapsed || side === 'before') return { row: under, id: line.firstId, side: 'before' }
  return { row: under, id: line.lastId, side }
}
