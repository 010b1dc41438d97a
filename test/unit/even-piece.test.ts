import { describe, expect, it } from 'vitest'
import { evenPiece, evenRead } from '../../src/main/flow/even-piece.ts'
import { keepsSeconds, quantumSeconds } from '../../src/main/flow/limit-numbers.ts'

const MOST = 540_672

function pieces(total: number, bytes: number, seconds = 0): number[] {
  const sizes: number[] = []
  for (let left = total; left > 0; left -= sizes.at(-1) ?? 0) sizes.push(evenPiece(left, { bytes, seconds }))
  return sizes
}

/** The writes of `total` bytes that are read block by block. */
function writesOf(total: number, bytes: number, seconds = 0): number[] {
  const sizes: number[] = []
  for (let left = total; left > 0; ) {
    const read = evenRead(left, MOST, { bytes, seconds })
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThanOrEqual(MOST)
    sizes.push(...pieces(read, bytes, seconds))
    left -= read
  }
  return sizes
}

it.each([
  [10, 10],
  [11, 10],
  [101, 10],
  [917_504, 13_893],
  [8 * 1024 ** 2, 98_671],
  [1, 512],
  [4096, 1000],
])('writes %i bytes in like pieces of about %i, and in no more of them than it takes', (total, wanted) => {
  const sizes = pieces(total, wanted)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total)
  expect(sizes.length).toBeLessThanOrEqual(Math.ceil(total / wanted))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.ceil(wanted * 1.02))
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
})

it('has no short last piece, and none fewer for the sake of a few bytes', () => {
  expect(pieces(917_504, 13_893)).toHaveLength(66)
  expect(pieces(15, 10)).toEqual([8, 7])
})

it('has nothing to write of nothing', () => {
  expect(evenPiece(0, { bytes: 512, seconds: 0 })).toBe(0)
})

it.each([
  [8 * 1024 ** 2 + 700, 262_144],
  [8 * 1024 ** 2, 13_893],
  [5_295_309, 524_288],
  [524_289, 524_288],
  [8 * 1024 ** 2, 300_000],
  [3_000_000, 512],
])('reads %i bytes in blocks that are cut into writes of about %i, none of few bytes', (total, wanted) => {
  const sizes = writesOf(total, wanted)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.ceil(wanted * 1.02))
  expect(Math.min(...sizes)).toBeGreaterThan(wanted / 2)
})

describe('of what keeps windows of 100 ms, it takes writes that keep every second', () => {
  it.each([1_000_000, 1024 ** 2, 10 * 1024 ** 2])('at %i bytes a second', (bytesPerSecond) => {
    const seconds = quantumSeconds(bytesPerSecond)
    const wanted = Math.floor(bytesPerSecond * seconds)
    for (const mib of [5, 8, 16]) {
      for (const headBytes of [0, 611, 750]) {
        const sizes = writesOf(mib * 1024 ** 2 + headBytes, wanted, seconds)
        const uneven = sizes.filter((size) => !keepsSeconds(size / bytesPerSecond))
        expect(uneven).toEqual([])
      }
    }
  })
})
