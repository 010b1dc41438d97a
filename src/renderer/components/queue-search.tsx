import { Search, X } from 'lucide-react'
import type { KeyboardEvent, ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { searchFor } from '../connection.ts'
import { QUEUE_GRID_ID } from '../details.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { SEARCH_BOX_ID } from '../use-shortcuts.ts'
import { IconButton } from './button.tsx'

/** What is typed is looked for once the keys rest this long. */
const REST_MS = 150
const MAX_CHARACTERS = 200

/** Narrows the list to keys that hold a text. Enter and the arrow down go on to the list, Escape clears. */
export function QueueSearch(): ReactNode {
  const search = useApp((state) => state.viewport.search ?? '')
  const [typed, setTyped] = useState(search)
  // What is shown may be cleared elsewhere.
  useEffect(() => setTyped(search), [search])
  useEffect(() => {
    const timer = setTimeout(() => searchFor(typed), REST_MS)
    return () => clearTimeout(timer)
  }, [typed])

  function clear(): void {
    setTyped('')
    searchFor('')
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Escape' && typed !== '') clear()
    else if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown') {
      searchFor(typed)
      document.getElementById(QUEUE_GRID_ID)?.focus()
    } else return
    event.preventDefault()
  }
  return (
    <search className="queue-search">
      <Search size={14} aria-hidden />
      <input
        id={SEARCH_BOX_ID}
        className="field"
        aria-label={strings.queue.search}
        placeholder={strings.queue.searchHint}
        maxLength={MAX_CHARACTERS}
        spellCheck={false}
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {typed !== '' && <IconButton icon={X} label={strings.queue.clearSearch} keys="Esc" onClick={clear} />}
    </search>
  )
}
