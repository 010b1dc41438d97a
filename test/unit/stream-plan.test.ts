import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PART_BYTES, MAX_PART_COUNT, MIN_PART_BYTES } from '../../src/main/core/part-plan.ts'
import { maxStreamBytes, partsInMemory, streamPartBytes } from '../../src/main/core/stream-plan.ts'

const MiB = 1024 ** 2
const TiB = 1024 ** 4
const preferred = fc.integer({ min: 1, max: 2 * MAX_PART_BYTES })

describe('the parts of a stream', () => {
  it('are legal, never shrink, and never more than double', () => {
    fc.assert(
      fc.property(preferred, fc.integer({ min: 1, max: MAX_PART_COUNT - 1 }), (bytes, partNumber) => {
        const here = streamPartBytes(partNumber, bytes)
        const next = streamPartBytes(partNumber + 1, bytes)
        expect(here).toBeGreaterThanOrEqual(MIN_PART_BYTES)
        expect(here).toBeLessThanOrEqual(MAX_PART_BYTES)
        expect(next).toBeGreaterThanOrEqual(here)
        expect(next).toBeLessThanOrEqual(2 * here)
      }),
    )
  })

  it('hold together what the longest stream has', () => {
    fc.assert(
      fc.property(preferred, (bytes) => {
        let sum = 0
        for (let partNumber = 1; partNumber <= MAX_PART_COUNT; partNumber++) sum += streamPartBytes(partNumber, bytes)
        expect(maxStreamBytes(bytes)).toBe(sum)
      }),
      { numRuns: 20 },
    )
  })

  it('begin as preferred, and reach far', () => {
    expect([1, 1000, 1001, 10_000].map((part) => streamPartBytes(part, 8 * MiB) / MiB)).toEqual([8, 8, 16, 4096])
    expect(maxStreamBytes(8 * MiB) / TiB).toBeCloseTo(7.8, 1)
    expect(maxStreamBytes(MAX_PART_BYTES)).toBe(MAX_PART_BYTES * MAX_PART_COUNT)
  })

  it('are two or three in memory', () => {
    expect([5 * MiB, 64 * MiB, 128 * MiB].map(partsInMemory)).toEqual([3, 3, 2])
  })
})
