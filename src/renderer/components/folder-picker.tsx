import { CornerLeftUp } from 'lucide-react'
import type { KeyboardEvent, ReactNode } from 'react'
import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { FolderListing } from '../../shared/contract.ts'
import { addPaths } from '../actions.ts'
import { call } from '../bridge.ts'
import { strings } from '../strings.ts'
import { Button, IconButton } from './button.tsx'
import { DialogFrame } from './dialog-frame.tsx'
import { ENTRY_PX, EntryList } from './entry-list.tsx'
import './folder-picker.css'

type Entry = FolderListing['entries'][number]

interface PickerProps {
  readonly open: boolean
  readonly mode: 'files' | 'folder'
  readonly onClose: () => void
}

/** Chooses files or a folder on the host, where the shell has no dialog of the system that gives paths. */
export function FolderPicker({ open, mode, onClose }: PickerProps): ReactNode {
  const [listing, setListing] = useState<FolderListing | null>(null)
  const [pathText, setPathText] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [active, setActive] = useState(0)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const list = useRef<HTMLDivElement>(null)
  const asked = useRef(0)

  const entries = listing?.entries.filter((entry) => mode === 'files' || entry.kind === 'folder') ?? []

  async function go(path: string | null): Promise<boolean> {
    const turn = ++asked.current
    const answer = await call('listFolder', { path })
    // Something else was asked for since: that answer counts, but as long as nothing is listed, this is better than nothing.
    if (turn !== asked.current) {
      if (answer.ok) setListing((now) => now ?? answer.value)
      return false
    }
    if (!answer.ok) {
      setProblem(answer.error.message)
      return false
    }
    // Drawn before the list gets the focus: a key pressed right then must not meet the folder before.
    flushSync(() => {
      setListing(answer.value)
      // What was typed while the folder was read stays.
      setPathText((now) => (now === pathText ? answer.value.path : now))
      setProblem(null)
      setActive(0)
      setChosen(new Set())
    })
    return true
  }
  async function goToTyped(): Promise<void> {
    if (await go(pathText)) list.current?.focus()
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the picker opens
  useEffect(() => {
    void go(null)
  }, [])

  async function upload(): Promise<void> {
    if (!listing) return
    const names = mode === 'folder' && chosen.size === 0 ? [] : [...chosen]
    const paths =
      names.length === 0 ? (mode === 'folder' ? [listing.path] : []) : names.map((name) => join(listing.path, name))
    if (paths.length === 0) return
    onClose()
    await addPaths(paths)
  }
  function choose(entry: Entry, keepOthers: boolean): void {
    if (mode === 'files' && entry.kind === 'folder') return
    setChosen((before) => {
      const next = new Set(keepOthers ? before : [])
      if (before.has(entry.name)) next.delete(entry.name)
      else next.add(entry.name)
      return next
    })
  }
  function openEntry(entry: Entry): void {
    if (!listing) return
    if (entry.kind === 'folder') void go(join(listing.path, entry.name))
    else if (chosen.size > 0) void upload()
    else choose(entry, true)
  }
  function onListKey(event: KeyboardEvent): void {
    const entry = entries[active]
    const page = Math.floor((list.current?.clientHeight ?? 0) / ENTRY_PX) - 1
    const to = (index: number) => setActive(Math.max(0, Math.min(entries.length - 1, index)))
    switch (event.key) {
      case 'ArrowDown':
        to(active + 1)
        break
      case 'ArrowUp':
        to(active - 1)
        break
      case 'PageDown':
        to(active + page)
        break
      case 'PageUp':
        to(active - page)
        break
      case 'Home':
        to(0)
        break
      case 'End':
        to(entries.length - 1)
        break
      case 'Enter':
        if (entry) openEntry(entry)
        break
      case ' ':
        if (entry) choose(entry, true)
        break
      case 'Backspace':
        if (listing?.parent) void go(listing.parent)
        break
      default: {
        const found =
          event.key.length === 1 && !event.ctrlKey && !event.metaKey ? startingWith(entries, event.key, active) : -1
        if (found < 0) return
        setActive(found)
      }
    }
    event.preventDefault()
  }

  const folderName = chosen.size === 1 ? [...chosen][0] : listing && lastOf(listing.path)
  const canUpload = listing !== null && (mode === 'folder' || chosen.size > 0)
  return (
    <DialogFrame
      open={open}
      title={mode === 'files' ? strings.picker.filesTitle : strings.picker.folderTitle}
      size="wide"
      onClose={onClose}
      initialFocus={list}
    >
      <form
        className="picker-path"
        onSubmit={(event) => {
          event.preventDefault()
          void goToTyped()
        }}
      >
        <IconButton
          icon={CornerLeftUp}
          label={strings.picker.up}
          keys="Backspace"
          disabled={!listing?.parent}
          onClick={() => listing?.parent && void go(listing.parent)}
        />
        <input
          className="field"
          aria-label={strings.picker.path}
          aria-invalid={problem !== null}
          value={pathText}
          spellCheck={false}
          onChange={(event) => setPathText(event.currentTarget.value)}
        />
        <Button type="submit">{strings.picker.go}</Button>
      </form>
      {problem && (
        <p className="dialog-problem dialog-problem-line" role="alert">
          {problem}
        </p>
      )}
      <EntryList
        listRef={list}
        entries={entries}
        active={active}
        chosen={chosen}
        note={
          listing === null
            ? problem
              ? ''
              : strings.picker.loading
            : mode === 'files'
              ? strings.picker.empty
              : strings.picker.noFolders
        }
        onKeyDown={onListKey}
        onPress={(index, entry, keepOthers) => {
          setActive(index)
          choose(entry, keepOthers)
        }}
        onOpen={openEntry}
      />
      {listing?.truncated && <p className="picker-note">{strings.picker.truncated(listing.entries.length)}</p>}
      <div className="dialog-foot">
        <span className="dialog-note">{mode === 'files' ? strings.picker.keys : strings.picker.folderKeys}</span>
        <Button onClick={onClose}>{strings.picker.cancel}</Button>
        <Button look="primary" disabled={!canUpload} onClick={() => void upload()}>
          {mode === 'files'
            ? strings.picker.uploadFiles(chosen.size)
            : chosen.size > 1
              ? strings.picker.uploadFiles(chosen.size)
              : strings.picker.uploadFolder(folderName ?? '')}
        </Button>
      </div>
    </DialogFrame>
  )
}

/** The next entry after `from` whose name starts with `letter`, round the end; -1 when none does. */
function startingWith(entries: readonly Entry[], letter: string, from: number): number {
  const wanted = letter.toLowerCase()
  for (let step = 1; step <= entries.length; step++) {
    const index = (from + step) % entries.length
    if (entries[index]?.name.toLowerCase().startsWith(wanted)) return index
  }
  return -1
}

function join(folder: string, name: string): string {
  const separator = /^[A-Za-z]:|^\\\\/.test(folder) ? '\\' : '/'
  return folder.endsWith(separator) ? `${folder}${name}` : `${folder}${separator}${name}`
}

function lastOf(path: string): string {
  return path.split(/[\\/]/).findLast((piece) => piece !== '') ?? path
}
