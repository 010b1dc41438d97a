import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import { ThreadLimiter } from '../../src/main/flow/thread-limiter.ts'
import { bodyLimiter, throttleAt } from '../../src/main/flow/throttle-at.ts'
import type { BodyLimiter } from '../../src/main/flow/throttled-body.ts'
import { throttle } from '../../src/main/flow/throttled-body.ts'
import { FakeClock } from '../support/fake-clock.ts'

const RATE = 1_000_000
const never = () => new AbortController().signal

/** One node of `RATE`, and bodies that are read as fast as they come. */
class Rig {
  readonly clock = new FakeClock()
  readonly table = LimitTable.create(1, this.clock.nowNs())
  readonly #threads = new ThreadLimiter(this.table, this.clock)
  readonly arrivals: { atMs: number; bytes: number }[] = []

  constructor(rate: number | null = RATE) {
    this.setRate(rate)
  }

  setRate(rate: number | null): void {
    this.table.setRate(0, rate, this.clock.nowNs())
    this.#threads.wake()
  }

  limiter(): BodyLimiter {
    return bodyLimiter(this.table, this.#threads, this.clock, 0, () => 1)
  }

  async read(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    for await (const chunk of body) {
      chunks.push(chunk.slice())
      this.arrivals.push({ atMs: this.clock.nowMs, bytes: chunk.byteLength })
    }
    return Buffer.concat(chunks)
  }

  /** Lets time pass. Bodies of tiny chunks do a lot without waiting: all of it is done before the clock moves. */
  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed++) {
      await new Promise((resolve) => setImmediate(resolve))
      await this.clock.advance(1)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }

  bytes(): number {
    return this.arrivals.reduce((sum, arrival) => sum + arrival.bytes, 0)
  }
}

/** A source that tells whether it was closed. */
class Source implements AsyncIterable<Uint8Array> {
  closed = 0
  readonly #chunks: Iterator<Uint8Array | Promise<Uint8Array>>

  constructor(chunks: Iterable<Uint8Array | Promise<Uint8Array>>) {
    this.#chunks = chunks[Symbol.iterator]()
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        const next = this.#chunks.next()
        return next.done === true ? { done: true, value: undefined } : { done: false, value: await next.value }
      },
      return: async () => {
        this.closed++
        return { done: true, value: undefined }
      },
    }
  }
}

function* blocks(count: number, bytes: number): Generator<Uint8Array> {
  for (let block = 0; block < count; block++) yield Buffer.alloc(bytes, block)
}

const SIZES: readonly (readonly [string, number])[] = [
  ['far larger than the quantum', 1_000_000],
  ['of about a quantum', 2_999],
  ['far smaller than the quantum', 97],
]

describe('a throttled body', () => {
  for (const [what, chunkBytes] of SIZES) {
    it(`keeps the rate from the first second on with chunks ${what}`, async () => {
      const rig = new Rig()
      const source = new Source(blocks(Math.ceil(4_000_000 / chunkBytes), chunkBytes))
      const stop = new AbortController()
      const reading = rig.read(throttle(source, { limiter: rig.limiter(), signal: stop.signal })).catch(() => 'stopped')
      await rig.run(2_010)
      stop.abort()
      expect(await reading).toBe('stopped')
      for (const second of [0, 1]) {
        const startMs = (rig.arrivals[0]?.atMs ?? 0) + second * 1000
        const inSecond = rig.arrivals.filter(({ atMs }) => atMs >= startMs && atMs < startMs + 1000)
        const bytes = inSecond.reduce((sum, arrival) => sum + arrival.bytes, 0)
        // 3 ms of tolerance, a write of 13.25 ms, and what is handed on without a ticket: less than one more.
        expect(bytes / RATE).toBeGreaterThan(0.98)
        expect(bytes / RATE).toBeLessThan(1.03)
      }
      expect(source.closed).toBe(1)
    })
  }

  it('charges each byte that was handed on once', async () => {
    for (const [, chunkBytes] of SIZES) {
      const rig = new Rig()
      const reading = rig.read(throttle(new Source(blocks(3, chunkBytes)), { limiter: rig.limiter(), signal: never() }))
      await rig.run(3_100)
      expect((await reading).byteLength).toBe(3 * chunkBytes)
      expect(rig.table.granted(0)).toBe(3 * chunkBytes)
    }
  })

  it('holds many short bodies to the rate as one long one', async () => {
    const rig = new Rig(100_000)
    const run = async () => {
      for (;;) {
        await rig.read(throttle(new Source(blocks(2, 50)), { limiter: rig.limiter(), signal: never() }))
      }
    }
    void run()
    await rig.run(5_000)
    expect(rig.bytes() / 500_000).toBeGreaterThan(0.98)
    expect(rig.bytes() / 500_000).toBeLessThan(1.01)
  })

  it('costs single bytes few tickets', async () => {
    const rig = new Rig()
    let tickets = 0
    const limiter = rig.limiter()
    const counted: BodyLimiter = {
      ...limiter,
      take: (bytes, signal) => {
        tickets++
        return limiter.take(bytes, signal)
      },
    }
    const reading = rig.read(throttle(new Source(blocks(9_000, 1)), { limiter: counted, signal: never() }))
    await rig.run(50)
    expect((await reading).byteLength).toBe(9_000)
    expect(tickets).toBeLessThanOrEqual(5)
  })

  it('lets reads for sums and signatures pass free, and charges from the first sent byte on', async () => {
    const rig = new Rig(1024)
    let transferring = false
    const body = throttle(new Source(blocks(3, 10_000)), {
      limiter: rig.limiter(),
      signal: never(),
      transferring: () => transferring,
    })
    expect((await body.next()).value?.byteLength).toBe(10_000)
    expect((await body.next()).value?.byteLength).toBe(10_000)
    expect(rig.table.granted(0)).toBe(0)
    transferring = true
    const reading = rig.read(body)
    await rig.run(5_000)
    expect(rig.bytes()).toBeLessThan(5_000 * 1.024 + 600)
    await rig.run(6_000)
    expect((await reading).byteLength).toBe(10_000)
    expect(rig.table.granted(0)).toBe(10_000)
  })

  it('charges a reader that leaves early for what it took, and closes the source', async () => {
    const rig = new Rig()
    const source = new Source(blocks(100, 10))
    const body = throttle(source, { limiter: rig.limiter(), signal: never() })
    for (let chunk = 0; chunk < 5; chunk++) await body.next()
    expect(rig.table.granted(0)).toBe(10)
    await body.return()
    expect(rig.table.granted(0)).toBe(50)
    expect(source.closed).toBe(1)
  })

  it('sees an abort at once: while it waits for the limiter, for a slow source, and before it begins', async () => {
    const stuck = new Promise<Uint8Array>(() => {})
    for (const when of ['limiter', 'source', 'before'] as const) {
      const rig = new Rig(when === 'limiter' ? 0 : null)
      const source = new Source(when === 'source' ? [stuck] : blocks(3, 1000))
      const stop = new AbortController()
      if (when === 'before') stop.abort(new Error('the transfer failed'))
      const reading = rig.read(throttle(source, { limiter: rig.limiter(), signal: stop.signal }))
      const end = expect(reading).rejects.toThrow('the transfer failed')
      await rig.run(1)
      stop.abort(new Error('the transfer failed'))
      await end
      expect(rig.bytes()).toBe(0)
      expect(rig.table.granted(0)).toBe(0)
      expect(source.closed).toBe(1)
    }
  })

  it('hands on nothing after an abort, even where nothing limits', async () => {
    const rig = new Rig(null)
    const stop = new AbortController()
    const body = throttle(new Source(blocks(1, 10_000_000)), { limiter: rig.limiter(), signal: stop.signal })
    await body.next()
    stop.abort(new Error('stopped'))
    await expect(body.next()).rejects.toThrow('stopped')
  })

  it('passes errors of the source through, after the bytes before them, and closes it', async () => {
    const rig = new Rig()
    const source = new Source([Buffer.from('abc'), Promise.reject(new Error('the disk is gone'))])
    const reading = rig.read(throttle(source, { limiter: rig.limiter(), signal: never() }))
    await expect(reading).rejects.toThrow('the disk is gone')
    expect(rig.bytes()).toBe(3)
    expect(source.closed).toBe(1)
  })

  it('does not hide why a source failed behind a source that cannot be closed', async () => {
    const rig = new Rig()
    const source: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('the disk is gone')),
        return: () => Promise.reject(new Error('cannot be closed')),
      }),
    }
    const reading = rig.read(throttle(source, { limiter: rig.limiter(), signal: never() }))
    await expect(reading).rejects.toThrow('the disk is gone')
  })

  it('asks again for the quantum of now when the limit falls in mid-wait', async () => {
    const rig = new Rig(100_000_000)
    const reading = rig.read(throttle(new Source(blocks(1, 4_000_000)), { limiter: rig.limiter(), signal: never() }))
    await rig.run(5)
    rig.setRate(16 * 1024)
    const before = rig.bytes()
    await rig.run(1_000)
    expect(rig.bytes() - before).toBeGreaterThan(15_000)
    expect(rig.bytes() - before).toBeLessThan(18_000)
    rig.setRate(null)
    await rig.run(1_000)
    expect((await reading).byteLength).toBe(4_000_000)
  })

  it('refuses a rate of its own that is not above 0, in one sentence', () => {
    for (const rate of [0, -5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => throttleAt(new Source([]), rate, { signal: never() })).toThrow(
        /^A body needs a rate above 0 bytes a second, not .*\.$/,
      )
    }
  })

  it('has a rate of its own with nothing else set up', async () => {
    const rig = new Rig()
    const startMs = rig.clock.nowMs
    const reading = rig.read(throttleAt(new Source(blocks(5, 4000)), 10_000, { signal: never(), clock: rig.clock }))
    await rig.run(3_000)
    expect((await reading).byteLength).toBe(20_000)
    expect((rig.arrivals.at(-1)?.atMs ?? 0) - startMs).toBeGreaterThan(1_900)
    expect((rig.arrivals.at(-1)?.atMs ?? 0) - startMs).toBeLessThan(2_010)
  })

  it('comes out byte for byte, in order, whatever the chunks, the quanta and the limits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 4000 }), { maxLength: 30 }),
        fc.array(fc.option(fc.integer({ min: 200_000, max: 10_000_000 })), { minLength: 1, maxLength: 5 }),
        async (chunks, rates) => {
          const rig = new Rig(rates[0] ?? null)
          const reading = rig.read(throttle(new Source(chunks), { limiter: rig.limiter(), signal: never() }))
          for (const rate of rates) {
            rig.setRate(rate)
            await rig.run(20)
          }
          await rig.run(1_000)
          expect((await reading).equals(Buffer.concat(chunks))).toBe(true)
        },
      ),
      { numRuns: 30 },
    )
  })
})
