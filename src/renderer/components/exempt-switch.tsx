import type { ReactNode } from 'react'
import type { TransferRow } from '../../shared/contract.ts'
import { isEnded } from '../../shared/transfer.ts'
import { perform } from '../bridge.ts'
import { strings } from '../strings.ts'

/** Takes one transfer out of the limit of all uploads, and puts it back, while it is sent. */
export function ExemptSwitch({ row }: { readonly row: TransferRow }): ReactNode {
  return (
    <label className="form-check details-exempt">
      <input
        type="checkbox"
        disabled={isEnded(row.phase)}
        checked={row.exempt}
        onChange={(event) => void perform('exemptTransfer', { id: row.id, exempt: event.currentTarget.checked })}
      />
      <span>{strings.details.exempt}</span>
    </label>
  )
}
