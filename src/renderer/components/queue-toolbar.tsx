import { CircleX, ListX, Pause, Play, RotateCw, Trash2, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { act, actOnMany } from '../actions.ts'
import type { RowAction } from '../phases.ts'
import { actionsOfAny, countOf, phasesPresent } from '../phases.ts'
import { countIn, selectedPhases } from '../selected-totals.ts'
import { clearSelection, selectedOrAll } from '../selection.ts'
import type { AppState } from '../store.ts'
import { getState, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { Button, IconButton } from './button.tsx'
import { FilterChips } from './filter-chips.tsx'
import { QueueSearch } from './queue-search.tsx'
import './queue-toolbar.css'

const ACTIONS = [
  { action: 'pause', icon: Pause },
  { action: 'resume', icon: Play },
  { action: 'retry', icon: RotateCw },
  { action: 'cancel', icon: CircleX },
  { action: 'remove', icon: Trash2 },
] as const

/** Filters, and the actions on what is selected or, with nothing selected, on all that is shown. */
export function QueueToolbar(): ReactNode {
  const allowed = useApp(allowedKey).split(' ')
  const target = useApp(targetText)
  const hasSelection = useApp((state) => state.selection.kind !== 'none')
  const hasDone = useApp((state) => state.summary !== null && countOf(state.summary, 'done') > 0)
  return (
    <div className="queue-toolbar">
      <FilterChips />
      <QueueSearch />
      <div className="queue-actions" role="toolbar" aria-label={strings.queue.actionsLabel}>
        <span className="queue-target">{target}</span>
        {hasSelection && (
          <IconButton icon={X} label={strings.queue.clearSelection} keys="Esc" onClick={clearSelection} />
        )}
        {ACTIONS.map(({ action, icon }) => (
          <IconButton
            key={action}
            icon={icon}
            label={strings.queue[action]}
            disabled={!allowed.includes(action)}
            onClick={() => actOnMany(action, selectedOrAll(getState()))}
          />
        ))}
        <Button
          icon={ListX}
          look="quiet"
          disabled={!hasDone}
          onClick={() => void act('remove', { kind: 'filter', filter: 'done' })}
        >
          {strings.queue.clearDone}
        </Button>
      </div>
    </div>
  )
}

/** The allowed actions as one string, so that the toolbar renders again only when they change. */
function allowedKey(state: AppState): string {
  return [...allowedActions(state)].sort().join(' ')
}

function allowedActions(state: AppState): ReadonlySet<RowAction> {
  const { selection, summary, viewport } = state
  if (!summary) return new Set()
  return actionsOfAny(selection.kind === 'none' ? phasesPresent(summary, viewport.filter) : selectedPhases(state))
}

function targetText(state: AppState): string {
  const { selection, viewport, queue } = state
  const filter = strings.filters[viewport.filter]
  if (selection.kind === 'picked') {
    const count = countIn(state, selectedOrAll(state))
    return count === null ? strings.queue.selectedBatches(selection.batchIds.size) : strings.queue.selected(count)
  }
  if (selection.kind === 'filter') return strings.queue.selectedAll(queue.matching, filter)
  if (viewport.search?.trim()) return strings.queue.found(queue.matching)
  return strings.queue.actsOnAll(filter)
}
