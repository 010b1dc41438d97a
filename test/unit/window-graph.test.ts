import { describe, expect, it } from 'vitest'
import { ceilingOf, graphData, largest } from '../../src/renderer/graph-data.ts'
import { SampleHistory } from '../../src/renderer/samples.ts'
import type { RateSample } from '../../src/shared/samples.ts'
import { SAMPLE_PERIOD_MS } from '../../src/shared/samples.ts'

const START_MS = 1_700_000_000_000
const samples = (count: number, change: (i: number) => Partial<RateSample> = () => ({})): RateSample[] =>
  Array.from({ length: count }, (_, i) => ({
    atMs: START_MS + i * SAMPLE_PERIOD_MS,
    sentBytesPerSecond: 1000,
    confirmedBytesPerSecond: 0,
    limitBytesPerSecond: null,
    ...change(i),
  }))

describe('the graph', () => {
  it('shows each sample of the last minute, and no more points for half an hour', () => {
    const half = samples(7200)
    expect(graphData(half, 1)[0].length).toBeGreaterThanOrEqual(240)
    expect(graphData(half, 1)[0].length).toBeLessThanOrEqual(242)
    expect(graphData(half, 30)[0].length).toBeLessThanOrEqual(302)
    expect(graphData(half, 30)[1].every((rate) => rate === 1000)).toBe(true)
  })

  it('keeps old points where they are when a new one comes', () => {
    const all = samples(1000, (i) => ({ sentBytesPerSecond: i }))
    const before = graphData(all.slice(0, 999), 5)
    const after = graphData(all, 5)
    const shared = before[0].slice(2, -1)
    const from = after[0].indexOf(shared[0] ?? 0)
    expect(after[0].slice(from, from + shared.length)).toEqual(shared)
    expect(after[1].slice(from, from + shared.length)).toEqual(before[1].slice(2, -1))
  })

  it('shows a limit at the sample that brought it, and confirmed parts as a mean over ten seconds', () => {
    const all = samples(60, (i) => ({
      limitBytesPerSecond: i < 20 ? null : 500,
      confirmedBytesPerSecond: i === 10 ? 20_000 : 0,
    }))
    const [, , confirmed, limit] = graphData(all, 1)
    expect(limit.indexOf(500)).toBe(20)
    expect(confirmed.slice(9, 12)).toEqual([0, 500, 500])
    expect(confirmed.slice(49, 51)).toEqual([500, 0])
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

describe('the sample history', () => {
  it('ignores what it has, and puts what a host kept before what has come since', () => {
    const history = new SampleHistory()
    const all = samples(10)
    history.append(all.slice(8))
    history.restore(all.slice(0, 9))
    history.append(all.slice(9))
    expect(history.all.map(({ atMs }) => atMs)).toEqual(all.map(({ atMs }) => atMs))
  })

  it('keeps half an hour and forgets the rest', () => {
    const history = new SampleHistory()
    history.append(samples(9000))
    expect(history.all.length).toBeLessThanOrEqual(7201)
    expect(history.all.at(-1)?.atMs).toBe(START_MS + 8999 * SAMPLE_PERIOD_MS)
  })
})
