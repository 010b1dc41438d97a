import type { ReactNode } from 'react'
import type { TransferRow } from '../../shared/contract.ts'
import { formatBytes, formatDuration, formatRate } from '../../shared/units.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { useNow } from '../use-now.ts'

/** One slot: rate and time left while it moves, else the reason why it does not. */
export function RowStatus({ row }: { readonly row: TransferRow }): ReactNode {
  const allPaused = useApp((state) => state.summary?.paused ?? false)
  const nowMs = useNow(row.phase === 'retrying')
  const text = statusText(row, allPaused, nowMs)
  const reason = reasonOf(row)
  return (
    <>
      <span className="row-status" title={text}>
        {text}
      </span>
      {row.limitBytesPerSecond !== null && (
        <span className="row-note">{strings.row.limit(formatRate(row.limitBytesPerSecond))}</span>
      )}
      {reason && <span className="row-note">{reason}</span>}
      {row.resentBytes > 0 && <span className="row-note">{strings.row.resent(formatBytes(row.resentBytes))}</span>}
    </>
  )
}

/** What holds this row down more than the others; the limit of all uploads is named once, in the strip. */
function reasonOf(row: TransferRow): string | null {
  if (row.phase !== 'uploading') return null
  switch (row.limitedBy) {
    case 'destination':
    case 'requests':
    case 'quota':
    case 'server':
      return strings.row.heldBy[row.limitedBy]
    case 'paused':
    case 'global':
    // Its rate is in the note of its own limit.
    case 'transfer':
    case 'nothing':
      return null
  }
}

function statusText(row: TransferRow, allPaused: boolean, nowMs: number): string {
  switch (row.phase) {
    case 'uploading':
      if (allPaused) return strings.row.held
      if (row.bytesPerSecond <= 0) return row.progressBytes === 0 ? strings.row.starting : strings.row.waitingForRate
      if (row.etaMs === null) return formatRate(row.bytesPerSecond)
      return strings.row.rateAndEta(formatRate(row.bytesPerSecond), formatDuration(row.etaMs))
    case 'completed':
      return row.verified === null ? strings.phases.completed : strings.row.verified[row.verified]
    case 'retrying': {
      const reason = row.error?.message ?? strings.phases.retrying
      const leftMs = (row.retryAtMs ?? 0) - nowMs
      return leftMs > 500 ? strings.row.retryIn(formatDuration(leftMs), reason) : strings.row.retryNow(reason)
    }
    case 'waiting':
    case 'failed':
      return row.error?.message ?? strings.phases[row.phase]
    default:
      return strings.phases[row.phase]
  }
}
