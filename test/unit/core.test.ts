import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admits, afterFailure, afterStart, afterSuccess, OPEN } from '../../src/main/core/gate.ts'
import {
  choosePartBytes,
  MAX_OBJECT_BYTES,
  MIN_PART_BYTES,
  partCount,
  partRange,
} from '../../src/main/core/part-plan.ts'
import { PendingHeap } from '../../src/main/core/pending-heap.ts'
import { compareBy } from '../../src/main/core/queue-sort.ts'
import { retryDelayMs } from '../../src/main/core/retry-delay.ts'
import type { TransferError } from '../../src/shared/errors.ts'
import { matches } from '../../src/shared/queue-filter.ts'
import { PHASES } from '../../src/shared/transfer.ts'

const MiB = 1024 * 1024

describe('the part plan', () => {
  it('takes the preferred size, never under 5 MiB, and grows to fit 10 000 parts', () => {
    expect(choosePartBytes(100 * MiB, 8 * MiB)).toBe(8 * MiB)
    expect(choosePartBytes(100 * MiB, MiB)).toBe(MIN_PART_BYTES)
    expect(choosePartBytes(1000 * 1024 * MiB, 8 * MiB)).toBe(Math.ceil((1000 * 1024 * MiB) / 10_000))
    expect(choosePartBytes(100 * MiB, MiB, 10)).toBe(10 * MiB)
  })

  it('covers every byte exactly once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: MAX_OBJECT_BYTES }),
        fc.integer({ min: 1, max: 64 * MiB }),
        (size, preferred) => {
          const partBytes = choosePartBytes(size, preferred)
          const count = partCount(size, partBytes)
          expect(count).toBeLessThanOrEqual(10_000)
          const last = partRange(size, partBytes, count)
          expect(last.offset + last.bytes).toBe(size)
          expect(last.bytes).toBeGreaterThanOrEqual(size === 0 ? 0 : 1)
          expect(partRange(size, partBytes, 1).offset).toBe(0)
        },
      ),
    )
  })
})

describe('the retry delay', () => {
  it('is full jitter under a doubling ceiling that ends at 5 minutes', () => {
    expect([1, 2, 3, 10, 50].map((attempt) => retryDelayMs(attempt, 0.999999))).toEqual([
      500, 1000, 2000, 256_000, 300_000,
    ])
    expect(retryDelayMs(8, 0)).toBe(100)
  })

  it('honours Retry-After in full and puts the jitter on top', () => {
    expect(retryDelayMs(1, 0, 30_000)).toBe(30_100)
  })
})

describe("a destination's gate", () => {
  const error: TransferError = { code: 'network-lost', message: 'lost' }
  const delay = (attempt: number) => attempt * 1000

  it('closes on a failure, lets one through when the time has come, and opens on success', () => {
    const closed = afterFailure(OPEN, error, 0, delay)
    expect(admits(closed, 999)).toBe(false)
    expect(admits(closed, 1000)).toBe(true)
    const probing = afterStart(closed)
    expect(admits(probing, 5000)).toBe(false)
    expect(afterSuccess(probing)).toBe(OPEN)
    expect(afterFailure(probing, error, 1000, delay)).toMatchObject({ attempt: 2, untilMs: 3000, sinceMs: 0 })
  })

  it('counts requests that fail together as one', () => {
    const closed = afterFailure(OPEN, error, 0, delay)
    expect(afterFailure(closed, error, 1, delay)).toBe(closed)
  })

  it('counts a failure after its time as another one, though nobody was sent to find out', () => {
    const closed = afterFailure(OPEN, error, 0, delay)
    expect(afterFailure(closed, error, 1000, delay)).toMatchObject({ attempt: 2, untilMs: 3000, sinceMs: 0 })
  })

  it('waits longer when a later answer asks for it', () => {
    const closed = afterFailure(OPEN, error, 0, delay)
    expect(afterFailure(closed, { ...error, retryAfterMs: 60_000 }, 10, delay)).toMatchObject({ untilMs: 60_010 })
  })

  it('stays blocked until a person acts', () => {
    const blocked = { kind: 'blocked', error } as const
    expect(admits(blocked, Number.MAX_SAFE_INTEGER)).toBe(false)
    expect(afterSuccess(blocked)).toBe(blocked)
    expect(afterFailure(blocked, error, 0, delay)).toBe(blocked)
  })
})

describe('the queue', () => {
  it('hands out by order, whatever the order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), (orders) => {
        const heap = new PendingHeap<{ order: number }>()
        for (const order of orders) heap.push({ order })
        const out = orders.map(() => heap.pop()?.order)
        expect(out).toEqual([...orders].sort((a, b) => a - b))
        expect(heap.pop()).toBeUndefined()
      }),
    )
  })

  it('shows every phase under exactly one chip', () => {
    for (const phase of PHASES) {
      const chips = (['active', 'waiting', 'paused', 'failed', 'done'] as const).filter((chip) => matches(chip, phase))
      expect(chips).toHaveLength(1)
    }
  })

  it('sorts without moving rows that are equal', () => {
    const rows = [3, 1, 2].map((order) => ({
      order,
      key: 'k',
      sizeBytes: 1,
      confirmedBytes: 0,
      phase: 'queued' as const,
    }))
    expect([...rows].sort(compareBy({ by: 'size', descending: true })).map((row) => row.order)).toEqual([1, 2, 3])
  })
})
