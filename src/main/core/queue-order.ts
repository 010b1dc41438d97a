import type { QueuePlace } from '../../shared/contract.ts'

/** What has a place in the queue; lower goes first. */
export interface Ordered {
  readonly id: number
  readonly order: number
}

/**
 * New orders after a move, for those whose order changes. Moved ones keep their order among themselves. To a place
 * beside another, those in between shift by handing on the orders that they had, so no two are ever alike and no more
 * than that stretch changes; `first` gives the moved ones orders below all others. A place beside one of the moved, or
 * of none, changes nothing.
 *
 * @param list in the order of the queue
 */
export function ordersAfterMove<T extends Ordered>(
  list: readonly T[],
  ids: ReadonlySet<number>,
  place: QueuePlace,
): ReadonlyMap<T, number> {
  const moved = list.filter(({ id }) => ids.has(id))
  const changes = new Map<T, number>()
  if (place.kind === 'first') {
    const lowest = list[0]?.order ?? 0
    for (const [at, one] of moved.entries()) changes.set(one, lowest - moved.length + at)
    return changes
  }
  const others = list.filter(({ id }) => !ids.has(id))
  const beside = others.findIndex(({ id }) => id === place.id)
  if (beside < 0) return changes
  others.splice(place.kind === 'before' ? beside : beside + 1, 0, ...moved)
  others.forEach((one, at) => {
    const order = list[at]?.order ?? one.order
    if (order !== one.order) changes.set(one, order)
  })
  return changes
}
