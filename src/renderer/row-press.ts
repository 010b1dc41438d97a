import type { MouseEvent } from 'react'
import type { QueueLine } from './patches.ts'
import { beginDrag } from './row-drag.ts'
import { extendTo, selectOnly, toggle } from './selection.ts'
import { getState, isSelected } from './store.ts'

/** A button of the mouse went down on a line: selects it, adds it, or begins to drag. */
export function pressLine(event: MouseEvent, line: QueueLine, index: number): void {
  if (event.button !== 0) return
  if (event.shiftKey) void extendTo(index)
  else if (event.ctrlKey || event.metaKey) toggle(index)
  else {
    // Several that are selected can be dragged together: only a click without a drag selects one of them.
    const isOneOfMany = isSelected(getState().selection, line)
    if (!isOneOfMany) selectOnly(index)
    beginDrag(event.nativeEvent, () => {
      if (isOneOfMany) selectOnly(index)
    })
  }
}
