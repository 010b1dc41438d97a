import { describe, expect, it } from 'vitest'
import { connectionsFor, sendsOnOneThread } from '../../src/main/flow/connections-for.ts'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import { ThreadLimiter } from '../../src/main/flow/thread-limiter.ts'
import { FakeClock } from '../support/fake-clock.ts'

const KIB = 1024

it('sends on one thread under a low limit, and never without one', () => {
  const limits = [null, 0, 1, 7_999_999, 8_000_000, 1e12]
  expect(limits.map(sendsOnOneThread)).toEqual([false, true, true, true, false, false])
})

describe('the number of connections', () => {
  it('is one under a low limit and grows with it up to what is configured', () => {
    const limits = [1, 16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB, 10_240 * KIB, null]
    expect(limits.map((limit) => connectionsFor(limit, 32, 1))).toEqual([1, 1, 1, 2, 8, 32, 32])
  })

  it('falls with the factor, rises never above the configured number, and is at least one', () => {
    expect([1, 0.5, 0.1, 0.001, 10].map((factor) => connectionsFor(null, 8, factor))).toEqual([8, 4, 1, 1, 8])
    expect(connectionsFor(256 * KIB, 32, 0.5)).toBe(1)
  })

  it('does not change in a pause', () => {
    expect(connectionsFor(0, 8, 1)).toBe(8)
  })

  it('leaves no connection silent for 5 s', async () => {
    for (const limit of [2 * KIB, 16 * KIB, 200 * KIB, 600 * KIB]) {
      const clock = new FakeClock()
      const table = LimitTable.create(1, clock.nowNs())
      table.setRate(0, limit, clock.nowNs())
      const limiter = new ThreadLimiter(table, clock)
      let longestMs = 0
      const lane = async () => {
        const connection = {}
        for (let lastMs = clock.nowMs; ; lastMs = clock.nowMs) {
          await limiter.take(connection, 0, limiter.quantum(connection, 0, 1), new AbortController().signal)
          longestMs = Math.max(longestMs, clock.nowMs - lastMs)
        }
      }
      for (let count = connectionsFor(limit, 32, 1); count > 0; count--) void lane()
      await clock.advance(10_000)
      expect(longestMs).toBeGreaterThan(0)
      expect(longestMs).toBeLessThan(1000)
    }
  })
})
