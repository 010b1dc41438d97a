import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect } from 'react'
import type { QueueSummary } from '../../shared/contract.ts'
import { formatBytes, formatDuration, formatRate, formatRateBits } from '../../shared/units.ts'
import { peakOf } from '../graph-data.ts'
import { changeLimit } from '../limit.ts'
import { bindingText } from '../limit-reason.ts'
import { currentRate } from '../phases.ts'
import { sampleHistory } from '../samples.ts'
import { getState, shownLimit, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { useNow } from '../use-now.ts'
import { usePoints } from '../use-points.ts'
import { windowTitle } from '../window-title.ts'
import { LimitControl } from './limit-control.tsx'
import { RateGraph } from './rate-graph.tsx'
import './strip.css'

/** A title goes through the whole browser, 2 ms each; five in a second would serve nobody. */
const TITLE_MS = 1000

/** Whose peak stands beside the rate. */
const PEAK_MINUTES = 5

/** Always in sight: what goes out now, how it went, and what holds it. */
export function Strip(): ReactNode {
  return (
    <section className="strip" aria-label={strings.strip.label}>
      <Now />
      <RateGraph label={strings.graph.label} history={sampleHistory} />
      <LimitControl />
    </section>
  )
}

function Now(): ReactNode {
  const summary = useApp((state) => state.summary)
  const limit = useApp(shownLimit)
  const rate = summary ? currentRate(summary) : 0
  const paused = summary?.paused ?? false
  useWindowTitle()
  return (
    <div className="now">
      <p className="now-label">
        {paused ? strings.strip.paused : rate > 0 ? strings.strip.sending : strings.strip.idle}
      </p>
      <p className="now-rate" data-testid="current-rate">
        {formatRate(rate)}
      </p>
      <p className="now-bits">
        {formatRateBits(rate)}
        <Peak />
      </p>
      <p className="now-progress">{summary ? progressOf(summary) : ''}</p>
      <div className="now-chips">
        {limit !== null && (
          <button
            type="button"
            className="chip chip-limit"
            aria-label={`${strings.strip.limitBadge(formatRate(limit))}. ${strings.strip.liftLimit}`}
            title={strings.strip.liftLimit}
            onClick={() => changeLimit(null)}
          >
            {strings.strip.limitBadge(formatRate(limit))}
            <X size={12} aria-hidden />
          </button>
        )}
        {summary && <BindingChip summary={summary} />}
      </div>
    </div>
  )
}

function Peak(): ReactNode {
  const peak = peakOf(usePoints(sampleHistory, PEAK_MINUTES))
  return (
    peak > 0 && (
      <span className="now-peak" title={strings.strip.peakOf(PEAK_MINUTES)}>
        {strings.strip.peak(formatRate(peak))}
      </span>
    )
  )
}

/** Names the one thing that binds. No live region: a countdown would never be silent. */
function BindingChip({ summary }: { readonly summary: QueueSummary }): ReactNode {
  const nowMs = useNow(summary.limitUntilMs !== null)
  const destinations = useApp((state) => state.destinations)
  const quotas = useApp((state) => state.quotas)
  const text = bindingText(summary, { destinations, quotas }, nowMs)
  return (
    <span className="chip" data-testid="binding" title={text}>
      {text}
    </span>
  )
}

function progressOf(summary: QueueSummary): string {
  if (summary.totalBytes === 0) return ''
  const progress = strings.strip.progress(formatBytes(summary.confirmedBytes), formatBytes(summary.totalBytes))
  if (summary.etaMs === null || currentRate(summary) === 0) return progress
  return `${progress} · ${strings.strip.left(formatDuration(summary.etaMs))}`
}

function useWindowTitle(): void {
  useEffect(() => {
    const timer = setInterval(() => {
      const title = windowTitle(getState().summary)
      if (document.title !== title) document.title = title
    }, TITLE_MS)
    return () => clearInterval(timer)
  }, [])
}
