import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { LabRow } from '../../bench/seeds/lab.ts'
import { runLab } from '../../bench/seeds/lab.ts'
import { adaptiveBucket } from '../../bench/seeds/models/adaptive-bucket.ts'
import { dripBucket } from '../../bench/seeds/models/drip-bucket.ts'
import { ours } from '../../bench/seeds/models/ours.ts'
import { oursForRequests } from '../../bench/seeds/models/ours-for-requests.ts'
import { s3transfer } from '../../bench/seeds/models/s3transfer.ts'
import { Throttle, throttle } from '../../bench/seeds/models/throttle.ts'
import { tokenBucket } from '../../bench/seeds/models/token-bucket.ts'
import { refillPlan, tutorial } from '../../bench/seeds/models/tutorial.ts'
import { labPlot } from '../../bench/seeds/plot.ts'
import { runBytes } from '../../bench/seeds/run-bytes.ts'
import { runRequests } from '../../bench/seeds/run-requests.ts'
import * as scenarios from '../../bench/seeds/scenarios.ts'
import { World } from '../../bench/seeds/world.ts'
import type { Quota } from '../../src/main/flow/quota.ts'
import { Quotas } from '../../src/main/flow/quota.ts'
import { QuotaCounters } from '../../src/main/flow/quota-counters.ts'

let rows: readonly LabRow[] = []

beforeAll(async () => {
  rows = await runLab()
})

function row(system: { readonly name: string }, scenario: { readonly name: string }): LabRow {
  const found = rows.find((candidate) => candidate.system === system.name && candidate.scenario === scenario.name)
  if (found === undefined) throw new Error(`no run of ${system.name} under "${scenario.name}"`)
  return found
}

const figures = (system: { readonly name: string }, scenario: { readonly name: string }) =>
  row(system, scenario).figures

function expectBetween(value: number, low: number, high: number): void {
  expect(value).toBeGreaterThanOrEqual(low)
  expect(value).toBeLessThanOrEqual(high)
}

/** Mean of the ratios of a part of a run, in seconds from where it is judged. */
function meanBetween({ ratios }: LabRow, fromSeconds: number, toSeconds: number): number {
  const part = ratios.slice(fromSeconds * 100, toSeconds * 100)
  return part.reduce((sum, ratio) => sum + ratio, 0) / part.length
}

describe('s3transfer', () => {
  it('lets 256 KiB of every stream pass free: 4.95x over 20 s at 32 KiB/s, 83x in the worst second', () => {
    const { mean, busiest1s } = figures(s3transfer, scenarios.LOW_LIMIT)
    expect(mean).toBeCloseTo(4.95, 2)
    expect(busiest1s).toBeCloseTo(83, 1)
  })

  it('is at 1.39x over 20 s at 1 MiB/s', () => {
    expectBetween(figures(s3transfer, scenarios.MANY_STREAMS).mean, 1.37, 1.41)
  })

  it('bursts more than 60x in 100 ms at 64 KiB/s, even with a single stream', () => {
    expectBetween(figures(s3transfer, scenarios.ONE_STREAM_LOW).busiest100ms, 60, 80)
  })

  it('keeps the waits of cancelled streams in its schedule for ever', async () => {
    expectBetween(figures(s3transfer, scenarios.CANCELLED_WAITERS).mean, 0.099, 0.101)
    const { limiter } = await runBytes(s3transfer, scenarios.ALL_CANCELLED)
    expect(limiter.scheduledSeconds).toBeCloseTo(2.5, 1)
  })
})

describe('asyncutils', () => {
  it('credits each sleep of its TokenBucket twice: 1.95 to 2.03x', () => {
    expectBetween(figures(tokenBucket, scenarios.SATURATION).mean, 1.95, 2.03)
    expectBetween(figures(tokenBucket, scenarios.LOW_LIMIT).mean, 1.95, 2.03)
  })

  it('locks its adaptive LeakyBucket at the lowest factor when saturated: 0.10 to 0.11 of the limit', async () => {
    expectBetween(figures(adaptiveBucket, scenarios.SATURATION).mean, 0.099, 0.11)
    const { limiter } = await runBytes(adaptiveBucket, scenarios.SATURATION)
    expectBetween(limiter.factor, 0.1, 0.101)
  })
})

describe('the limited body for aiohttp', () => {
  it('gives a whole period at the start: 1.98x in the first second', async () => {
    const first = await runBytes(dripBucket, scenarios.FIRST_SECOND)
    expect(first.figures.busiest1s).toBeCloseTo(1.98, 1)
  })

  it('starves big writes behind small ones', async () => {
    const { sentBy, sent } = await runBytes(dripBucket, scenarios.BIG_AMONG_SMALL)
    expect(sentBy.at(-1)).toBe(0)
    expect(sent).toBeGreaterThan(20_000_000)
  })

  it('changes only its capacity when the rate is set: the old rate stays', () => {
    const run = row(dripBucket, scenarios.RATE_CHANGE)
    expect(meanBetween(run, 12, 20)).toBeCloseTo(4, 1)
    expect(meanBetween(run, 22, 30)).toBeCloseTo(0.5, 1)
  })
})

describe('App Engine Throttle', () => {
  it('turns idle time into nearly 20 minutes of credit, spent at once', () => {
    const { busiest1s, mean } = figures(throttle, scenarios.IDLE_THEN_BURST)
    expectBetween(busiest1s, 1_190, 1_201)
    expect(mean * 60).toBeCloseTo(busiest1s, -1)
  })

  it('forgets what was sent, and who is registered, when a limit is set again', async () => {
    expect(figures(throttle, scenarios.SET_AGAIN).mean).toBeCloseTo(6, 1)
    const { limiter, sent } = await runBytes(throttle, scenarios.SET_AGAIN)
    expect(sent).toBe(36_000_000)
    expect(limiter.totalTransferred).toBe(6_000_000)

    const counts = new Throttle(new World())
    counts.addThrottle('bytes', 10)
    counts.register(1)
    counts.addTransfer('bytes', 1, 5)
    counts.addThrottle('bytes', 10)
    expect(() => counts.addTransfer('bytes', 1, 5)).toThrow('not registered')
  })
})

describe('the token-bucket tutorial', () => {
  it('never runs the loop that should slice: 12 at once every second, not 2 every sixth of one', () => {
    expect(refillPlan(12)).toEqual({ intervalSeconds: 1, tokens: 12 })
    const { busiest100ms, emptiest100ms } = figures(tutorial, scenarios.BUSY_QUEUE)
    expect(busiest100ms).toBeCloseTo(10, 5)
    expect(emptiest100ms).toBe(0)
  })

  it('polls: more than a thousand wakes a second with nothing to do', async () => {
    const { wakes } = await runRequests(tutorial, scenarios.NO_REQUESTS)
    expect(wakes / scenarios.NO_REQUESTS.seconds).toBeGreaterThan(1_000)
  })

  it('burns its tokens on an empty queue', async () => {
    const { tokensTaken, requests } = await runRequests(tutorial, scenarios.NO_REQUESTS)
    expect(requests).toBe(0)
    expect(tokensTaken).toBeGreaterThanOrEqual(12 * 10)
  })
})

describe('ours, under the same loads', () => {
  for (const scenario of [
    scenarios.SATURATION,
    scenarios.LOW_LIMIT,
    scenarios.MANY_STREAMS,
    scenarios.ONE_STREAM_LOW,
  ]) {
    it(`keeps the rate: ${scenario.name}`, () => {
      const { mean, busiest1s, busiest100ms, emptiest100ms } = figures(ours, scenario)
      expectBetween(mean, 0.998, 1.002)
      expect(busiest1s).toBeLessThanOrEqual(1.01)
      expect(busiest100ms).toBeLessThanOrEqual(1.2)
      expect(emptiest100ms).toBeGreaterThanOrEqual(0.75)
    })
  }

  it('leaves the whole rate to the one stream that is not cancelled, and counts only what was sent', async () => {
    expectBetween(figures(ours, scenarios.CANCELLED_WAITERS).mean, 0.998, 1.002)
    const { limiter, sent } = await runBytes(ours, scenarios.ALL_CANCELLED)
    expect(sent).toBeGreaterThan(10_000_000)
    expect(limiter.granted).toBe(sent)
  })

  it('has no burst in the first second', async () => {
    expect((await runBytes(ours, scenarios.FIRST_SECOND)).figures.busiest1s).toBeLessThanOrEqual(1.01)
  })

  it('gives big writes their share among small ones', async () => {
    const { sentBy, sent } = await runBytes(ours, scenarios.BIG_AMONG_SMALL)
    expect((sentBy.at(-1) ?? 0) / sent).toBeCloseTo(1 / 5, 1)
  })

  it('follows a change of the limit within a second, down and up', () => {
    const run = row(ours, scenarios.RATE_CHANGE)
    for (const second of [0, 10, 11, 20, 21]) expectBetween(meanBetween(run, second, second + 1), 0.98, 1.02)
  })

  it('earns nothing while idle', () => {
    expectBetween(figures(ours, scenarios.IDLE_THEN_BURST).mean, 0.998, 1.002)
    expect(figures(ours, scenarios.IDLE_THEN_BURST).busiest1s).toBeLessThanOrEqual(1.03)
  })

  it('keeps the rate when the same limit is set again', () => {
    expectBetween(figures(ours, scenarios.SET_AGAIN).mean, 0.998, 1.002)
  })

  it('keeps what a quota has counted, and its workers, when the quota is added again', () => {
    const quotas = new Quotas(QuotaCounters.create(1))
    const quota: Quota = { name: 'bytes', unit: 'bytes', amount: 60, windowMs: 60_000, mode: 'stop' }
    quotas.addQuota(quota, 0)
    const worker = quotas.register(0)
    worker.add('bytes', 5)
    quotas.addQuota({ ...quota, amount: 100 }, 10_000)
    worker.add('bytes', 5)
    expect(quotas.totals('bytes', 20_000).count).toBe(10)
    expect(quotas.left('bytes', 20_000)).toBe(90)
  })

  it('spaces requests evenly: never more than two in 100 ms at 12 a second, never none', () => {
    const { mean, busiest100ms, emptiest100ms } = figures(oursForRequests, scenarios.BUSY_QUEUE)
    expectBetween(mean, 0.995, 1.005)
    expect(busiest100ms).toBeLessThan(2.5 / 1.2)
    expect(emptiest100ms).toBeGreaterThan(0.5 / 1.2)
  })

  it('does nothing while there is no request, and takes no token without one', async () => {
    expect((await runRequests(oursForRequests, scenarios.NO_REQUESTS)).wakes).toBe(0)
    const { tokensTaken, requests } = await runRequests(oursForRequests, scenarios.EMPTY_QUEUE)
    expect(requests).toBe(60)
    expect(tokensTaken).toBe(60)
  })
})

describe('the lab', () => {
  it('gives the same run twice', async () => {
    const [first, second] = [await runLab(), await runLab()]
    expect(labPlot(second)).toBe(labPlot(first))
  })

  it('has its plot in the docs as it is drawn now', async () => {
    const kept = await readFile(join(import.meta.dirname, '../../docs/images/seed-lab.svg'), 'utf8')
    expect(kept === labPlot(rows), 'the plot is out of date: `npm run bench:seeds` draws it anew').toBe(true)
  })
})
