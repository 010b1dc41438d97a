import { useEffect } from 'react'
import { choose, togglePaused } from './actions.ts'
import { undoLimitChange } from './limit.ts'
import { getState, openDialog } from './store.ts'

/** The limit box, which the L key goes to from anywhere. */
export const LIMIT_BOX_ID = 'limit-box'

/** The search box of the list, which Ctrl+F goes to. */
export const SEARCH_BOX_ID = 'search-box'

/** Keys that work wherever the focus is. The list's own keys are in `queue-keys.ts`. */
export function useShortcuts(): void {
  useEffect(() => {
    const controller = new AbortController()
    document.addEventListener('keydown', onKeyDown, { signal: controller.signal })
    return () => controller.abort()
  }, [])
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || getState().dialog !== null || getState().preflight !== null) return
  const key = event.key.toLowerCase()
  if (event.ctrlKey || event.metaKey) {
    if (event.altKey) return
    if (key === 'o') take(event, () => void choose(event.shiftKey ? 'folder' : 'files'))
    else if (key === 'f' && !event.shiftKey) take(event, () => focusBox(SEARCH_BOX_ID))
    else if (key === 'p' && event.shiftKey) take(event, () => void togglePaused())
    else if (key === 'z' && !event.shiftKey && !isTextInput(event.target)) take(event, undoLimitChange)
    return
  }
  if (event.altKey || isTextInput(event.target)) return
  if (key === 'l') take(event, () => focusBox(LIMIT_BOX_ID))
  else if (event.key === '?') take(event, () => openDialog({ kind: 'help' }))
}

function take(event: KeyboardEvent, action: () => void): void {
  event.preventDefault()
  action()
}

function isTextInput(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && target.type !== 'range' && target.type !== 'checkbox'
}

function focusBox(id: string): void {
  const box = document.getElementById(id)
  if (!(box instanceof HTMLInputElement)) return
  box.focus()
  box.select()
}
