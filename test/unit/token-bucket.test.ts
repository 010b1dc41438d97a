import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenBucket } from '../../src/main/flow/token-bucket.ts'
import { FakeClock } from '../support/fake-clock.ts'

const never = () => new AbortController().signal

describe('a token bucket', () => {
  it('grants its burst, then exactly its rate: 5 s of 500 a second offered to 100 a second', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(100, 100, clock)
    let granted = 0
    for (let ms = 0; ms <= 5000; ms += 2) {
      if (bucket.tryReserve(1).granted) granted++
      await clock.advance(2)
    }
    expect(granted).toBeLessThanOrEqual(100 + 500 + 1)
    expect(granted).toBeGreaterThanOrEqual(0.999 * 600)
  })

  it('credits no wait twice: a minute of waiting lanes gets exactly a minute of tokens', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(10, 1, clock)
    let granted = 0
    const lane = async () => {
      for (;;) {
        await bucket.reserve(1, never())
        granted++
      }
    }
    for (let count = 0; count < 8; count++) void lane()
    await clock.advance(60_000)
    expect(granted).toBeGreaterThanOrEqual(600)
    expect(granted).toBeLessThanOrEqual(601)
  })

  it('makes those wait longer who want more than it holds, and says how long they did', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(10, 10, clock)
    const waits: number[] = []
    for (const tokens of [10, 100, 5]) void bucket.reserve(tokens, never()).then((ms) => waits.push(Math.round(ms)))
    await clock.advance(9_990)
    expect(waits).toEqual([0])
    await clock.advance(600)
    expect(waits).toEqual([0, 10_000, 10_500])
  })

  it('says when to come back, and then grants', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(2, 4, clock)
    expect(bucket.tryReserve(4).granted).toBe(true)
    const refused = bucket.tryReserve(3)
    expect(refused).toEqual({ granted: false, retryAtMs: clock.nowMs + 1500 })
    await clock.advance(1499)
    expect(bucket.tryReserve(3).granted).toBe(false)
    await clock.advance(1)
    expect(bucket.tryReserve(3).granted).toBe(true)
  })

  it('lets nobody overtake those who wait', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(1, 1, clock)
    bucket.tryReserve(1)
    const order: string[] = []
    void bucket.reserve(1, never()).then(() => order.push('first'))
    void bucket.reserve(0.1, never()).then(() => order.push('second'))
    await clock.advance(500)
    expect(bucket.tryReserve(0.1)).toMatchObject({ granted: false })
    await clock.advance(1000)
    expect(order).toEqual(['first', 'second'])
  })

  it('takes a cancelled grant back, once, and never above its capacity', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(1, 4, clock)
    const grant = bucket.tryReserve(4)
    if (!grant.granted) throw new Error('a full bucket refused')
    expect(bucket.tryReserve(4).granted).toBe(false)
    grant.cancel()
    grant.cancel()
    expect(bucket.tryReserve(4).granted).toBe(true)
    expect(bucket.tryReserve(0.5).granted).toBe(false)
    await clock.advance(60_000)
    grant.cancel()
    expect(bucket.tryReserve(4).granted).toBe(true)
    expect(bucket.tryReserve(0.5).granted).toBe(false)
  })

  it('is after an aborted wait as if it had never been asked', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(1, 10, clock)
    const stop = new AbortController()
    const aborted = bucket.reserve(100, stop.signal)
    await clock.advance(20_000)
    let grantedAtMs = 0
    const startMs = clock.nowMs
    void bucket.reserve(30, never()).then(() => {
      grantedAtMs = clock.nowMs
    })
    stop.abort(new Error('stopped'))
    await expect(aborted).rejects.toThrow('stopped')
    await clock.advance(60_000)
    // The bucket was full when the second came: 10 at once, 20 more in 20 s.
    expect(grantedAtMs - startMs).toBeCloseTo(20_000, 0)
  })

  it('follows a change of its rate, stops at 0 and lets everything go at null', async () => {
    const clock = new FakeClock()
    const bucket = new TokenBucket(1, 1, clock)
    let granted = 0
    const lane = async () => {
      for (let count = 0; count < 100; count++) {
        await bucket.reserve(1, never())
        granted++
      }
    }
    void lane()
    await clock.advance(3_500)
    expect(granted).toBe(4)
    bucket.setRate(0)
    expect(bucket.tryReserve(1)).toEqual({ granted: false, retryAtMs: null })
    await clock.advance(3_600_000)
    expect(granted).toBe(4)
    bucket.setRate(10)
    await clock.advance(1_000)
    // Half a token was saved before the pause, and nothing in it.
    expect(granted).toBe(14)
    bucket.setRate(null)
    for (let turn = 0; turn < 10; turn++) await clock.advance(0)
    expect(granted).toBe(100)
  })

  it('refuses rates and sizes that are none, in one sentence', async () => {
    const clock = new FakeClock()
    for (const rate of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new TokenBucket(rate, 1, clock)).toThrow(/^A rate must be 0 or more .*\.$/)
    }
    for (const capacity of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new TokenBucket(1, capacity, clock)).toThrow(/^A token bucket needs a capacity above 0, .*\.$/)
    }
    const bucket = new TokenBucket(1, 1, clock)
    expect(() => bucket.tryReserve(-1)).toThrow(RangeError)
    await expect(bucket.reserve(Number.NaN, never())).rejects.toThrow(RangeError)
  })

  it('grants at most capacity + rate × t in every window, whatever is asked and cancelled', async () => {
    const action = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          kind: fc.constant('wait' as const),
          tokens: fc.double({ min: 0.1, max: 8, noNaN: true }),
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({
          kind: fc.constant('try' as const),
          tokens: fc.double({ min: 0.1, max: 8, noNaN: true }),
        }),
      },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(3000) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), which: fc.nat(3) }) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 8, max: 12 }),
        fc.array(action, { minLength: 20, maxLength: 60 }),
        async (rate, capacity, actions) => {
          const clock = new FakeClock()
          const bucket = new TokenBucket(rate, capacity, clock)
          const grants: { atMs: number; tokens: number }[] = []
          const waiting: AbortController[] = []
          for (const one of actions) {
            if (one.kind === 'pass') await clock.advance(one.ms)
            if (one.kind === 'abort') waiting[waiting.length - 1 - one.which]?.abort()
            if (one.kind === 'try' && bucket.tryReserve(one.tokens).granted) {
              grants.push({ atMs: clock.nowMs, tokens: one.tokens })
            }
            if (one.kind === 'wait') {
              const stop = new AbortController()
              waiting.push(stop)
              const granted = () => grants.push({ atMs: clock.nowMs, tokens: one.tokens })
              bucket.reserve(one.tokens, stop.signal).then(granted, () => {})
            }
          }
          await clock.advance(300_000)
          grants.forEach((from, at) => {
            let tokens = 0
            for (const grant of grants.slice(at)) {
              tokens += grant.tokens
              expect(tokens).toBeLessThanOrEqual(capacity + (rate * (grant.atMs - from.atMs)) / 1000 + 1e-3)
            }
          })
          // Nobody is forgotten: after all this time there is a full bucket again.
          expect(bucket.tryReserve(capacity).granted).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })
})
