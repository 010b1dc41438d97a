// biome-ignore-all lint/a11y/useSemanticElements: a virtual list cannot be a table; the grid pattern of ARIA stands for it
// biome-ignore-all lint/a11y/useFocusableInteractive: focus stays on the grid, which names its row by aria-activedescendant
import type { LucideIcon } from 'lucide-react'
import {
  Ban,
  Check,
  CircleAlert,
  CircleDashed,
  Clock,
  Copy,
  CopyX,
  FileUp,
  ListStart,
  LoaderCircle,
  PanelRight,
  Pause,
  Play,
  Replace,
  RotateCw,
  Trash2,
  X,
} from 'lucide-react'
import type { MouseEvent, ReactNode } from 'react'
import { memo } from 'react'
import type { TransferRow, Which } from '../../shared/contract.ts'
import type { Phase } from '../../shared/transfer.ts'
import { formatBytes } from '../../shared/units.ts'
import { act, copyDetails } from '../actions.ts'
import { openDetails } from '../details.ts'
import { actionsOf } from '../phases.ts'
import { sendNext } from '../reorder.ts'
import { beginDrag } from '../row-drag.ts'
import { extendTo, selectOnly, toggle } from '../selection.ts'
import { getState, isSelected, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { visibleName } from '../visible-name.ts'
import { RowStatus } from './row-status.tsx'

const ICONS: Record<Phase, LucideIcon> = {
  queued: CircleDashed,
  preparing: LoaderCircle,
  uploading: FileUp,
  completing: LoaderCircle,
  completed: Check,
  paused: Pause,
  retrying: RotateCw,
  waiting: Clock,
  failed: CircleAlert,
  cancelling: LoaderCircle,
  cancelled: Ban,
  skipped: CopyX,
}

/** The DOM id that `aria-activedescendant` names. */
export function rowId(id: number): string {
  return `transfer-${id}`
}

interface RowProps {
  readonly row: TransferRow
  readonly index: number
  readonly top: number
  readonly isFocused: boolean
}

/** One transfer. Memoised: of 200 rows a patch usually changes the few that are uploading. */
export const TransferRowView = memo(function TransferRowView({ row, index, top, isFocused }: RowProps): ReactNode {
  const selected = useApp((state) => isSelected(state.selection, row.id))
  const destination = useApp((state) => state.destinations.find((one) => one.id === row.destinationId)?.name)
  const Icon = ICONS[row.phase]
  return (
    <div
      id={rowId(row.id)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-phase={row.phase}
      data-focused={isFocused}
      data-index={index}
      className="queue-grid queue-row"
      style={{ transform: `translateY(${top}px)` }}
      onMouseDown={(event) => press(event, row, index)}
      onDoubleClick={() => openDetails(row.id)}
    >
      <div role="gridcell" className="cell-name">
        <Icon size={15} className="row-icon" aria-hidden />
        <div className="row-names" title={row.path}>
          <span className="row-name">{visibleName(row.name)}</span>
          <span className="row-key">
            {destination && `${destination} / `}
            {visibleName(row.key)}
          </span>
        </div>
      </div>
      <div role="gridcell" className="cell-progress">
        <Bar row={row} />
      </div>
      <div role="gridcell" className="cell-size">
        {formatBytes(row.sizeBytes)}
      </div>
      <div role="gridcell" className="cell-phase">
        <RowStatus row={row} />
      </div>
      <div role="gridcell" className="cell-actions">
        <RowActions row={row} />
      </div>
    </div>
  )
})

/** A row that the host has not sent yet. */
export function PlaceholderRow({ index, top }: { readonly index: number; readonly top: number }): ReactNode {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className="queue-grid queue-row queue-placeholder"
      style={{ transform: `translateY(${top}px)` }}
    >
      <div role="gridcell" className="cell-name">
        <span className="visually-hidden">{strings.row.loading}</span>
      </div>
    </div>
  )
}

/** Acknowledged bytes in full colour, bytes only written to the socket paler ahead of them. */
function Bar({ row }: { readonly row: TransferRow }): ReactNode {
  const ended = row.phase === 'completed' || row.phase === 'skipped'
  const share = (bytes: number) => (ended ? 1 : row.sizeBytes === 0 ? 0 : Math.min(1, bytes / row.sizeBytes))
  const progress = share(row.progressBytes)
  return (
    <>
      <span className="bar" aria-hidden>
        <span className="bar-sent" style={{ transform: `scaleX(${progress})` }} />
        <span
          className="bar-confirmed"
          style={{ transform: `scaleX(${Math.min(progress, share(row.confirmedBytes))})` }}
        />
      </span>
      <span className="bar-percent">{Math.floor(progress * 100)} %</span>
    </>
  )
}

function RowActions({ row }: { readonly row: TransferRow }): ReactNode {
  const which: Which = { kind: 'ids', ids: [row.id] }
  const allowed = actionsOf(row.phase)
  const exists = row.error?.code === 'exists' || row.error?.code === 'exists-different'
  return (
    <>
      <RowButton icon={PanelRight} label={strings.queue.details} onClick={() => openDetails(row.id)} />
      {exists && row.phase === 'failed' && (
        <RowButton icon={Replace} label={strings.queue.overwrite} onClick={() => void act('overwrite', which)} />
      )}
      {row.phase === 'queued' && (
        <RowButton icon={ListStart} label={strings.queue.sendNext} onClick={() => void sendNext(which)} />
      )}
      {row.error && <RowButton icon={Copy} label={strings.queue.copyDetails} onClick={() => void copyDetails(row)} />}
      {allowed.map((action) => (
        <RowButton
          key={action}
          icon={ACTION_ICONS[action]}
          label={strings.queue[action]}
          onClick={() => void act(action, which)}
        />
      ))}
    </>
  )
}

const ACTION_ICONS = { pause: Pause, resume: Play, cancel: X, retry: RotateCw, remove: Trash2 } as const

interface RowButtonProps {
  readonly icon: LucideIcon
  readonly label: string
  readonly onClick: () => void
}

/** Out of the tab order: with 40 rows in sight it would be a maze, and each action has a key and a menu entry. */
function RowButton({ icon: Icon, label, onClick }: RowButtonProps): ReactNode {
  return (
    <button
      type="button"
      tabIndex={-1}
      className="row-button"
      aria-label={label}
      title={label}
      onMouseDown={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
      onClick={onClick}
    >
      <Icon size={15} aria-hidden />
    </button>
  )
}

function press(event: MouseEvent, row: TransferRow, index: number): void {
  if (event.button !== 0) return
  if (event.shiftKey) void extendTo(index)
  else if (event.ctrlKey || event.metaKey) toggle(index)
  else {
    // Several that are selected can be dragged together: only a click without a drag selects one of them.
    const isOneOfMany = isSelected(getState().selection, row.id)
    if (!isOneOfMany) selectOnly(index)
    beginDrag(event.nativeEvent, () => {
      if (isOneOfMany) selectOnly(index)
    })
  }
}
