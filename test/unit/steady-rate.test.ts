import fc from 'fast-check'
import { expect, it } from 'vitest'
import { steadyRate } from '../../src/main/flow/steady-rate.ts'

it('never exceeds what it follows, and never stays far below', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1 }), (targets) => {
      let applied: number | null = null
      for (const target of targets) {
        applied = steadyRate(applied, target)
        expect(applied).toBeLessThanOrEqual(target)
        expect(applied).toBeGreaterThan(target * 0.96)
      }
    }),
  )
})

it('does not follow small moves, since each change voids the tickets of a node', () => {
  let applied = steadyRate(null, 1000)
  let changes = 0
  for (let step = 0; step < 1000; step++) {
    const next = steadyRate(applied, 1005 + 10 * Math.sin(step))
    if (next !== applied) changes++
    applied = next
  }
  expect(changes).toBe(0)
  expect(steadyRate(applied, 2000)).toBeGreaterThan(1900)
  expect(steadyRate(applied, 500)).toBeLessThanOrEqual(500)
})
