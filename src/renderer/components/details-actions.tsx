import { Copy, CopyPlus, Pause, Play, Replace, RotateCw, StepForward, Trash2, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Fragment } from 'react'
import type { TransferRow, Which } from '../../shared/contract.ts'
import { act, copyDetails } from '../actions.ts'
import { actionsOf } from '../phases.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'

const ICONS = { pause: Pause, resume: Play, cancel: X, retry: RotateCw, remove: Trash2 } as const

/** What can be done with the transfer of the panel, in words: the same as in its row and its menu. */
export function DetailsActions({ row }: { readonly row: TransferRow }): ReactNode {
  const which: Which = { kind: 'ids', ids: [row.id] }
  const exists = row.error?.code === 'exists' || row.error?.code === 'exists-different'
  return (
    <div className="details-actions">
      {exists && row.phase === 'failed' && (
        <>
          <Button icon={CopyPlus} onClick={() => void act('keepBoth', which)}>
            {strings.queue.keepBoth}
          </Button>
          <Button icon={Replace} onClick={() => void act('overwrite', which)}>
            {strings.queue.overwrite}
          </Button>
        </>
      )}
      {actionsOf(row.phase).map((action) => (
        <Fragment key={action}>
          <Button icon={ICONS[action]} onClick={() => void act(action, which)}>
            {strings.queue[action]}
          </Button>
          {action === 'pause' && row.phase === 'uploading' && (
            <Button icon={StepForward} onClick={() => void act('pauseAfterParts', which)}>
              {strings.queue.pauseAfterParts}
            </Button>
          )}
        </Fragment>
      ))}
      {row.error && (
        <Button icon={Copy} onClick={() => void copyDetails(row)}>
          {strings.queue.copyDetails}
        </Button>
      )}
    </div>
  )
}
