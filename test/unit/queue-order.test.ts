import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PendingHeap } from '../../src/main/core/pending-heap.ts'
import type { Ordered } from '../../src/main/core/queue-order.ts'
import { ordersAfterMove } from '../../src/main/core/queue-order.ts'
import type { QueuePlace } from '../../src/shared/contract.ts'
import { searcher } from '../../src/shared/queue-filter.ts'

/** Ids in the order that the queue has after the move. */
function idsAfter(list: readonly Ordered[], ids: readonly number[], place: QueuePlace): number[] {
  const orders = ordersAfterMove(list, new Set(ids), place)
  const after = list.map((one) => ({ id: one.id, order: orders.get(one) ?? one.order }))
  expect(new Set(after.map(({ order }) => order)).size).toBe(list.length)
  return after.sort((a, b) => a.order - b.order).map(({ id }) => id)
}

const five = [1, 2, 3, 4, 5].map((id) => ({ id, order: id * 10 }))

describe('a move in the queue', () => {
  it('puts what is moved beside another, or before all, in the order that it had', () => {
    expect(idsAfter(five, [4, 2], { kind: 'first' })).toEqual([2, 4, 1, 3, 5])
    expect(idsAfter(five, [5, 4], { kind: 'before', id: 2 })).toEqual([1, 4, 5, 2, 3])
    expect(idsAfter(five, [1, 3], { kind: 'after', id: 4 })).toEqual([2, 4, 1, 3, 5])
    expect(idsAfter(five, [3], { kind: 'after', id: 5 })).toEqual([1, 2, 4, 5, 3])
  })

  it('changes nothing beside itself, or beside one that is gone', () => {
    expect(ordersAfterMove(five, new Set([3]), { kind: 'before', id: 3 }).size).toBe(0)
    expect(ordersAfterMove(five, new Set([3]), { kind: 'before', id: 99 }).size).toBe(0)
    expect(ordersAfterMove(five, new Set([3]), { kind: 'before', id: 4 }).size).toBe(0)
  })

  it('changes the stretch between only, and never the highest order: what is added later stays last', () => {
    const orders = ordersAfterMove(five, new Set([4]), { kind: 'before', id: 3 })
    expect([...orders.keys()].map(({ id }) => id).sort()).toEqual([3, 4])
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        fc.array(fc.integer({ min: 0, max: 60 })),
        fc.constantFrom('before' as const, 'after' as const, 'first' as const),
        fc.integer({ min: 0, max: 60 }),
        (ids, moved, kind, id) => {
          const list = ids.map((one, at) => ({ id: one, order: at * 3 }))
          const place: QueuePlace = kind === 'first' ? { kind } : { kind, id }
          const after = idsAfter(list, moved, place)
          const isMoved = (one: number) => moved.includes(one)
          expect(after.filter((one) => !isMoved(one))).toEqual(ids.filter((one) => !isMoved(one)))
          expect(after.filter(isMoved)).toEqual(ids.filter(isMoved))
          const highest = Math.max(0, ...ordersAfterMove(list, new Set(moved), place).values())
          expect(highest).toBeLessThanOrEqual((ids.length - 1) * 3)
        },
      ),
    )
  })

  it('is followed by what waits', () => {
    const heap = new PendingHeap<{ order: number }>()
    const items = [5, 3, 8, 1].map((order) => ({ order }))
    for (const item of items) heap.push(item)
    for (const item of items) item.order = -item.order
    heap.reorder()
    expect(items.map(() => heap.pop()?.order)).toEqual([-8, -5, -3, -1])
  })
})

describe('a search', () => {
  it('finds a piece of a key in any case, letter by letter', () => {
    const finds = (search: string, key: string) => searcher(search)?.(key)
    expect(finds('DRONE sun', 'films/B-roll drone Sunrise.mp4')).toBe(true)
    expect(finds('ÜBER', 'p/über.txt')).toBe(true)
    expect(finds('a.b', 'axb')).toBe(false)
    expect(finds('[1]-(2)/\\{3}|$^*+?', 'x[1]-(2)/\\{3}|$^*+?')).toBe(true)
  })

  it('that is blank is none', () => {
    expect(searcher('  ')).toBeNull()
    expect(searcher(undefined)).toBeNull()
  })
})
