import type { BatchRow } from '../shared/contract.ts'
import type { Phase } from '../shared/transfer.ts'
import { isActive, isEnded, PHASES } from '../shared/transfer.ts'
import { formatDuration, formatRate } from '../shared/units.ts'
import { strings } from './strings.ts'
import { visibleName } from './visible-name.ts'

/** What a batch is called: by its folder, or by how many files it has. */
export function nameOf({ folder, others, counts }: BatchRow): string {
  if (folder !== null) return strings.batch.folder(visibleName(folder), others)
  return strings.batch.files(PHASES.reduce((sum, phase) => sum + counts[phase], 0))
}

/** What colours the line, and which word stands for it: the busiest phase that it has. */
export type BatchTone = 'active' | 'warn' | 'rest' | 'failed' | 'done'

/** From what moves to what has ended: a batch shows the first of these that it has. */
const ORDER: readonly (readonly [Phase, BatchTone])[] = [
  ['uploading', 'active'],
  ['completing', 'active'],
  ['preparing', 'active'],
  ['cancelling', 'rest'],
  ['retrying', 'warn'],
  ['waiting', 'warn'],
  ['queued', 'rest'],
  ['paused', 'rest'],
  ['failed', 'failed'],
  ['completed', 'done'],
  ['skipped', 'done'],
  ['cancelled', 'rest'],
]

function leadOf({ counts }: BatchRow): readonly [Phase, BatchTone] {
  return ORDER.find(([phase]) => counts[phase] > 0) ?? ['queued', 'rest']
}

export function toneOf(batch: BatchRow): BatchTone {
  return leadOf(batch)[1]
}

/** One slot, as of a row: rate and time left while it moves, else what it waits for or how it ended. */
export function statusOf(batch: BatchRow, allPaused: boolean): string {
  const [phase] = leadOf(batch)
  const { bytesPerSecond, etaMs, progressBytes, counts } = batch
  if (isEnded(phase) || phase === 'paused' || phase === 'cancelling') {
    return phase === 'failed' ? strings.batch.failed(counts.failed) : strings.phases[phase]
  }
  if (allPaused) return strings.row.held
  if (bytesPerSecond > 0 && etaMs !== null) {
    return strings.row.rateAndEta(formatRate(bytesPerSecond), formatDuration(etaMs))
  }
  if (!isActive(phase)) return strings.phases[phase]
  return progressBytes === 0 ? strings.row.starting : strings.row.waitingForRate
}
