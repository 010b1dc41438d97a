import { describe, expect, it } from 'vitest'
import { MAX_PAYBACK, quantumSeconds, toleranceSeconds } from '../../src/main/flow/limit-numbers.ts'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import { ThreadLimiter } from '../../src/main/flow/thread-limiter.ts'
import { FakeClock } from '../support/fake-clock.ts'

const SECONDS = 120

/** A machine that stands still now and then: whatever would happen in a stall happens at its end. */
class StallingClock extends FakeClock {
  readonly #stalls: { readonly fromMs: number; readonly toMs: number }[] = []
  #seed = 7

  /** Stalls of `lengthMs` (from, to), about one in `everyMs`; the same in each run. */
  constructor(everyMs: number, [leastMs, mostMs]: readonly [number, number]) {
    super()
    for (let atMs = this.nowMs; atMs < this.nowMs + SECONDS * 1000; ) {
      const fromMs = atMs + everyMs * (0.5 + this.random())
      atMs = fromMs + leastMs + (mostMs - leastMs) * this.random()
      this.#stalls.push({ fromMs, toMs: atMs })
    }
  }

  /** 0 to 1, the same in each run. */
  random(): number {
    this.#seed = (this.#seed * 16807) % 2147483647
    return this.#seed / 2147483647
  }

  override after(delayMs: number, callback: () => void): () => void {
    const atMs = this.nowMs + delayMs
    const stall = this.#stalls.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs)
    return super.after((stall?.toMs ?? atMs) - this.nowMs, callback)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }
}

interface Line {
  readonly lanes: number
  readonly bytesPerSecond: number
  /** How long a lane takes to write what it was granted, as a part of the time that the rate gives it; by seconds run. */
  readonly work: (atSeconds: number) => number
  /** Infinity: no stalls. */
  readonly stallEveryMs: number
  /** From, to; 30 to 100 ms unless given. */
  readonly stallMs?: readonly [number, number]
  /** For so long a lane has nothing to send after each body. */
  readonly restMs?: (atSeconds: number) => number
  /** Of half as much to half as much again; of one that never ends unless given. */
  readonly bodyBytes?: number
  /** All bodies are just as large. */
  readonly alike?: boolean
  /** All lanes give up what they send, and begin anew after a rest. */
  readonly cutAtSeconds?: number
}

const ENDLESS = 2 ** 50
const BINS_PER_SECOND = 100

/** Bytes by bins of 10 ms, over the rate of a bin, of lanes that wait and write again and again. */
async function run(line: Line): Promise<Float64Array> {
  const { lanes, bytesPerSecond, work, stallEveryMs, stallMs = [30, 100], restMs = () => 0 } = line
  const { bodyBytes = ENDLESS, alike = false, cutAtSeconds = Number.POSITIVE_INFINITY } = line
  const clock = new StallingClock(stallEveryMs, stallMs)
  const table = LimitTable.create(1, clock.nowNs())
  table.setRate(0, bytesPerSecond, clock.nowNs())
  const limiter = new ThreadLimiter(table, clock)
  const startMs = clock.nowMs
  const bins = new Float64Array(SECONDS * BINS_PER_SECOND + 1)
  const signal = new AbortController().signal
  const lane = async () => {
    const connection = {}
    for (;;) {
      const isCut = clock.nowMs >= startMs + cutAtSeconds * 1000
      for (let leftBytes = Math.round(bodyBytes * (alike ? 1 : 0.5 + clock.random())); leftBytes > 0; ) {
        const asked = { leftBytes, leastBytes: 1, mostBytes: leftBytes }
        const bytes = (await limiter.takeNext(connection, 0, asked, 1, signal))?.bytes ?? 0
        leftBytes -= bytes
        const bin = Math.floor(((clock.nowMs - startMs) / 1000) * BINS_PER_SECOND)
        bins[bin] = (bins[bin] ?? 0) + (bytes * BINS_PER_SECOND) / bytesPerSecond
        await clock.sleep((bytes / bytesPerSecond) * 1000 * work((clock.nowMs - startMs) / 1000))
        if (!isCut && clock.nowMs >= startMs + cutAtSeconds * 1000) break
      }
      limiter.rest(connection)
      await clock.sleep(restMs((clock.nowMs - startMs) / 1000))
    }
  }
  for (let count = 0; count < lanes; count++) void lane()
  await clock.advance(SECONDS * 1000)
  return bins
}

function mean(bins: Float64Array): number {
  return bins.reduce((sum, value) => sum + value, 0) / bins.length
}

/** What any so many bins together had, over the limit. */
function windows(bins: Float64Array, length: number): number[] {
  const sums: number[] = []
  let sum = 0
  bins.forEach((value, bin) => {
    sum += value - (bin >= length ? (bins[bin - length] ?? 0) : 0)
    if (bin >= length - 1) sums.push(sum / length)
  })
  return sums
}

/** The most that any second had, over the limit. */
function busiestSecond(bins: Float64Array): number {
  return Math.max(...windows(bins, BINS_PER_SECOND))
}

/** What a second may have without anything owed: its rate, the tolerance, one ticket, and the grain of timers and bins. */
function justTheRate(bytesPerSecond: number): number {
  return 1 + toleranceSeconds(bytesPerSecond) + quantumSeconds(bytesPerSecond) + 0.003
}

describe('on a machine that stands still for 30 to 100 ms now and then', () => {
  // Without counting what is lost in writing, one lane that writes half of the time has a mean of 0.994.
  for (const bytesPerSecond of [1_000_000, 10_000_000]) {
    for (const lanes of [1, 4]) {
      for (const work of [0.05, 0.5, 0.9]) {
        it(`${lanes} lanes that write for ${work * 100} % of the time keep ${bytesPerSecond} B/s`, async () => {
          const bins = await run({ lanes, bytesPerSecond, work: () => work, stallEveryMs: 6_000 })
          expect(mean(bins)).toBeGreaterThanOrEqual(0.998)
          expect(mean(bins)).toBeLessThanOrEqual(1.0005)
          expect(busiestSecond(bins)).toBeLessThanOrEqual(justTheRate(bytesPerSecond) + MAX_PAYBACK + 1e-9)
        })
      }
    }
  }
})

describe('pays stalls of 20 to 30 ms back within 1 % of any second, without a write more in it than usual', () => {
  it.each([1_048_576, 10_485_760])('at %i B/s', async (bytesPerSecond) => {
    const line = { lanes: 4, bytesPerSecond, work: () => 0.05, stallEveryMs: 6_000 }
    const bins = await run({ ...line, stallMs: [20, 30] })
    expect(mean(bins)).toBeGreaterThanOrEqual(0.9995)
    expect(busiestSecond(bins)).toBeLessThanOrEqual(1.01)
  })
})

describe('bodies of about', () => {
  const line = { work: () => 0.02, stallEveryMs: Number.POSITIVE_INFINITY }
  // Small ones are whole requests, and their quanta a little more or less: a sixteenth.
  for (const [bytesPerSecond, most, least] of [
    [1_048_576, 1.08, 0.91],
    [10_485_760, 1.06, 0.94],
  ] as const) {
    for (const bodyBytes of [4_600, 100_000, 500_000, 2_000_000, 8_388_608]) {
      for (const lanes of [4, 32]) {
        it(`${bodyBytes} bytes on ${lanes} lanes leave ${bytesPerSecond} B/s even`, async () => {
          const bins = await run({ ...line, lanes, bytesPerSecond, bodyBytes })
          expect(mean(bins)).toBeGreaterThanOrEqual(0.9995)
          expect(mean(bins)).toBeLessThanOrEqual(1.0005)
          expect(busiestSecond(bins)).toBeLessThanOrEqual(1.0105)
          expect(Math.max(...windows(bins, 10))).toBeLessThanOrEqual(most)
          // Without the first half second, and the last bin, which is not full.
          expect(Math.min(...windows(bins.subarray(50, -1), 10))).toBeGreaterThanOrEqual(least)
        })
      }
    }
  }
})

describe('parts as large as each other, with a rest of 30 ms after each', () => {
  // 84.2 slots of 10 MiB/s as they go over TLS: without a way between their beginnings, four ends fit one slot.
  for (const [bytesPerSecond, partBytes] of [
    [10_485_760, 8_388_608],
    [10_485_760, 8_410_000],
    [104_857_600, 8_388_608],
    [1_048_576, 5_242_880],
  ] as const) {
    for (const lanes of [2, 4, 8, 32]) {
      it(`${partBytes} bytes on ${lanes} lanes leave ${bytesPerSecond} B/s even`, async () => {
        const line = { lanes, bytesPerSecond, work: () => 0.02, stallEveryMs: Number.POSITIVE_INFINITY }
        const bins = await run({ ...line, bodyBytes: partBytes, alike: true, restMs: () => 30 })
        expect(mean(bins)).toBeGreaterThanOrEqual(0.9995)
        expect(mean(bins)).toBeLessThanOrEqual(1.0005)
        expect(Math.max(...windows(bins, 10))).toBeLessThanOrEqual(bytesPerSecond < 2_000_000 ? 1.08 : 1.06)
        expect(Math.min(...windows(bins.subarray(50, -1), 10))).toBeGreaterThanOrEqual(
          bytesPerSecond < 2_000_000 ? 0.91 : 0.94,
        )
      })
    }
  }
})

describe('parts that all begin anew at the same time', () => {
  for (const lanes of [2, 4, 8]) {
    it(`leave the limit even again on ${lanes} lanes`, async () => {
      const bytesPerSecond = 10_485_760
      const line = { lanes, bytesPerSecond, work: () => 0.02, stallEveryMs: Number.POSITIVE_INFINITY, restMs: () => 30 }
      const cutAtSeconds = SECONDS / 2
      const bins = await run({ ...line, bodyBytes: 8_410_000, alike: true, cutAtSeconds })
      const after = windows(bins.subarray((cutAtSeconds + 0.5) * BINS_PER_SECOND, -1), 10)
      expect(Math.min(...after)).toBeGreaterThanOrEqual(0.94)
      expect(Math.max(...after)).toBeLessThanOrEqual(1.06)
    })
  }
})

describe('what earns nothing', () => {
  const half = SECONDS / 2

  it('a line that is slower than the limit', async () => {
    const work = (atSeconds: number) => (atSeconds < half ? 1.3 : 0.3)
    const bins = await run({ lanes: 1, bytesPerSecond: 10_000_000, work, stallEveryMs: Number.POSITIVE_INFINITY })
    expect(mean(bins.subarray(0, half * BINS_PER_SECOND))).toBeLessThan(0.8)
    expect(busiestSecond(bins)).toBeLessThanOrEqual(justTheRate(10_000_000))
  })

  it('the time between requests', async () => {
    const restMs = (atSeconds: number) => (atSeconds < half ? 80 : 0)
    const line = {
      lanes: 1,
      bytesPerSecond: 10_000_000,
      work: () => 0.3,
      stallEveryMs: Number.POSITIVE_INFINITY,
      restMs,
      bodyBytes: 256 * 1024,
    }
    const bins = await run(line)
    expect(mean(bins.subarray(0, half * BINS_PER_SECOND))).toBeLessThan(0.3)
    expect(busiestSecond(bins)).toBeLessThanOrEqual(justTheRate(10_000_000))
  })
})
