import type { QueueSummary } from '../shared/contract.ts'
import { formatRate } from '../shared/units.ts'
import { currentRate, unfinishedOf } from './phases.ts'
import { strings } from './strings.ts'

/**
 * What the task bar shows while the window is behind others: `12.3 MB/s · Sluice`, or why nothing moves though
 * something is left, or the name alone.
 */
export function windowTitle(summary: QueueSummary | null): string {
  if (summary === null || unfinishedOf(summary) === 0) return strings.app
  if (summary.paused) return strings.title(strings.strip.paused)
  const rate = currentRate(summary)
  if (rate > 0) return strings.title(formatRate(rate))
  return summary.totalBytes === 0
    ? strings.app
    : strings.title(strings.percent(Math.floor((summary.confirmedBytes / summary.totalBytes) * 100)))
}
