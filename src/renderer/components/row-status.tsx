import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { TransferRow } from '../../shared/contract.ts'
import { formatBytes, formatDuration, formatRate } from '../../shared/units.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'

/** One slot: rate and time left while it moves, else the reason why it does not. */
export function RowStatus({ row }: { readonly row: TransferRow }): ReactNode {
  const allPaused = useApp((state) => state.summary?.paused ?? false)
  const nowMs = useNow(row.phase === 'retrying')
  const text = statusText(row, allPaused, nowMs)
  return (
    <>
      <span className="row-status" title={text}>
        {text}
      </span>
      {row.limitBytesPerSecond !== null && (
        <span className="row-note">{strings.row.limit(formatRate(row.limitBytesPerSecond))}</span>
      )}
      {row.resentBytes > 0 && <span className="row-note">{strings.row.resent(formatBytes(row.resentBytes))}</span>}
    </>
  )
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

/** The time, once a second, for a countdown: while a row waits no patch brings it anew. */
function useNow(ticking: boolean): number {
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    if (!ticking) return
    setNowMs(Date.now())
    const timer = setInterval(() => setNowMs(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return nowMs
}
