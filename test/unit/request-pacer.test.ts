import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import { RequestPacer } from '../../src/main/flow/request-pacer.ts'
import { requestRate, setRequestBurst, setRequestRate } from '../../src/main/flow/request-rate.ts'
import { ThreadLimiter } from '../../src/main/flow/thread-limiter.ts'
import { FakeClock } from '../support/fake-clock.ts'

const REQUESTS = 0
const FILES = 1

/** Threads with their own pacers over one table, and lanes that begin a request whenever they may. */
class Rig {
  readonly clock = new FakeClock()
  readonly table = LimitTable.create(2, this.clock.nowNs())
  readonly threads: ThreadLimiter[]
  readonly pacers: RequestPacer[]
  readonly startsMs: number[] = []
  readonly stop = new AbortController()

  constructor({ threads = 1, burst = 1, way = [REQUESTS] }: { threads?: number; burst?: number; way?: number[] }) {
    const { table, clock } = this
    setRequestBurst(table, REQUESTS, burst)
    this.threads = Array.from({ length: threads }, () => new ThreadLimiter(table, clock))
    this.pacers = this.threads.map((thread) => new RequestPacer(thread, way))
  }

  setRate(requestsPerSecond: number | null, node = REQUESTS): void {
    setRequestRate(this.table, node, requestsPerSecond, this.clock.nowNs())
    for (const thread of this.threads) thread.wake()
  }

  pacer(thread = 0): RequestPacer {
    const pacer = this.pacers[thread]
    if (pacer === undefined) throw new Error(`no thread ${thread}`)
    return pacer
  }

  addLane(thread = 0, answerMs = 0): void {
    const run = async () => {
      for (;;) {
        await this.pacer(thread).take(this.stop.signal)
        this.startsMs.push(this.clock.nowMs)
        if (answerMs > 0) await new Promise<void>((resolve) => this.clock.after(answerMs, resolve))
      }
    }
    run().catch(() => {})
  }

  gapsMs(): number[] {
    return this.startsMs.slice(1).map((ms, at) => ms - (this.startsMs[at] ?? 0))
  }
}

describe('the request pacer', () => {
  for (const threads of [1, 3]) {
    it(`spaces 12 requests a second evenly, one each 83 ms, over ${threads} threads of 4 lanes`, async () => {
      const rig = new Rig({ threads })
      rig.setRate(12)
      for (let lane = 0; lane < threads * 4; lane++) rig.addLane(lane % threads, 200)
      await rig.clock.advance(60_000)
      expect(Math.abs(rig.startsMs.length - 12 * 60)).toBeLessThanOrEqual(1)
      for (const gap of rig.gapsMs()) {
        expect(gap).toBeGreaterThan(83.3 - 5)
        expect(gap).toBeLessThan(83.3 + 5)
      }
    })
  }

  for (const rate of [0.001, 0.5, 7 / 60, 100, 3000]) {
    it(`keeps ${rate} requests a second`, async () => {
      const rig = new Rig({})
      rig.setRate(rate)
      for (let lane = 0; lane < 8; lane++) rig.addLane()
      const seconds = Math.max(2, 5 / rate)
      await rig.clock.advance(seconds * 1000)
      expect(Math.abs(rig.startsMs.length - rate * seconds)).toBeLessThanOrEqual(
        2 + rate * seconds * 0.001 + rate * 0.004,
      )
      expect(requestRate(rig.table, REQUESTS)).toBeCloseTo(rate, 6)
    })
  }

  it('lets a burst go at once after a rest, and is even again then', async () => {
    const rig = new Rig({ burst: 5 })
    rig.setRate(10)
    await rig.clock.advance(60_000)
    for (let lane = 0; lane < 8; lane++) rig.addLane()
    await rig.clock.advance(0)
    expect(rig.startsMs).toHaveLength(5)
    await rig.clock.advance(10_000)
    expect(rig.startsMs.length).toBeGreaterThanOrEqual(104)
    expect(rig.startsMs.length).toBeLessThanOrEqual(105)
    for (const gap of rig.gapsMs().slice(5)) expect(Math.abs(gap - 100)).toBeLessThan(5)
  })

  it('holds files to their own rate within that of requests', async () => {
    const rig = new Rig({ way: [FILES, REQUESTS] })
    rig.setRate(100)
    rig.setRate(2, FILES)
    for (let lane = 0; lane < 4; lane++) rig.addLane()
    await rig.clock.advance(30_000)
    expect(Math.abs(rig.startsMs.length - 60)).toBeLessThanOrEqual(1)
  })

  it('hands the slot of whoever leaves to the next, and gives it back when nobody waits', async () => {
    const rig = new Rig({})
    rig.setRate(1)
    await rig.pacer().take(rig.stop.signal)
    const startMs = rig.clock.nowMs
    const stops = [0, 1, 2].map(() => new AbortController())
    const waits = stops.map((stop) => rig.pacer().take(stop.signal))
    await rig.clock.advance(500)
    stops[0]?.abort(new Error('left'))
    await expect(waits[0]).rejects.toThrow('left')
    await rig.clock.advance(600)
    const waitedMs = await waits[1]
    expect(waitedMs).toBeGreaterThan(990)
    expect(waitedMs).toBeLessThan(1010)
    stops[2]?.abort(new Error('left'))
    await expect(waits[2]).rejects.toThrow('left')
    // Nothing was spent for the two that left: the next slot is the third, at 2 s.
    rig.addLane()
    await rig.clock.advance(900)
    expect(rig.startsMs.map((ms) => Math.round((ms - startMs) / 100))).toEqual([20])
  })

  it('says that it is what holds the rate down, for as long as somebody waits', async () => {
    const rig = new Rig({})
    const bound = () => rig.table.wasBound(REQUESTS, rig.clock.nowNs(), 1_000_000_000n)
    rig.setRate(0.1)
    await rig.pacer().take(rig.stop.signal)
    expect(bound()).toBe(false)
    const wait = rig.pacer().take(rig.stop.signal)
    await rig.clock.advance(9_000)
    expect(bound()).toBe(true)
    await rig.clock.advance(1_100)
    await wait
    expect(bound()).toBe(true)
    await rig.clock.advance(1_000)
    expect(bound()).toBe(false)
  })

  it('takes back the slot of a request that was not begun', async () => {
    const rig = new Rig({})
    rig.setRate(1)
    const slot = rig.pacer().tryTake()
    expect(rig.pacer().tryTake()).toMatchObject({ granted: false })
    if (slot.granted) for (let time = 0; time < 2; time++) slot.cancel()
    expect(rig.pacer().tryTake().granted).toBe(true)
    expect(rig.pacer().tryTake().granted).toBe(false)
  })

  it('says when to come back, and keeps no place meanwhile', async () => {
    const rig = new Rig({})
    rig.setRate(2)
    expect(rig.pacer().tryTake().granted).toBe(true)
    for (let count = 0; count < 100; count++) expect(rig.pacer().tryTake().granted).toBe(false)
    const refused = rig.pacer().tryTake()
    const inMs = refused.granted ? 0 : (refused.retryAtMs ?? 0) - rig.clock.nowMs
    expect(inMs).toBeGreaterThan(490)
    expect(inMs).toBeLessThan(501)
    await rig.clock.advance(inMs)
    expect(rig.pacer().tryTake().granted).toBe(true)
    rig.setRate(0)
    expect(rig.pacer().tryTake()).toEqual({ granted: false, retryAtMs: null })
    rig.setRate(null)
    expect(rig.pacer().tryTake().granted).toBe(true)
  })

  it('loses no request when the rate changes, stops and goes on', async () => {
    const rig = new Rig({ threads: 2 })
    rig.setRate(1)
    for (let lane = 0; lane < 6; lane++) rig.addLane(lane % 2, 10)
    await rig.clock.advance(3_100)
    expect(rig.startsMs.length).toBe(4)
    rig.setRate(20)
    await rig.clock.advance(10_000)
    expect(Math.abs(rig.startsMs.length - 204)).toBeLessThanOrEqual(2)
    rig.setRate(0)
    const before = rig.startsMs.length
    await rig.clock.advance(100_000)
    expect(rig.startsMs.length).toBe(before)
    rig.setRate(20)
    await rig.clock.advance(1_000)
    expect(Math.abs(rig.startsMs.length - before - 20)).toBeLessThanOrEqual(2)
  })

  it('stops at once, in a pause and while it waits, and leaves nobody waiting', async () => {
    for (const rate of [0, 0.01]) {
      const rig = new Rig({})
      rig.setRate(rate)
      const stop = new AbortController()
      const waits = [1, 2, 3].map(() =>
        rig
          .pacer()
          .take(stop.signal)
          .then(
            () => 'begun',
            (reason) => reason,
          ),
      )
      await rig.clock.advance(1)
      stop.abort('stopped')
      const ends = await Promise.all(waits)
      expect(ends.slice(1)).toEqual(['stopped', 'stopped'])
      expect(ends[0]).toBe(rate === 0 ? 'stopped' : 'begun')
      await expect(rig.pacer().take(stop.signal)).rejects.toBe('stopped')
    }
  })

  it('refuses a burst below 1', () => {
    for (const burst of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new Rig({ burst })).toThrow(/^A burst of requests must be 1 or more, not .*\.$/)
    }
  })

  it('begins at most rate × t + burst in every window, whoever leaves, and forgets nobody', async () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('ask' as const), thread: fc.nat(1) }) },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(400) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('try' as const), thread: fc.nat(1) }) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(action, { minLength: 20, maxLength: 60 }),
        async (rate, burst, actions) => {
          const rig = new Rig({ threads: 2, burst })
          rig.setRate(rate)
          const stops: AbortController[] = []
          let asked = 0
          let left = 0
          for (const one of actions) {
            if (one.kind === 'pass') await rig.clock.advance(one.ms)
            if (one.kind === 'leave') stops[stops.length - 1 - one.which]?.abort()
            if (one.kind === 'try' && rig.pacer(one.thread).tryTake().granted) {
              asked++
              rig.startsMs.push(rig.clock.nowMs)
            }
            if (one.kind === 'ask') {
              const stop = new AbortController()
              stops.push(stop)
              asked++
              const begin = () => rig.startsMs.push(rig.clock.nowMs)
              rig
                .pacer(one.thread)
                .take(stop.signal)
                .then(begin, () => left++)
            }
          }
          await rig.clock.advance(100_000)
          expect(rig.startsMs.length + left).toBe(asked)
          // One ticket may be outstanding in each thread; 4 ms are the table's tolerance and the timer's grain.
          rig.startsMs.forEach((fromMs, from) => {
            for (let to = from; to < rig.startsMs.length; to++) {
              const seconds = ((rig.startsMs[to] ?? 0) - fromMs + 4) / 1000
              expect(to - from + 1).toBeLessThanOrEqual(rate * seconds + burst + 1)
            }
          })
        },
      ),
      { numRuns: 50 },
    )
  })
})
