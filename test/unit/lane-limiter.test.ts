import { describe, expect, it } from 'vitest'
import { LaneLimiter, TicketTimer } from '../../src/main/flow/lane-limiter.ts'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import { FakeClock } from '../support/fake-clock.ts'

const ROOT = 0

/** Lanes that always have something to send, over one or more nodes. */
class Rig {
  readonly clock = new FakeClock()
  readonly table = LimitTable.create(16, this.clock.nowNs())
  readonly timer = new TicketTimer(this.clock)
  readonly sent: number[] = []
  readonly stops: AbortController[] = []

  addLane(nodes: readonly number[], share: () => number): number {
    const lane = this.sent.push(0) - 1
    const limiter = new LaneLimiter(this.table, this.timer, this.clock)
    const stop = new AbortController()
    this.stops.push(stop)
    const run = async () => {
      for (;;) {
        const bytes = limiter.quantum(nodes, share())
        await limiter.take(nodes, bytes, stop.signal)
        this.sent[lane] = (this.sent[lane] ?? 0) + bytes
      }
    }
    run().catch(() => {})
    return lane
  }

  setRate(node: number, bytesPerSecond: number | null): void {
    this.table.setRate(node, bytesPerSecond, this.clock.nowNs())
    this.timer.wake()
  }

  total(): number {
    return this.sent.reduce((sum, bytes) => sum + bytes, 0)
  }
}

describe('lanes under one limit', () => {
  for (const rate of [20_000, 100_000, 1_048_576, 6_000_000]) {
    for (const lanes of [1, 4, 33]) {
      it(`${lanes} equal lanes share ${rate} B/s evenly, and nobody starves`, async () => {
        const rig = new Rig()
        rig.setRate(ROOT, rate)
        for (let lane = 0; lane < lanes; lane++) rig.addLane([ROOT], () => 1 / lanes)
        await rig.clock.advance(20_000)
        expect(Math.abs(rig.total() / 20 - rate)).toBeLessThan(rate * 0.002 + lanes * 512)
        const fair = rig.total() / lanes
        for (const bytes of rig.sent) expect(Math.abs(bytes - fair)).toBeLessThanOrEqual(fair * 0.05 + 1024)
      })
    }
  }

  // A stall of 30 ms every 10 s or so costs 0.2 %: without payback the mean would miss.
  it('keeps the mean in spite of timers that are late as on a busy machine', async () => {
    const rig = new Rig()
    let seed = 1
    rig.clock.latenessMs = () => {
      seed = (seed * 16807) % 2147483647
      return seed % 5000 === 0 ? 30 : (seed % 100) / 100
    }
    rig.setRate(ROOT, 1_000_000)
    for (let lane = 0; lane < 4; lane++) rig.addLane([ROOT], () => 1 / 4)
    await rig.clock.advance(60_000)
    expect(rig.total() / 60 / 1_000_000).toBeGreaterThan(0.998)
    expect(rig.total() / 60 / 1_000_000).toBeLessThanOrEqual(1.001)
  })

  it('follows a change of the limit at once, up and down', async () => {
    const rig = new Rig()
    rig.setRate(ROOT, 100_000_000)
    for (let lane = 0; lane < 8; lane++) rig.addLane([ROOT], () => 1 / 8)
    for (const rate of [100_000_000, 1_000_000, 32_768, 10_000_000, 65_536, 50_000_000]) {
      rig.setRate(ROOT, rate)
      const before = rig.total()
      await rig.clock.advance(2_000)
      expect((rig.total() - before) / 2 / rate).toBeGreaterThan(0.9)
      expect((rig.total() - before) / 2 / rate).toBeLessThan(rate < 100_000 ? 1.15 : 1.02)
    }
  })

  it('sends nothing at limit 0 and goes on when it is lifted', async () => {
    const rig = new Rig()
    rig.setRate(ROOT, 0)
    rig.addLane([ROOT], () => 1)
    await rig.clock.advance(10_000)
    expect(rig.total()).toBe(0)
    rig.setRate(ROOT, 1_000_000)
    await rig.clock.advance(1_000)
    expect(rig.total() / 1_000_000).toBeCloseTo(1, 1)
  })
})

describe('lanes in a tree', () => {
  it('hold a transfer to its own limit and leave the rest to its siblings', async () => {
    const rig = new Rig()
    rig.setRate(ROOT, 1_000_000)
    rig.setRate(1, 100_000)
    const held = rig.addLane([1, ROOT], () => 1 / 2)
    const free = rig.addLane([2, ROOT], () => 1 / 2)
    await rig.clock.advance(20_000)
    expect((rig.sent[held] ?? 0) / 20 / 100_000).toBeCloseTo(1, 1)
    expect((rig.sent[free] ?? 0) / 20 / 900_000).toBeCloseTo(1, 1)
  })

  it('give back all nodes when a wait is aborted', async () => {
    const rig = new Rig()
    rig.setRate(ROOT, 1_000)
    rig.addLane([1, ROOT], () => 1)
    rig.setRate(1, 1_000_000)
    await rig.clock.advance(100)
    const limiter = new LaneLimiter(rig.table, rig.timer, rig.clock)
    const stop = new AbortController()
    const before = rig.table.granted(1)
    const waiting = limiter.take([1, ROOT], 50_000, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
    expect(rig.table.granted(1)).toBe(before)
  })

  it('surfaces the abort of a lane that waits in a pause', async () => {
    const rig = new Rig()
    rig.setRate(ROOT, 0)
    const limiter = new LaneLimiter(rig.table, rig.timer, rig.clock)
    const stop = new AbortController()
    const waiting = limiter.take([ROOT], 1, stop.signal)
    stop.abort(new Error('cancelled'))
    await expect(waiting).rejects.toThrow('cancelled')
  })
})
