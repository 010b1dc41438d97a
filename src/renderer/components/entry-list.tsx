// biome-ignore-all lint/a11y/useFocusableInteractive: focus stays on the list, which names its option by aria-activedescendant
import { useVirtualizer } from '@tanstack/react-virtual'
import { File, Folder } from 'lucide-react'
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { useEffect } from 'react'
import type { FolderListing } from '../../shared/contract.ts'
import { formatBytes } from '../../shared/units.ts'
import { strings } from '../strings.ts'
import { visibleName } from '../visible-name.ts'

/** As in folder-picker.css. */
export const ENTRY_PX = 26

type Entry = FolderListing['entries'][number]

interface EntryListProps {
  readonly listRef: RefObject<HTMLDivElement | null>
  readonly entries: readonly Entry[]
  readonly active: number
  readonly chosen: ReadonlySet<string>
  readonly note: string
  readonly onKeyDown: (event: KeyboardEvent) => void
  readonly onPress: (index: number, entry: Entry, keepOthers: boolean) => void
  readonly onOpen: (entry: Entry) => void
}

/** The entries of one folder; focus stays on the list, which names its active entry. */
export function EntryList({
  listRef,
  entries,
  active,
  chosen,
  note,
  onKeyDown,
  onPress,
  onOpen,
}: EntryListProps): ReactNode {
  const virtualizer = useVirtualizer({
    count: entries.length,
    getScrollElement: () => listRef.current,
    estimateSize: () => ENTRY_PX,
    overscan: 10,
  })
  useEffect(() => {
    virtualizer.scrollToIndex(active)
  }, [active, virtualizer])
  return (
    <div
      ref={listRef}
      className="picker-list"
      role="listbox"
      aria-label={strings.picker.list}
      aria-multiselectable
      aria-activedescendant={entries.length > 0 ? `entry-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      {entries.length === 0 && <p className="picker-note">{note}</p>}
      <div role="presentation" className="picker-rows" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const entry = entries[item.index]
          if (!entry) return null
          const Icon = entry.kind === 'folder' ? Folder : File
          return (
            <div
              key={item.key}
              id={`entry-${item.index}`}
              role="option"
              aria-selected={chosen.has(entry.name)}
              aria-setsize={entries.length}
              aria-posinset={item.index + 1}
              data-active={item.index === active}
              data-kind={entry.kind}
              className="picker-entry"
              style={{ transform: `translateY(${item.start}px)` }}
              onMouseDown={(event) => onPress(item.index, entry, event.ctrlKey || event.metaKey)}
              onDoubleClick={() => onOpen(entry)}
            >
              <Icon size={15} aria-hidden />
              <span className="picker-name">{visibleName(entry.name)}</span>
              <span className="picker-size">{entry.kind === 'file' ? formatBytes(entry.sizeBytes) : ''}</span>
            </div>
          )
        })}
      </div>
    </div>
  )
}
