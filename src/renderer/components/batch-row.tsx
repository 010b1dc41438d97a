// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table; the grid pattern of ARIA stands for it
// biome-ignore-all lint/a11y/useFocusableInteractive: focus stays on the grid, which names its row by aria-activedescendant
import { ChevronDown, ChevronRight, Files, FolderUp, ListStart, Pause, Play, RotateCw, Trash2, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { memo } from 'react'
import { shareOf } from '../../shared/batches.ts'
import type { BatchRow } from '../../shared/contract.ts'
import { isEnded } from '../../shared/transfer.ts'
import { formatBytes } from '../../shared/units.ts'
import { act, actOnMany } from '../actions.ts'
import { nameOf, statusOf, toneOf } from '../batch-text.ts'
import { setCollapsed, whichOf } from '../batches.ts'
import { QUEUE_GRID_ID } from '../details.ts'
import { lineKey } from '../patches.ts'
import { actionsOfAny } from '../phases.ts'
import { sendNext } from '../reorder.ts'
import { pressLine } from '../row-press.ts'
import { phasesOf } from '../selected-totals.ts'
import { moveFocus } from '../selection.ts'
import { isSelected, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { Bar } from './bar.tsx'
import { RowButton } from './row-button.tsx'
import './batch-row.css'

interface BatchRowProps {
  readonly batch: BatchRow
  readonly index: number
  readonly top: number
  readonly isFocused: boolean
}

/** The header of a batch: its totals, and what acts on all of it. */
export const BatchRowView = memo(function BatchRowView({ batch, index, top, isFocused }: BatchRowProps): ReactNode {
  const selected = useApp((state) => isSelected(state.selection, batch))
  const destination = useApp((state) => state.destinations.find((one) => one.id === batch.destinationId)?.name)
  const allPaused = useApp((state) => state.summary?.paused ?? false)
  const name = nameOf(batch)
  const Icon = batch.folder === null ? Files : FolderUp
  const { counts, isCollapsed } = batch
  const files = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const share = shareOf(batch.weight)
  return (
    <div
      id={lineKey(batch)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-tone={toneOf(batch)}
      data-focused={isFocused}
      data-index={index}
      className="queue-grid queue-row batch-row"
      style={{ transform: `translateY(${top}px)` }}
      onMouseDown={(event) => pressLine(event, batch, index)}
      onDoubleClick={() => setCollapsed(batch, !isCollapsed)}
    >
      <div role="gridcell" className="cell-name">
        <Toggle batch={batch} name={name} index={index} />
        <Icon size={15} className="row-icon" aria-hidden />
        <div className="row-names">
          <span className="batch-name">
            {name}
            {batch.isContinued && <span className="batch-mark"> {strings.batch.continued}</span>}
          </span>
          <span className="row-key">
            {destination && `${destination} · `}
            {strings.batch.done(counts.completed + counts.skipped, files)}
            {counts.failed > 0 && <span className="batch-failed"> · {strings.batch.failed(counts.failed)}</span>}
            {share !== 'normal' && ` · ${strings.batch.shares[share].mark}`}
          </span>
        </div>
      </div>
      <div role="gridcell" className="cell-progress">
        <Bar {...batch} isFull={files === counts.completed + counts.skipped} />
      </div>
      <div role="gridcell" className="cell-size">
        {formatBytes(batch.totalBytes)}
      </div>
      <div role="gridcell" className="cell-phase">
        <span className="row-status">{statusOf(batch, allPaused)}</span>
        <span className="row-note">
          {strings.batch.sent(formatBytes(batch.progressBytes), formatBytes(batch.totalBytes))}
        </span>
      </div>
      <div role="gridcell" className="cell-actions">
        <BatchActions batch={batch} />
      </div>
    </div>
  )
})

interface ToggleProps {
  readonly batch: BatchRow
  readonly name: string
  readonly index: number
}

/** The triangle. Like the other buttons of rows it is for pointers; by key the list itself opens and closes. */
function Toggle({ batch, name, index }: ToggleProps): ReactNode {
  const Triangle = batch.isCollapsed ? ChevronRight : ChevronDown
  return (
    <button
      type="button"
      tabIndex={-1}
      className="row-button batch-toggle"
      aria-expanded={!batch.isCollapsed}
      aria-label={strings.batch.toggle(name)}
      title={batch.isCollapsed ? strings.batch.open : strings.batch.close}
      onMouseDown={(event) => {
        // Keys go on from this line, and what is selected stays so.
        event.preventDefault()
        event.stopPropagation()
        document.getElementById(QUEUE_GRID_ID)?.focus()
        moveFocus(index)
      }}
      onDoubleClick={(event) => event.stopPropagation()}
      onClick={() => setCollapsed(batch, !batch.isCollapsed)}
    >
      <Triangle size={15} aria-hidden />
    </button>
  )
}

function BatchActions({ batch }: { readonly batch: BatchRow }): ReactNode {
  const filter = useApp((state) => state.viewport.filter)
  const phases = phasesOf(batch, filter)
  const allowed = actionsOfAny(phases)
  const hasEnded = phases.every(isEnded)
  return (
    <>
      {!hasEnded && (
        <RowButton icon={ListStart} label={strings.queue.sendNext} onClick={() => void sendNext(whichOf(batch))} />
      )}
      {allowed.has('resume') && !allowed.has('pause') && (
        <RowButton icon={Play} label={strings.queue.resume} onClick={() => void act('resume', whichOf(batch))} />
      )}
      {allowed.has('pause') && (
        <RowButton icon={Pause} label={strings.queue.pause} onClick={() => void act('pause', whichOf(batch))} />
      )}
      {phases.includes('failed') && (
        <RowButton
          icon={RotateCw}
          label={strings.batch.retryFailed}
          onClick={() => void act('retry', whichOf(batch, 'failed'))}
        />
      )}
      {!hasEnded && (
        <RowButton icon={X} label={strings.queue.cancel} onClick={() => actOnMany('cancel', whichOf(batch))} />
      )}
      {hasEnded && (
        <RowButton icon={Trash2} label={strings.queue.remove} onClick={() => actOnMany('remove', whichOf(batch))} />
      )}
    </>
  )
}
