import type { Phase } from './transfer.ts'

export const FILTERS = ['all', 'active', 'waiting', 'paused', 'failed', 'done'] as const
export type QueueFilter = (typeof FILTERS)[number]

/** Which phases a filter shows. Each phase is under exactly one of them. */
const PHASES_OF: Readonly<Record<Exclude<QueueFilter, 'all'>, readonly Phase[]>> = {
  active: ['preparing', 'uploading', 'completing', 'cancelling', 'retrying'],
  waiting: ['queued', 'waiting'],
  paused: ['paused'],
  failed: ['failed'],
  done: ['completed', 'skipped', 'cancelled'],
}

export function matches(filter: QueueFilter, phase: Phase): boolean {
  return filter === 'all' || PHASES_OF[filter].includes(phase)
}
