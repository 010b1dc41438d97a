import { ContextMenu } from '@base-ui/react/context-menu'
import type { ReactElement, ReactNode } from 'react'
import { Fragment } from 'react'
import type { TransferRow } from '../../shared/contract.ts'
import { isEnded } from '../../shared/transfer.ts'
import { act, actOnMany, copy, copyDetails } from '../actions.ts'
import { perform } from '../bridge.ts'
import { openDetails } from '../details.ts'
import { objectUrl } from '../object-url.ts'
import { isBatch } from '../patches.ts'
import type { RowAction } from '../phases.ts'
import { actionsOfAny } from '../phases.ts'
import { moveSelection, sendNext } from '../reorder.ts'
import { selectedPhases } from '../selected-totals.ts'
import { selected, selectedRows, selectOnly } from '../selection.ts'
import { getState, isSelected, lineAt, openDialog, useApp, useModifier } from '../store.ts'
import { strings } from '../strings.ts'
import { BatchItems } from './batch-menu.tsx'
import './menu.css'

const ORDER: readonly RowAction[] = ['pause', 'resume', 'retry', 'cancel', 'remove']

/** The list with its context menu: right click, the menu key or Shift+F10. It acts on the selection. */
export function RowMenu({ children }: { readonly children: ReactElement }): ReactNode {
  return (
    <ContextMenu.Root onOpenChange={(open, details) => open && selectUnder(details.event)}>
      <ContextMenu.Trigger className="queue-frame">{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Positioner className="menu-positioner">
          <ContextMenu.Popup className="menu">
            <Items />
          </ContextMenu.Popup>
        </ContextMenu.Positioner>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  )
}

function Items(): ReactNode {
  const selection = useApp((state) => state.selection)
  const line = useApp((state) => lineAt(state, state.focusIndex))
  const focused = line === undefined || isBatch(line) ? undefined : line
  const destination = useApp((state) => state.destinations.find(({ id }) => id === focused?.destinationId))
  const modifier = useModifier()
  if (selection.kind === 'none') return <p className="menu-note">{strings.queue.selected(0)}</p>
  const rows = selectedRows(getState())
  const hasOnlyRows = selection.kind === 'picked' && selection.batchIds.size === 0
  const limitable = hasOnlyRows ? rows.filter((row) => !isEnded(row.phase)) : []
  const phases = selectedPhases(getState())
  const allowed = actionsOfAny(phases)
  return (
    <>
      {rows.some(isExisting) && (
        <>
          <Item label={strings.queue.overwrite} onClick={() => onSelection((which) => void act('overwrite', which))} />
          <Item label={strings.queue.keepBoth} onClick={() => onSelection((which) => void act('keepBoth', which))} />
        </>
      )}
      {ORDER.filter((action) => allowed.has(action)).map((action) => (
        <Fragment key={action}>
          <Item label={strings.queue[action]} onClick={() => onSelection((which) => actOnMany(action, which))} />
          {action === 'pause' && (
            <Item
              label={strings.queue.pauseAfterParts}
              keys="Shift+Space"
              onClick={() => onSelection((which) => void act('pauseAfterParts', which))}
            />
          )}
        </Fragment>
      ))}
      {!phases.every(isEnded) && (
        <>
          <ContextMenu.Separator className="menu-separator" />
          <Item
            label={strings.queue.sendNext}
            keys={`${modifier}Shift+↑`}
            onClick={() => onSelection((which) => void sendNext(which))}
          />
          <Item label={strings.queue.moveUp} keys={`${modifier}↑`} onClick={() => void moveSelection('up')} />
          <Item label={strings.queue.moveDown} keys={`${modifier}↓`} onClick={() => void moveSelection('down')} />
        </>
      )}
      {limitable.length > 0 && (
        <>
          <ContextMenu.Separator className="menu-separator" />
          <Item label={strings.queue.limit} onClick={() => askLimit(limitable)} />
          <Item
            label={limitable.every((row) => row.exempt) ? strings.queue.underLimit : strings.queue.exempt}
            onClick={() => toggleExempt(limitable)}
          />
        </>
      )}
      {line && isBatch(line) && <BatchItems batch={line} />}
      {focused && (
        <>
          <ContextMenu.Separator className="menu-separator" />
          <Item label={strings.queue.details} onClick={() => openDetails(focused.id, true)} />
          <Item label={strings.queue.copyKey} onClick={() => void copy(focused.key)} />
          {destination && (
            <Item label={strings.queue.copyUrl} onClick={() => void copy(objectUrl(destination, focused.key))} />
          )}
          <Item label={strings.queue.copyDetails} keys={`${modifier}C`} onClick={() => void copyDetails(focused)} />
        </>
      )}
    </>
  )
}

interface ItemProps {
  readonly label: string
  /** What does the same in the list. */
  readonly keys?: string
  readonly onClick: () => void
}

function Item({ label, keys, onClick }: ItemProps): ReactNode {
  return (
    <ContextMenu.Item className="menu-item" label={label} onClick={onClick}>
      {label}
      {keys && (
        <kbd className="key menu-key" aria-hidden>
          {keys}
        </kbd>
      )}
    </ContextMenu.Item>
  )
}

function isExisting(row: TransferRow): boolean {
  return row.phase === 'failed' && (row.error?.code === 'exists' || row.error?.code === 'exists-different')
}

/** One command a transfer, so for the rows in this window only. */
function askLimit(rows: readonly TransferRow[]): void {
  const limitBytesPerSecond = rows[0]?.limitBytesPerSecond ?? null
  openDialog({ kind: 'transfer-limit', ids: rows.map((row) => row.id), limitBytesPerSecond })
}

/** All are exempt then, unless all were. */
function toggleExempt(rows: readonly TransferRow[]): void {
  const exempt = !rows.every((row) => row.exempt)
  for (const { id } of rows) void perform('exemptTransfer', { id, exempt })
}

function onSelection(action: (which: NonNullable<ReturnType<typeof selected>>) => void): void {
  const which = selected(getState())
  if (which) action(which)
}

/** A right click outside the selection moves it to the row under the pointer, as lists do everywhere. */
function selectUnder(event: Event): void {
  const target = event.target instanceof Element ? event.target.closest('[data-index]') : null
  const index = Number(target?.getAttribute('data-index') ?? Number.NaN)
  const state = getState()
  const line = Number.isNaN(index) ? undefined : lineAt(state, index)
  if (line && !isSelected(state.selection, line)) selectOnly(index)
}
