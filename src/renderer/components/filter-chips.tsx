import { Toggle } from '@base-ui/react/toggle'
import { ToggleGroup } from '@base-ui/react/toggle-group'
import type { ReactNode } from 'react'
import type { QueueFilter } from '../../shared/contract.ts'
import { FILTERS } from '../../shared/queue-filter.ts'
import { showFilter } from '../connection.ts'
import { countOf } from '../phases.ts'
import { useApp } from '../store.ts'
import { formatCount, strings } from '../strings.ts'

/** One list at a time; arrow keys move between the chips. */
export function FilterChips(): ReactNode {
  const filter = useApp((state) => state.viewport.filter)
  const summary = useApp((state) => state.summary)
  return (
    <ToggleGroup
      className="filter-chips"
      aria-label={strings.queue.filterLabel}
      value={[filter]}
      onValueChange={([chosen]) => {
        if (chosen) showFilter(chosen as QueueFilter)
      }}
    >
      {FILTERS.map((one) => {
        const count = summary ? countOf(summary, one) : 0
        return (
          <Toggle
            key={one}
            value={one}
            className="filter-chip"
            data-tone={one === 'failed' && count > 0 ? 'error' : undefined}
          >
            {strings.filters[one]}
            <span className="filter-count">{formatCount(count)}</span>
          </Toggle>
        )
      })}
    </ToggleGroup>
  )
}
