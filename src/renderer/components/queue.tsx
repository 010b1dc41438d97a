// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table; the grid pattern of ARIA stands for it
// biome-ignore-all lint/a11y/useFocusableInteractive: focus stays on the grid, which names its row by aria-activedescendant
import { useVirtualizer } from '@tanstack/react-virtual'
import type { KeyboardEvent, ReactNode } from 'react'
import { useEffect, useMemo, useRef } from 'react'
import { lookAt, searchFor, showFilter } from '../connection.ts'
import { QUEUE_GRID_ID } from '../details.ts'
import { isBatch, lineKey } from '../patches.ts'
import { onQueueKeyDown } from '../queue-keys.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { BatchRowView } from './batch-row.tsx'
import { Button } from './button.tsx'
import { QueueHeader } from './queue-header.tsx'
import { RowMenu } from './row-menu.tsx'
import { PlaceholderRow, TransferRowView } from './transfer-row.tsx'
import './queue.css'

/** Both as in tokens.css. */
const ROW_PX = 44
const HEADER_PX = 26
/** Rows asked for around the ones in sight, and the grid that requests snap to, so that scrolling asks rarely. */
const AROUND_ROWS = 20
const SNAP_ROWS = 20

/** The list: a window over a queue of any length. The menu around it is not drawn again for its patches. */
export function Queue(): ReactNode {
  return (
    <RowMenu>
      <QueueGrid />
    </RowMenu>
  )
}

function QueueGrid(): ReactNode {
  const lineCount = useApp((state) => state.queue.lineCount)
  const lines = useApp((state) => state.queue.lines)
  const headers = useApp((state) => state.queue.headers)
  const firstIndex = useApp((state) => state.queue.firstIndex)
  const filter = useApp((state) => state.viewport.filter)
  const search = useApp((state) => state.viewport.search)
  const sort = useApp((state) => state.viewport.sort)
  const focusIndex = useApp((state) => state.focusIndex)
  const scroller = useRef<HTMLDivElement>(null)

  const virtualizer = useVirtualizer({
    count: lineCount,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
    scrollMargin: HEADER_PX,
    scrollPaddingStart: HEADER_PX,
  })
  const visible = virtualizer.getVirtualItems()
  const first = visible[0]?.index ?? 0
  const last = visible.at(-1)?.index ?? 0

  useEffect(() => {
    askFor(first, last)
  }, [first, last])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter or order is another list, which starts at its top
  useEffect(() => {
    // Not returned: in Chromium 156 it is a promise, which React would call as a clean-up.
    scroller.current?.scrollTo(0, 0)
  }, [filter, search, sort])
  function onKeyDown(event: KeyboardEvent): void {
    const pageRows = Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 1
    onQueueKeyDown(event, pageRows, (index) => virtualizer.scrollToIndex(index, { align: 'auto' }))
  }

  const focused = lines[focusIndex - firstIndex]
  const grouped = useMemo(() => new Set(headers.map(({ batchId }) => batchId)), [headers])
  return (
    <div
      ref={scroller}
      id={QUEUE_GRID_ID}
      className="queue"
      role="grid"
      aria-label={strings.queue.label}
      aria-multiselectable
      aria-rowcount={lineCount + 1}
      aria-activedescendant={focused && focusIndex >= first && focusIndex <= last ? lineKey(focused) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <QueueHeader />
      {lineCount === 0 ? (
        <NothingMatches filter={strings.filters[filter]} search={search?.trim() ?? ''} />
      ) : (
        <div role="rowgroup" className="queue-rows" style={{ height: virtualizer.getTotalSize() }}>
          {visible.map((item) => {
            const line = lines[item.index - firstIndex]
            const place = { index: item.index, top: item.start - HEADER_PX }
            if (line === undefined) return <PlaceholderRow key={`at-${item.index}`} {...place} />
            const key = lineKey(line)
            const isFocused = item.index === focusIndex
            return isBatch(line) ? (
              <BatchRowView key={key} batch={line} {...place} isFocused={isFocused} />
            ) : (
              <TransferRowView
                key={key}
                row={line}
                {...place}
                isFocused={isFocused}
                isGrouped={grouped.has(line.batchId)}
              />
            )
          })}
        </div>
      )}
    </div>
  )
}

function NothingMatches({ filter, search }: { readonly filter: string; readonly search: string }): ReactNode {
  const showAll = () => {
    searchFor('')
    showFilter('all')
  }
  return (
    <div role="rowgroup">
      <div role="row" className="queue-nothing">
        <div role="gridcell">
          <p>{search === '' ? strings.empty.nothingMatches(filter) : strings.empty.nothingFound(search, filter)}</p>
          <Button onClick={showAll}>{strings.empty.showAll}</Button>
        </div>
      </div>
    </div>
  )
}

/** Asks the host for other rows when the ones in sight come near the edge of what it sends. */
function askFor(first: number, last: number): void {
  const { viewport } = useApp.getState()
  const covered =
    viewport.firstIndex <= Math.max(0, first - SNAP_ROWS / 2) &&
    viewport.firstIndex + viewport.count > last + SNAP_ROWS / 2
  if (covered) return
  const firstIndex = Math.max(0, Math.floor((first - AROUND_ROWS) / SNAP_ROWS) * SNAP_ROWS)
  const count = Math.min(500, Math.ceil((last + AROUND_ROWS - firstIndex) / SNAP_ROWS) * SNAP_ROWS)
  lookAt({ firstIndex, count })
}
