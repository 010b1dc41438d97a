import { expect, it } from 'vitest'
import { evenPiece } from '../../src/main/flow/even-piece.ts'

function pieces(total: number, wanted: number): number[] {
  const sizes: number[] = []
  for (let left = total; left > 0; left -= sizes.at(-1) ?? 0) sizes.push(evenPiece(left, wanted))
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
  expect(evenPiece(0, 512)).toBe(0)
})
