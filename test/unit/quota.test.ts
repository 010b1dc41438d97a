import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MovingWindow } from '../../src/main/flow/moving-window.ts'
import type { Quota } from '../../src/main/flow/quota.ts'
import { Quotas } from '../../src/main/flow/quota.ts'
import { QuotaCounters, QuotaWorker } from '../../src/main/flow/quota-counters.ts'

const SECOND = 1000
const HOUR = 3_600_000
const DAY = 86_400_000
/** Noon of some day. */
const START = Date.UTC(2026, 10, 20, 12)

const hourly: Quota = { name: 'hourly', unit: 'requests', amount: 1000, windowMs: HOUR, mode: 'stop' }
const daily: Quota = { name: 'daily', unit: 'bytes', amount: 20e9, windowMs: DAY, mode: 'stop' }

function setUp(...added: Quota[]) {
  const quotas = new Quotas(QuotaCounters.create(4))
  quotas.addQuotas(added, START)
  return { quotas, worker: quotas.register(0) }
}

describe('quotas', () => {
  it('count exactly, per worker, and say over what time', () => {
    const { quotas, worker } = setUp(hourly, daily)
    const other = quotas.register(3)
    for (let count = 0; count < 100; count++) {
      worker.add('daily', 1_000_003)
      other.add('daily', 7)
      worker.add('hourly', 1)
      if (count % 10 === 0) quotas.rotate(START + count * SECOND)
    }
    expect(quotas.totals('daily', START + 200 * SECOND)).toEqual({ count: 100 * 1_000_010, seconds: 200 })
    expect(quotas.totals('hourly', START + 200 * SECOND)).toEqual({ count: 100, seconds: 200 })
    expect(quotas.left('hourly', START + 200 * SECOND)).toBe(900)
  })

  it('are added to by real threads at the same time without losing one', async () => {
    const { quotas } = setUp(daily)
    const module = new URL('../../src/main/flow/quota-counters.ts', import.meta.url).href
    const code = `
      import { workerData } from 'node:worker_threads'
      import { QuotaCounters, QuotaWorker } from '${module}'
      const counters = new QuotaCounters(workerData.buffer)
      const worker = new QuotaWorker(counters, workerData.worker, workerData.slots)
      for (let count = 0; count < 200_000; count++) worker.add('daily', 3)
    `
    const threads = [1, 2, 3].map((worker) => {
      quotas.register(worker)
      const workerData = { buffer: quotas.counters.buffer, worker, slots: quotas.slots() }
      return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData })
    })
    const ends = threads.map((thread) => once(thread, 'exit'))
    quotas.rotate(START + SECOND)
    await Promise.all(ends)
    expect(quotas.totals('daily', START + 2 * SECOND).count).toBe(3 * 200_000 * 3)
  })

  it('tell an unknown name, an unregistered worker and a bad count apart', () => {
    const { quotas, worker } = setUp(daily)
    expect(() => worker.add('nightly', 1)).toThrow(expect.objectContaining({ code: 'unknown-quota' }))
    expect(() => worker.add('toString', 1)).toThrow(expect.objectContaining({ code: 'unknown-quota' }))
    expect(() => quotas.left('nightly', START)).toThrow(expect.objectContaining({ code: 'unknown-quota' }))
    expect(() => quotas.totals('nightly', START)).toThrow('There is no quota named "nightly".')
    const stranger = new QuotaWorker(quotas.counters, 2, quotas.slots())
    expect(() => stranger.add('daily', 1)).toThrow(expect.objectContaining({ code: 'unregistered-worker' }))
    expect(() => quotas.register(4)).toThrow(expect.objectContaining({ code: 'unregistered-worker' }))
    for (const count of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => worker.add('daily', count)).toThrow(expect.objectContaining({ code: 'bad-count' }))
    }
    expect(quotas.totals('daily', START).count).toBe(0)
  })

  it('refuse an amount or a window that cannot be kept, in one sentence', () => {
    const { quotas } = setUp()
    for (const wrong of [{ amount: 0 }, { amount: -1 }, { amount: 1.5 }, { windowMs: 1 }, { windowMs: Number.NaN }]) {
      expect(() => quotas.addQuota({ ...daily, ...wrong }, START)).toThrow(
        expect.objectContaining({ code: 'bad-quota', message: expect.stringMatching(/^A quota .*\.$/) }),
      )
    }
  })

  it('keep their counts when a name is added again, and begin anew with another unit or after removal', () => {
    const { quotas, worker } = setUp(hourly)
    worker.add('hourly', 600)
    quotas.addQuota({ ...hourly, amount: 2000, windowMs: DAY }, START)
    expect(quotas.left('hourly', START)).toBe(1400)
    quotas.addQuota({ ...hourly, unit: 'files' }, START)
    expect(quotas.left('hourly', START)).toBe(1000)
    worker.add('hourly', 1)
    quotas.removeQuota('hourly')
    expect(() => quotas.left('hourly', START)).toThrow(expect.objectContaining({ code: 'unknown-quota' }))
    quotas.addQuota(hourly, START)
    expect(quotas.totals('hourly', START).count).toBe(0)
  })

  it('stop when used up, say until when, and go on then', () => {
    const { quotas, worker } = setUp(hourly)
    worker.add('hourly', 400)
    quotas.rotate(START)
    worker.add('hourly', 600)
    const verdict = quotas.verdict('hourly', START + HOUR / 2)
    const untilMs = verdict.kind === 'blocked' ? verdict.untilMs : 0
    // The first 400 leave an hour after their bucket of 15 s has ended.
    expect(untilMs).toBe(START + HOUR + 15 * SECOND)
    expect(quotas.verdict('hourly', untilMs - 1).kind).toBe('blocked')
    expect(quotas.verdict('hourly', untilMs)).toEqual({ kind: 'open', left: 400, ratePerSecond: null })
  })

  it('give no credit for idle time beyond the window', () => {
    const { quotas, worker } = setUp(hourly)
    worker.add('hourly', 1000)
    expect(quotas.left('hourly', START)).toBe(0)
    expect(quotas.left('hourly', START + 100 * HOUR)).toBe(1000)
    worker.add('hourly', 1000)
    expect(quotas.verdict('hourly', START + 100 * HOUR).kind).toBe('blocked')
  })

  it('spread what remains: the whole evenly from the start, what is left after a rush', () => {
    const { quotas, worker } = setUp({ ...daily, amount: 24_000, mode: 'spread' })
    const rateAt = (nowMs: number) => {
      const verdict = quotas.verdict('daily', nowMs)
      return verdict.kind === 'open' ? (verdict.ratePerSecond ?? 0) * 3600 : 0
    }
    expect(rateAt(START) / 1000).toBeCloseTo(1, 2)
    worker.add('daily', 12_000)
    // Half is gone; the other half has to last until that leaves the window.
    expect(rateAt(START) / 500).toBeCloseTo(1, 2)
    expect(rateAt(START + DAY / 2) / 1000).toBeCloseTo(0.996, 2)
    worker.add('daily', 12_000)
    expect(quotas.verdict('daily', START + DAY / 2).kind).toBe('blocked')
  })

  it('spread evenly for days on end, and send what the quota allows', () => {
    const { quotas, worker } = setUp({ ...hourly, amount: 100_000, mode: 'spread' })
    const sent: number[] = []
    for (let second = 0; second < 4 * 3600; second++) {
      const verdict = quotas.verdict('hourly', START + second * SECOND)
      const count = verdict.kind === 'open' ? Math.floor(verdict.ratePerSecond ?? 0) : 0
      worker.add('hourly', count)
      sent.push(count)
    }
    const perMinute = Array.from({ length: 240 }, (_, minute) =>
      sent.slice(minute * 60, minute * 60 + 60).reduce((sum, count) => sum + count, 0),
    )
    for (const count of perMinute) expect(count / (100_000 / 60)).toBeGreaterThan(0.95)
    for (const count of perMinute) expect(count / (100_000 / 60)).toBeLessThanOrEqual(1.05)
  })

  it('never let a window exceed the quota by more than what was in flight, in either mode', () => {
    const turn = fc.record({
      passMs: fc.integer({ min: 0, max: 20 * 60_000 }),
      jobs: fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 4 }),
    })
    fc.assert(
      fc.property(
        fc.constantFrom('stop' as const, 'spread' as const),
        fc.array(turn, { minLength: 10, maxLength: 80 }),
        (mode, turns) => {
          const { quotas, worker } = setUp({ ...hourly, amount: 300, mode })
          const sent: { atMs: number; count: number }[] = []
          let nowMs = START
          let inFlight: number[] = []
          let mostInFlight = 0
          for (const { passMs, jobs } of turns) {
            // What was begun at the last turn arrives now, whatever the verdict has become.
            for (const count of inFlight) {
              worker.add('hourly', count)
              sent.push({ atMs: nowMs, count })
            }
            nowMs += passMs
            inFlight = quotas.verdict('hourly', nowMs).kind === 'open' ? jobs : []
            mostInFlight = Math.max(
              mostInFlight,
              inFlight.reduce((sum, count) => sum + count, 0),
            )
          }
          for (const { atMs } of sent) {
            const inWindow = sent.filter((one) => one.atMs >= atMs && one.atMs < atMs + HOUR)
            const count = inWindow.reduce((sum, one) => sum + one.count, 0)
            expect(count).toBeLessThanOrEqual(300 + mostInFlight)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('never use up a window at the rate of `spread`, whatever was sent before', () => {
    const past = fc.array(fc.record({ agoMs: fc.integer({ min: 0, max: 2 * HOUR }), count: fc.nat(400) }), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(past, (entries) => {
        const window = new MovingWindow(HOUR)
        for (const { agoMs, count } of [...entries].sort((a, b) => b.agoMs - a.agoMs)) window.add(count, START - agoMs)
        const rate = window.evenRatePerSecond(1000, START)
        const before = window.used(START)
        for (let atMs = START; atMs < START + 2 * HOUR; atMs += 60_000) {
          expect(window.used(atMs)).toBeLessThanOrEqual(Math.max(1000, before) + 1e-6)
          window.add(rate * 60, atMs)
        }
      }),
    )
  })
})

describe('a quota over a restart', () => {
  it('goes on with what an earlier run counted, whether added before or after it is restored', () => {
    const first = setUp(hourly)
    first.worker.add('hourly', 700)
    const saved = JSON.parse(JSON.stringify(first.quotas.snapshot(START + SECOND)))
    for (const order of ['added first', 'restored first']) {
      const quotas = new Quotas(QuotaCounters.create(1))
      if (order === 'added first') quotas.addQuota(hourly, START + 60 * SECOND)
      expect(quotas.restore(saved, START + 60 * SECOND)).toEqual({ ok: true, value: 1 })
      expect(quotas.snapshot(START + 60 * SECOND)).toEqual(saved)
      quotas.addQuota(hourly, START + 60 * SECOND)
      const worker = quotas.register(0)
      worker.add('hourly', 5)
      expect(quotas.left('hourly', START + 61 * SECOND)).toBe(295)
      expect(quotas.totals('hourly', START + 61 * SECOND)).toEqual({ count: 705, seconds: 2 })
      expect(quotas.left('hourly', START + HOUR + 30 * SECOND)).toBe(995)
    }
  })

  it('begins anew with a file that is no snapshot, and says so in one sentence', () => {
    const { quotas, worker } = setUp(hourly)
    worker.add('hourly', 1)
    const entry = { name: 'hourly', unit: 'requests', total: 1, runMs: 1, buckets: [{ endMs: 1, count: 1 }] }
    const broken = [
      null,
      'text',
      [],
      {},
      { version: 2, quotas: [] },
      { version: 1, quotas: [entry, null] },
      { version: 1, quotas: [{ ...entry, unit: 'parsecs' }] },
      { version: 1, quotas: [{ ...entry, total: -1 }] },
      { version: 1, quotas: [{ ...entry, buckets: [{ endMs: 1, count: '1' }] }] },
    ]
    for (const json of broken) {
      expect(quotas.restore(json, START)).toEqual({
        ok: false,
        message: 'The saved quota counts cannot be read, so counting starts anew.',
      })
    }
    expect(quotas.left('hourly', START)).toBe(999)
  })

  it('forgets nothing early when the clock jumps back, and remembers nothing for more than a window longer', () => {
    for (const backMs of [HOUR, DAY, 400 * DAY]) {
      const { quotas, worker } = setUp(hourly)
      worker.add('hourly', 1000)
      quotas.rotate(START)
      expect(quotas.left('hourly', START - backMs)).toBe(0)
      expect(quotas.verdict('hourly', START - backMs + HOUR - 1).kind).toBe('blocked')
      expect(quotas.left('hourly', START - backMs + HOUR + 15 * SECOND)).toBe(1000)
    }
  })

  it('counts what had left again when a clock that was a day ahead is put right', () => {
    const { quotas, worker } = setUp(hourly)
    worker.add('hourly', 600)
    quotas.rotate(START)
    expect(quotas.left('hourly', START + DAY)).toBe(1000)
    worker.add('hourly', 100)
    expect(quotas.left('hourly', START + DAY + SECOND)).toBe(900)
    expect(quotas.left('hourly', START + 2 * SECOND)).toBe(300)
  })

  it('keeps a bounded memory', () => {
    const window = new MovingWindow(HOUR)
    for (let at = 0; at < 5000; at++) window.add(1, START + at * 30 * SECOND)
    expect(window.buckets.length).toBeLessThanOrEqual(481)
    expect(window.used(START + 5000 * 30 * SECOND)).toBe(120)
  })
})
