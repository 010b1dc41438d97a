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
  CopyPlus,
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
import type { ReactNode } from 'react'
import { memo } from 'react'
import type { TransferRow, Which } from '../../shared/contract.ts'
import type { Phase } from '../../shared/transfer.ts'
import { formatBytes } from '../../shared/units.ts'
import { act, copyDetails } from '../actions.ts'
import { openDetails } from '../details.ts'
import { lineKey } from '../patches.ts'
import { actionsOf } from '../phases.ts'
import { sendNext } from '../reorder.ts'
import { pressLine } from '../row-press.ts'
import { isSelected, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { visibleName } from '../visible-name.ts'
import { Bar } from './bar.tsx'
import { RowButton } from './row-button.tsx'
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

interface RowProps {
  readonly row: TransferRow
  readonly index: number
  readonly top: number
  readonly isFocused: boolean
  /** It is under the header of its batch. */
  readonly isGrouped: boolean
}

/** One transfer. Memoised: of 200 rows a patch usually changes the few that are uploading. */
export const TransferRowView = memo(function TransferRowView({
  row,
  index,
  top,
  isFocused,
  isGrouped,
}: RowProps): ReactNode {
  const selected = useApp((state) => isSelected(state.selection, row))
  const destination = useApp((state) => state.destinations.find((one) => one.id === row.destinationId)?.name)
  const Icon = ICONS[row.phase]
  return (
    <div
      id={lineKey(row)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-phase={row.phase}
      data-focused={isFocused}
      data-grouped={isGrouped}
      data-index={index}
      className="queue-grid queue-row"
      style={{ transform: `translateY(${top}px)` }}
      onMouseDown={(event) => pressLine(event, row, index)}
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
        <Bar {...row} totalBytes={row.sizeBytes} isFull={row.phase === 'completed' || row.phase === 'skipped'} />
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

function RowActions({ row }: { readonly row: TransferRow }): ReactNode {
  const which: Which = { kind: 'ids', ids: [row.id] }
  const allowed = actionsOf(row.phase)
  const exists = row.error?.code === 'exists' || row.error?.code === 'exists-different'
  return (
    <>
      <RowButton icon={PanelRight} label={strings.queue.details} onClick={() => openDetails(row.id)} />
      {exists && row.phase === 'failed' && (
        <>
          <RowButton icon={Replace} label={strings.queue.overwrite} onClick={() => void act('overwrite', which)} />
          <RowButton icon={CopyPlus} label={strings.queue.keepBoth} onClick={() => void act('keepBoth', which)} />
        </>
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
