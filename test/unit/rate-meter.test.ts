import { describe, expect, it } from 'vitest'
import { EtaModel, etaMs } from '../../src/main/flow/eta.ts'
import { RateMeter } from '../../src/main/flow/rate-meter.ts'

describe('the rate meter', () => {
  it('is right from the first interval on, however often it is asked', () => {
    for (const stepMs of [50, 250, 1000]) {
      const meter = new RateMeter(0, 0)
      for (let atMs = stepMs; atMs <= 5000; atMs += stepMs) {
        expect(meter.sample(atMs * 100, atMs)).toBeCloseTo(100_000, 5)
        expect(meter.smoothed).toBeCloseTo(100_000, 5)
      }
    }
  })

  it('counts nothing before the first byte', () => {
    const meter = new RateMeter(0, 0)
    for (let atMs = 250; atMs <= 10_000; atMs += 250) meter.sample(0, atMs)
    meter.sample(250_000, 10_250)
    expect(meter.smoothed).toBeCloseTo(1_000_000, 0)
  })

  it('follows a change within a few seconds, and is 0 after three without a byte', () => {
    const meter = new RateMeter(0, 0)
    let bytes = 0
    const run = (ms: number, perSecond: number, fromMs: number) => {
      for (let atMs = fromMs + 250; atMs <= fromMs + ms; atMs += 250) {
        bytes += perSecond / 4
        meter.sample(bytes, atMs)
      }
    }
    run(10_000, 1_000_000, 0)
    run(5_000, 100_000, 10_000)
    expect(meter.smoothed / 100_000).toBeLessThan(1.4)
    run(3_000, 0, 15_000)
    expect(meter.smoothed).toBe(0)
  })

  it('projects the rate of bytes that have not gone yet, against a known series', () => {
    const meter = new RateMeter(0, 0)
    meter.sample(100_000, 1000)
    expect(meter.projected(100_000, 2000)).toBeCloseTo(100_000, 5)
    expect(meter.projected(200_000, 2000)).toBeGreaterThan(100_000)
    expect(meter.projected(200_000, 2000)).toBeLessThan(200_000)
    const before = meter.smoothed
    meter.sample(300_000, 2000)
    expect(meter.smoothed).toBeCloseTo(200_000 - (200_000 - before) * weightOfOld(1000), 0)
  })
})

/** What is left of the first interval's weight after another one of `ms`, with the sums normalised. */
function weightOfOld(ms: number): number {
  const keep = Math.exp(-ms / 1500)
  const first = 1 - Math.exp(-1000 / 1500)
  return (first * keep) / (first + (1 - Math.exp(-ms / 1500)) * (1 - first))
}

describe('time left', () => {
  it('counts what files cost beside their bytes', () => {
    const model = new EtaModel()
    // A large file at 10 MB/s, then small ones of 1 KB at 500 a second.
    for (let count = 0; count < 20; count++) model.observe(2_500_000, 0, 250)
    for (let count = 0; count < 40; count++) model.observe(125_000, 125, 250)
    const many = model.estimateMs(10_000_000, 10_000) ?? 0
    expect(many / 20_000).toBeGreaterThan(0.8)
    expect(many / 20_000).toBeLessThan(1.3)
    // One file of the same size is still a matter of its bytes.
    expect(model.estimateMs(10_000_000, 1) ?? 0).toBeLessThan(1_500)
  })

  it('is unknown while nothing moves and nothing when nothing is left', () => {
    expect(new EtaModel().estimateMs(1000, 1)).toBe(null)
    expect(new EtaModel().estimateMs(0, 0)).toBe(0)
    expect(etaMs(1000, 0)).toBe(null)
    expect(etaMs(1000, 500)).toBe(2000)
  })
})
