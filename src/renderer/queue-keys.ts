import type { KeyboardEvent } from 'react'
import { act, copyDetails, deleteThose, togglePauseOf } from './actions.ts'
import { setCollapsed, stepInTree } from './batches.ts'
import { closeDetails, openDetails } from './details.ts'
import { isBatch } from './patches.ts'
import { moveSelection, sendNext } from './reorder.ts'
import { clearSelection, extendTo, moveFocus, selectAll, selected, selectOnly, toggle } from './selection.ts'
import { getState, lineAt, rowAt } from './store.ts'

/** Keys of the list. `pageRows` is how far Page Up and Page Down go; `reveal` brings a row into sight. */
export function onQueueKeyDown(event: KeyboardEvent, pageRows: number, reveal: (index: number) => void): void {
  if (event.target !== event.currentTarget) return
  const isArrow = event.key === 'ArrowUp' || event.key === 'ArrowDown'
  const isMove = isArrow && (event.ctrlKey || event.metaKey) && !event.altKey
  const target = isMove ? null : targetIndex(event.key, pageRows)
  if (target !== null) {
    event.preventDefault()
    if (target < 0) return
    reveal(target)
    if (event.shiftKey) void extendTo(target)
    else if (event.ctrlKey || event.metaKey || event.altKey) moveFocus(target)
    else selectOnly(target)
    return
  }
  if (runTreeKey(event, reveal)) return
  if (runKey(event)) event.preventDefault()
}

/** Where a movement key leads, -1 in an empty list, null for other keys. */
function targetIndex(key: string, pageRows: number): number | null {
  const { focusIndex, queue } = getState()
  const last = queue.lineCount - 1
  const clamp = (index: number) => Math.min(last, Math.max(0, index))
  switch (key) {
    case 'ArrowDown':
      return clamp(focusIndex + 1)
    case 'ArrowUp':
      return clamp(focusIndex < 0 ? last : focusIndex - 1)
    case 'PageDown':
      return clamp(Math.max(0, focusIndex) + pageRows)
    case 'PageUp':
      return clamp(focusIndex - pageRows)
    case 'Home':
      return clamp(0)
    case 'End':
      return last
    default:
      return null
  }
}

/** Left and right open and close batches, and go in and out of them. */
function runTreeKey(event: KeyboardEvent, reveal: (index: number) => void): boolean {
  const isSide = event.key === 'ArrowRight' || event.key === 'ArrowLeft'
  if (!isSide || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false
  event.preventDefault()
  const target = stepInTree(event.key === 'ArrowRight' ? 'in' : 'out')
  if (target === null) return true
  reveal(target)
  selectOnly(target)
  return true
}

function runKey(event: KeyboardEvent): boolean {
  const state = getState()
  const mod = event.ctrlKey || event.metaKey
  const which = selected(state)
  const key = event.key.toLowerCase()
  if (mod) {
    if (key === 'arrowup' && event.shiftKey) {
      if (which) void sendNext(which)
    } else if (key === 'arrowup') void moveSelection('up')
    else if (key === 'arrowdown') void moveSelection('down')
    else if (key === 'a') selectAll()
    else if (key === ' ') toggle(state.focusIndex)
    else if (key === 'c' && !event.shiftKey) {
      const row = rowAt(state, state.focusIndex)
      if (row) void copyDetails(row)
    } else return false
    return true
  }
  if (event.altKey) return false
  if (key === 'escape') {
    if (state.detailsId === null) clearSelection()
    else closeDetails()
  } else if (key === 'enter') {
    const line = lineAt(state, state.focusIndex)
    if (line && isBatch(line)) setCollapsed(line, !line.isCollapsed)
    else if (line) openDetails(line.id, true)
  } else if (key === ' ') {
    if (which && event.shiftKey) void act('pauseAfterParts', which)
    else if (which) togglePauseOf(which)
  } else if (key === 'r') {
    if (which) void act('retry', which)
  } else if (key === 'delete' || key === 'backspace') {
    if (which) deleteThose(which)
  } else return false
  return true
}
