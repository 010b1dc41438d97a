import { describe, expect, it } from 'vitest'
import { ceilingOf, graphData, largest, marksOf, pointsOf } from '../../src/renderer/graph-data.ts'
import { SampleHistory } from '../../src/renderer/samples.ts'
import type { RateSample } from '../../src/shared/samples.ts'
import { RateHistory, SAMPLE_PERIOD_MS } from '../../src/shared/samples.ts'

/** On a multiple of the widest point. */
const START_MS = 288_000 * 5_900_000
const samples = (count: number, change: (i: number) => Partial<RateSample> = () => ({})): RateSample[] =>
  Array.from({ length: count }, (_, i) => ({
    atMs: START_MS + i * SAMPLE_PERIOD_MS,
    sentBytesPerSecond: 1000,
    confirmedBytesPerSecond: 0,
    limitBytesPerSecond: null,
    retries: 0,
    ...change(i),
  }))

describe('the graph', () => {
  it('shows each sample of the last minute, and no more points for a day', () => {
    const all = samples(7200)
    expect(pointsOf(all, 1).length).toBeGreaterThanOrEqual(240)
    expect(pointsOf(all, 1).length).toBeLessThanOrEqual(242)
    expect(pointsOf(all, 30).length).toBeLessThanOrEqual(302)
    expect(pointsOf(all, 1440).length).toBe(7)
    expect(graphData(pointsOf(all, 30), 30)[1].every((rate) => rate === 1000)).toBe(true)
  })

  it('keeps old points where they are when a new one comes', () => {
    const all = samples(1000, (i) => ({ sentBytesPerSecond: i }))
    const before = pointsOf(all.slice(0, 999), 5)
    const after = pointsOf(all, 5)
    const shared = before.slice(2, -1)
    const from = after.findIndex(({ atMs }) => atMs === shared[0]?.atMs)
    expect(after.slice(from, from + shared.length)).toEqual(shared)
  })

  it('has a hole where nothing was measured', () => {
    const all = samples(400).filter((_, i) => i < 100 || i >= 300)
    const [times, sent] = graphData(pointsOf(all, 5), 5)
    expect(sent.filter((rate) => rate === null)).toHaveLength(1)
    expect(times[sent.indexOf(null)]).toBe(START_MS / 1000 + 25)
  })

  it('marks pauses as bands, changes of the limit where they came, and retries with their number', () => {
    const all = samples(60, (i) => ({
      limitBytesPerSecond: i < 20 ? null : i < 30 ? 500 : i < 40 ? 0 : i < 50 ? 500 : 700,
      retries: i === 25 ? 3 : 0,
    }))
    const at = (i: number) => (START_MS + i * SAMPLE_PERIOD_MS) / 1000
    expect(marksOf(pointsOf(all, 1))).toEqual({
      pauses: [{ from: at(30), to: at(40) }],
      limits: [
        { at: at(20), limit: 500 },
        { at: at(50), limit: 700 },
      ],
      retries: [{ at: at(25), count: 3 }],
    })
  })

  it('has a ceiling of 1, 2 or 5 × 10ⁿ that holds traffic and limit, unless the limit is far above', () => {
    expect(ceilingOf(4.2e6, null)).toBe(5e6)
    expect(ceilingOf(0, null)).toBe(1000)
    expect(ceilingOf(4.2e6, 6e6)).toBe(10e6)
    expect(ceilingOf(4.2e6, 100e6)).toBe(5e6)
    expect(ceilingOf(0, 5e6)).toBe(10e6)
    expect(largest([null, 3, 2])).toBe(3)
  })
})

describe('the history of rates', () => {
  const DAY_SAMPLES = 86_400_000 / SAMPLE_PERIOD_MS
  const fill = (count: number, change?: (i: number) => Partial<RateSample>) => {
    const history = new RateHistory()
    for (const sample of samples(count, change)) history.append(sample)
    return history
  }

  it('holds a day in bounded memory, fine where it is young and coarse where it is old', () => {
    const { all } = fill(DAY_SAMPLES + 20_000)
    expect(all.length).toBeLessThan(1_700)
    const spanMs = (all.at(-1)?.atMs ?? 0) - (all[0]?.atMs ?? 0)
    expect(spanMs).toBeGreaterThan(86_400_000 - 288_000)
    expect(spanMs).toBeLessThanOrEqual(86_400_000)
    const gaps = all.slice(1).map((sample, i) => sample.atMs - (all[i]?.atMs ?? 0))
    expect(gaps.at(-1)).toBe(SAMPLE_PERIOD_MS)
    expect(gaps[5]).toBe(288_000)
  })

  it('loses no byte and no retry on the way to coarser points', () => {
    const { all } = fill(20_000, (i) => ({
      sentBytesPerSecond: i % 7 === 0 ? 7_000 : 0,
      retries: i % 1000 === 0 ? 1 : 0,
    }))
    expect(all.reduce((sum, { retries }) => sum + retries, 0)).toBe(20)
    let lastMs = START_MS - SAMPLE_PERIOD_MS
    let bytes = 0
    for (const { atMs, sentBytesPerSecond } of all) {
      bytes += (sentBytesPerSecond * (atMs - lastMs)) / 1000
      lastMs = atMs
    }
    expect(bytes / ((20_000 / 7) * 7_000 * 0.25)).toBeCloseTo(1, 2)
  })

  it('is the same again when a window is given what the host has kept', () => {
    const kept = fill(30_000, (i) => ({ sentBytesPerSecond: i }))
    const copy = new SampleHistory()
    copy.restore(kept.all)
    expect(copy.all).toEqual(kept.all)
    copy.append(kept.all.slice(-3))
    expect(copy.all).toEqual(kept.all)
  })

  it('puts what a host kept before what has come since', () => {
    const history = new SampleHistory()
    const all = samples(10)
    history.append(all.slice(8))
    history.restore(all.slice(0, 9))
    expect(history.all).toEqual(all)
  })
})
