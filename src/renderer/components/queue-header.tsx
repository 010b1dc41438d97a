// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table; the grid pattern of ARIA stands for it
// biome-ignore-all lint/a11y/useFocusableInteractive: focus stays on the grid, which names its row by aria-activedescendant
import { ArrowDown, ArrowUp } from 'lucide-react'
import type { ReactNode } from 'react'
import type { QueueSort } from '../../shared/contract.ts'
import { sortBy } from '../connection.ts'
import { QUEUE_ORDER, useApp } from '../store.ts'
import { strings } from '../strings.ts'

const COLUMNS = ['name', 'progress', 'size', 'phase'] as const
type Column = (typeof COLUMNS)[number]

/** Column heads: a click sorts up, then down, then back to the order of the queue. */
export function QueueHeader(): ReactNode {
  const sort = useApp((state) => state.viewport.sort)
  return (
    <div role="rowgroup" className="queue-head">
      <div role="row" aria-rowindex={1} className="queue-grid">
        {COLUMNS.map((column) => (
          <div key={column} role="columnheader" aria-sort={ariaSort(sort, column)} className={`cell-${column}`}>
            <button type="button" onClick={() => sortBy(nextSort(sort, column))}>
              {strings.queue.columns[column]}
              {sort.by === column &&
                (sort.descending ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
            </button>
          </div>
        ))}
        <div role="columnheader" className="cell-actions">
          <span className="visually-hidden">{strings.queue.columns.actions}</span>
        </div>
      </div>
    </div>
  )
}

function nextSort(sort: QueueSort, column: Column): QueueSort {
  if (sort.by !== column) return { by: column, descending: false }
  return sort.descending ? QUEUE_ORDER : { by: column, descending: true }
}

function ariaSort(sort: QueueSort, column: Column): 'ascending' | 'descending' | 'none' {
  if (sort.by !== column) return 'none'
  return sort.descending ? 'descending' : 'ascending'
}
