import { describe, expect, it } from 'vitest'
import { evenSlot } from '../../src/main/flow/even-slot.ts'
import { paybackFraction, quantumSeconds } from '../../src/main/flow/limit-numbers.ts'

const MIB = 1024 ** 2

/** The most that a second holds of such slots, a little faster than they should be, and the first of them 2 ms late. */
function busiestSecond(slotSeconds: number): number {
  const apartSeconds = slotSeconds * (1 - paybackFraction(0))
  return (Math.floor(1.002 / apartSeconds) + 1) * slotSeconds
}

/** The slots in which a body goes, the last one as much as is left. */
function slotsOf(bytes: number, bytesPerSecond: number): number[] {
  const seconds = quantumSeconds(bytesPerSecond)
  const quantum = Math.floor(bytesPerSecond * seconds)
  const slots: number[] = []
  for (let left = bytes; left > 0; left -= slots.at(-1) ?? 0) {
    slots.push(Math.min(left, evenSlot(left, quantum, seconds)))
  }
  return slots
}

describe.each([1_000_000, MIB, 10 * MIB, 100 * MIB])('at %i B/s', (bytesPerSecond) => {
  it('parts of 8 MiB go in whole slots, all alike', () => {
    for (const headBytes of [0, 611, 750]) {
      const slots = slotsOf(8 * MIB + headBytes, bytesPerSecond)
      expect(Math.max(...slots) / Math.min(...slots)).toBeLessThan(1.01)
    }
  })

  it('no slot is of a length of which a second would hold 1 % too much', () => {
    for (let bytes = 1; bytes < 10 * MIB; bytes += 90_001) {
      const seconds = slotsOf(bytes, bytesPerSecond).map((slot) => slot / bytesPerSecond)
      const whole = seconds.slice(0, -1)
      expect(Math.max(0, ...whole.map(busiestSecond))).toBeLessThanOrEqual(1.01)
      expect(Math.min(1, ...whole) / quantumSeconds(bytesPerSecond)).toBeGreaterThan(0.99)
    }
  })
})

it('leaves a slot as it is where no whole number of them is near', () => {
  expect(evenSlot(3_500, 1_000, 0.001)).toBe(1_000)
  expect(evenSlot(1, 1_000, 0.001)).toBe(1_000)
  expect(evenSlot(0, 1_000, 0.001)).toBe(1_000)
})
