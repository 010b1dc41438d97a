import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AdaptiveState, CongestionSignal } from '../../src/main/flow/adaptive-factor.ts'
import {
  ADAPTIVE_DEFAULTS,
  effectiveRate,
  FACTOR_AT_REST,
  step,
  withFactor,
} from '../../src/main/flow/adaptive-factor.ts'
import { TokenBucket } from '../../src/main/flow/token-bucket.ts'
import { FakeClock } from '../support/fake-clock.ts'

const ANSWERED: CongestionSignal = { kind: 'answered' }
const SLOW_DOWN: CongestionSignal = { kind: 'slow-down' }

/** One signal a second, each factor on the way. */
function factors(from: AdaptiveState, signals: readonly CongestionSignal[], options = ADAPTIVE_DEFAULTS): number[] {
  let state = from
  return signals.map((signal, second) => {
    state = step(state, signal, second * 1000, options)
    return state.factor
  })
}

describe('the adaptive factor', () => {
  it('keeps exactly the limit for a minute in which far more is offered than goes', async () => {
    const clock = new FakeClock()
    const limit = 50
    const bucket = new TokenBucket(limit, 1, clock)
    let state = FACTOR_AT_REST
    let requests = 0
    const lane = async () => {
      for (;;) {
        await bucket.reserve(1, new AbortController().signal)
        requests++
        state = step(state, ANSWERED, clock.nowMs)
        bucket.setRate(effectiveRate(limit, state.factor, limit))
      }
    }
    for (let count = 0; count < 32; count++) void lane()
    await clock.advance(60_000)
    expect(state.factor).toBe(1)
    expect(Math.abs(requests - limit * 60)).toBeLessThanOrEqual(1)
  })

  it('falls while the server asks for it and is back at exactly 1 after', () => {
    const jam = factors(FACTOR_AT_REST, Array(60).fill(SLOW_DOWN))
    expect(jam[0]).toBe(0.73)
    expect(jam.at(-1)).toBe(ADAPTIVE_DEFAULTS.minFactor)
    const recovery = factors({ ...FACTOR_AT_REST, factor: 0.1 }, Array(60).fill(ANSWERED))
    expect(recovery.indexOf(1)).toBeGreaterThan(10)
    expect(recovery.at(-1)).toBe(1)
  })

  it('moves once for all requests that fail together', () => {
    let state = FACTOR_AT_REST
    for (let request = 0; request < 32; request++) state = step(state, SLOW_DOWN, 10 * request)
    expect(state.factor).toBe(0.73)
    expect(step(state, SLOW_DOWN, 1000).factor).toBeCloseTo(0.73 ** 2, 10)
  })

  it('does not rise while some answers still say SlowDown', () => {
    let state = step(FACTOR_AT_REST, SLOW_DOWN, 0)
    for (let ms = 10; ms < 20_000; ms += 10) {
      const before = state.factor
      state = step(state, ms % 500 === 0 ? SLOW_DOWN : ANSWERED, ms)
      expect(state.factor).toBeLessThanOrEqual(before)
    }
  })

  it('learns nothing from silence', () => {
    const jammed = step(FACTOR_AT_REST, SLOW_DOWN, 0)
    expect(step(jammed, ANSWERED, 3_600_000).factor).toBeCloseTo(0.73 * 1.05, 10)
  })

  for (const [leastCapacity, low, lowFactor, high, highFactor] of [
    [256, 0.15, 1.1, 0.85, 0.9],
    [128, 0.23, 1.2, 0.77, 0.81],
    [0, 0.3, 1.4, 0.7, 0.73],
  ] as const) {
    it(`follows the row for capacities from ${leastCapacity} up`, () => {
      const options = { ...ADAPTIVE_DEFAULTS, capacity: leastCapacity }
      const at = (level: number): CongestionSignal => ({ kind: 'delay', delayMs: level * 200, targetMs: 100 })
      const factorAfter = (level: number) => step(FACTOR_AT_REST, at(level), 0, options).factor
      expect(factorAfter(low)).toBe(lowFactor)
      expect(factorAfter(low + 0.01)).toBe(1)
      expect(factorAfter(high - 0.01)).toBe(1)
      expect(factorAfter(high)).toBe(highFactor)
    })
  }

  it('is set by hand within its bounds, and goes on from there', () => {
    const tight = { ...ADAPTIVE_DEFAULTS, minFactor: 0.5, maxFactor: 2 }
    expect(withFactor(FACTOR_AT_REST, 0, tight).factor).toBe(0.5)
    expect(withFactor(FACTOR_AT_REST, 99, tight).factor).toBe(2)
    expect(withFactor(FACTOR_AT_REST, Number.NaN, tight).factor).toBe(1)
    expect(factors(withFactor(FACTOR_AT_REST, 2, tight), Array(20).fill(ANSWERED), tight).at(-1)).toBe(1)
  })

  it('ignores changes under 1 %, except the last one to 1', () => {
    expect(step(withFactor(FACTOR_AT_REST, 0.1005), SLOW_DOWN, 0).factor).toBe(0.1005)
    expect(step(withFactor(FACTOR_AT_REST, 0.995), ANSWERED, 0).factor).toBe(1)
  })

  it('stays in its bounds and never lifts the cap, whatever is signalled', () => {
    const signal: fc.Arbitrary<CongestionSignal> = fc.oneof(
      fc.constant(ANSWERED),
      fc.constant(SLOW_DOWN),
      fc.record({
        kind: fc.constant('delay' as const),
        delayMs: fc.nat(500),
        targetMs: fc.integer({ min: 1, max: 200 }),
      }),
    )
    const limits = { limit: fc.integer({ min: 1, max: 1000 }), cap: fc.integer({ min: 1, max: 1000 }) }
    fc.assert(
      fc.property(fc.array(fc.tuple(signal, fc.nat(3000))), fc.record(limits), (signals, { limit, cap }) => {
        let state = FACTOR_AT_REST
        let nowMs = 0
        for (const [one, passedMs] of signals) {
          nowMs += passedMs
          state = step(state, one, nowMs)
          expect(state.factor).toBeGreaterThanOrEqual(ADAPTIVE_DEFAULTS.minFactor)
          expect(state.factor).toBeLessThanOrEqual(ADAPTIVE_DEFAULTS.maxFactor)
          expect(effectiveRate(limit, state.factor, cap)).toBeLessThanOrEqual(cap)
        }
      }),
    )
  })

  it('leaves unlimited and paused as they are', () => {
    expect(effectiveRate(null, 0.5, null)).toBe(null)
    expect(effectiveRate(null, 0.5, 100)).toBe(100)
    expect(effectiveRate(0, 5, 100)).toBe(0)
  })
})
