import { describe, expect, it } from 'vitest'
import { latestWins } from '../../src/renderer/latest-wins.ts'
import { limitAt, nudge, positionOf, TOP_POSITION } from '../../src/renderer/limit-scale.ts'

describe('the slider', () => {
  it('goes from 16 KB/s to unlimited, each step by the same factor', () => {
    expect(limitAt(0)).toBe(16_000)
    expect(limitAt(970)).toBe(1e9)
    expect(limitAt(971)).toBeNull()
    const low = Number(limitAt(300)) / Number(limitAt(200))
    const high = Number(limitAt(800)) / Number(limitAt(700))
    expect(high / low).toBeCloseTo(1, 1)
  })

  it('stands where the limit is, and at its ends for limits off the scale', () => {
    for (const limit of [16_000, 120_000, 5e6, 100e6]) expect(limitAt(positionOf(limit))).toBe(limit)
    expect(positionOf(1024)).toBe(0)
    expect(positionOf(1e12)).toBe(970)
    expect(positionOf(null)).toBe(TOP_POSITION)
  })

  it('moves by a share of the limit', () => {
    expect(nudge(5e6, 1.1, 0)).toBe(5.5e6)
    expect(nudge(5e6, 0.5, 0)).toBe(2.5e6)
    expect(nudge(1100, 0.5, 0)).toBe(1024)
  })

  it('ends in unlimited upwards, and comes down from it to below the rate of the moment', () => {
    expect(nudge(9.5e8, 1.1, 0)).toBeNull()
    expect(nudge(null, 2, 3e6)).toBeNull()
    expect(nudge(null, 0.5, 3e6)).toBe(1.5e6)
    expect(nudge(null, 0.5, 0)).toBe(1e9)
  })
})

describe('latestWins', () => {
  it('has one call under way, skips what was overtaken and always sends the last', async () => {
    const sent: number[] = []
    const answers: (() => void)[] = []
    const set = latestWins<number>((value) => {
      sent.push(value)
      return new Promise((resolve) => answers.push(resolve))
    })
    for (const value of [1, 2, 3, 4]) set(value)
    expect(sent).toEqual([1])
    answers[0]?.()
    await Promise.resolve()
    expect(sent).toEqual([1, 4])
    answers[1]?.()
    await new Promise((resolve) => setImmediate(resolve))
    set(5)
    expect(sent).toEqual([1, 4, 5])
  })
})
