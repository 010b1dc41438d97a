import type { QueueSort } from '../../shared/contract.ts'
import type { Phase } from '../../shared/transfer.ts'

/** What sorting looks at. */
export interface SortFacts {
  readonly order: number
  readonly key: string
  readonly sizeBytes: number
  readonly confirmedBytes: number
  readonly phase: Phase
}

const PHASE_RANK: Readonly<Record<Phase, number>> = {
  uploading: 0,
  completing: 1,
  preparing: 2,
  cancelling: 3,
  retrying: 4,
  waiting: 5,
  queued: 6,
  paused: 7,
  failed: 8,
  cancelled: 9,
  skipped: 10,
  completed: 11,
}

/** Ties keep the queue's order, so that rows never jump about. */
export function compareBy(sort: QueueSort): (a: SortFacts, b: SortFacts) => number {
  const sign = sort.descending ? -1 : 1
  const value = (facts: SortFacts): number => {
    switch (sort.by) {
      case 'queue':
      case 'name':
        return facts.order
      case 'size':
        return facts.sizeBytes
      case 'progress':
        return facts.sizeBytes === 0 ? 1 : facts.confirmedBytes / facts.sizeBytes
      case 'phase':
        return PHASE_RANK[facts.phase]
    }
  }
  return (a, b) => {
    const difference = sort.by === 'name' ? (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) : value(a) - value(b)
    return difference !== 0 ? sign * difference : a.order - b.order
  }
}
