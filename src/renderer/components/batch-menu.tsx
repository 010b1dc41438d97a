import { ContextMenu } from '@base-ui/react/context-menu'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import type { BatchShare } from '../../shared/batches.ts'
import { BATCH_SHARES, shareOf } from '../../shared/batches.ts'
import type { BatchRow } from '../../shared/contract.ts'
import { setCollapsed, setShare } from '../batches.ts'
import { strings } from '../strings.ts'

const SHARES = Object.keys(BATCH_SHARES) as BatchShare[]

/** What the menu of a header has beside the actions on its transfers. */
export function BatchItems({ batch }: { readonly batch: BatchRow }): ReactNode {
  const toggle = batch.isCollapsed ? strings.batch.open : strings.batch.close
  return (
    <>
      <ContextMenu.Separator className="menu-separator" />
      <ContextMenu.Group>
        <ContextMenu.GroupLabel className="menu-label">{strings.batch.share}</ContextMenu.GroupLabel>
        <ContextMenu.RadioGroup
          value={shareOf(batch.weight)}
          onValueChange={(share) => void setShare(batch.batchId, share as BatchShare)}
        >
          {SHARES.map((share) => (
            <ContextMenu.RadioItem key={share} value={share} className="menu-item" closeOnClick>
              <span className="menu-check">
                <ContextMenu.RadioItemIndicator>
                  <Check size={14} aria-hidden />
                </ContextMenu.RadioItemIndicator>
              </span>
              {strings.batch.shares[share].label}
            </ContextMenu.RadioItem>
          ))}
        </ContextMenu.RadioGroup>
      </ContextMenu.Group>
      <ContextMenu.Separator className="menu-separator" />
      <ContextMenu.Item className="menu-item" label={toggle} onClick={() => setCollapsed(batch, !batch.isCollapsed)}>
        {toggle}
        <kbd className="key menu-key" aria-hidden>
          Enter
        </kbd>
      </ContextMenu.Item>
    </>
  )
}
