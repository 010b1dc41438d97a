import { Toggle } from '@base-ui/react/toggle'
import { ToggleGroup } from '@base-ui/react/toggle-group'
import type { ReactNode } from 'react'
import type { QueueFilter } from '../../shared/queue-filter.ts'
import { FILTERS } from '../../shared/queue-filter.ts'
import { showFilter } from '../connection.ts'
import { countOf } from '../phases.ts'
import { useApp } from '../store.ts'
import { formatCount } from '../strings/count.ts'
import { strings } from '../strings.ts'

/** One list at a time; arrow keys move between the chips. */
export function FilterChips(): ReactNode {
  const filter = useApp((state) => state.viewport.filter)
  const hasFailed = useApp((state) => (state.summary?.counts.failed ?? 0) > 0)
  return (
    <ToggleGroup
      className="filter-chips"
      aria-label={strings.queue.filterLabel}
      value={[filter]}
      onValueChange={([chosen]) => {
        if (chosen) showFilter(chosen as QueueFilter)
      }}
    >
      {FILTERS.map((one) => (
        <Toggle
          key={one}
          value={one}
          className="filter-chip"
          data-tone={one === 'failed' && hasFailed ? 'error' : undefined}
        >
          {strings.filters[one]}
          <Count filter={one} />
        </Toggle>
      ))}
    </ToggleGroup>
  )
}

/** By itself, because it is all of the chips that changes with a patch. */
function Count({ filter }: { readonly filter: QueueFilter }): ReactNode {
  const count = useApp((state) => (state.summary ? countOf(state.summary, filter) : 0))
  return <span className="filter-count">{formatCount(count)}</span>
}
