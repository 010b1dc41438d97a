import type { ReactNode } from 'react'
import type { QueueSummary } from '../../shared/contract.ts'
import { perform } from '../bridge.ts'
import { sourceText } from '../limit-reason.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { useNow } from '../use-now.ts'

/** Under the limit's text: what set it when that was not the slider, until when, and the way back. */
export function LimitSource(): ReactNode {
  const summary = useApp((state) => state.summary)
  const plan = useApp((state) => state.plan)
  const nowMs = useNow((summary?.limitUntilMs ?? null) !== null)
  const text = summary === null ? null : sourceText(summary, plan, nowMs)
  if (summary === null || text === null) return null
  const end = endOf(summary)
  return (
    <p className="limit-source">
      {text}
      {end && (
        <button type="button" className="link-button" onClick={end.act}>
          {end.label}
        </button>
      )}
    </p>
  )
}

function endOf({ paused, limitSource }: QueueSummary): { label: string; act: () => void } | null {
  if (paused) return null
  switch (limitSource) {
    case 'timed':
      return { label: strings.source.end, act: () => void perform('changePlan', { kind: 'end-timed' }) }
    case 'override':
      return { label: strings.source.backToSchedule, act: () => void perform('changePlan', { kind: 'end-timed' }) }
    case 'alternative':
      return {
        label: strings.source.switchOff,
        act: () => void perform('changePlan', { kind: 'alternative', on: false }),
      }
    case 'paused':
    case 'schedule':
    case 'manual':
      return null
  }
}
