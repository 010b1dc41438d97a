import { describe, expect, it } from 'vitest'
import { quantumSeconds, toleranceSeconds } from '../../src/main/flow/limit-numbers.ts'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import { ThreadLimiter } from '../../src/main/flow/thread-limiter.ts'
import { FakeClock } from '../support/fake-clock.ts'

const [ROOT, GLOBAL, DESTINATION, BATCH_A, BATCH_B] = [0, 1, 2, 3, 4] as const
const TRANSFERS = 5
const MB = 1_000_000
const never = () => new AbortController().signal

/** The product's tree: root, global limit, one destination, two batches; transfers beneath those. */
const ENDLESS = { leftBytes: 2 ** 50, leastBytes: 1, mostBytes: 2 ** 50 }

class Rig {
  readonly clock = new FakeClock()
  readonly table = LimitTable.create(32, this.clock.nowNs())
  readonly threads: readonly ThreadLimiter[]
  readonly #leaves: number[][]
  readonly #sent = new Map<number, number>()
  #next = TRANSFERS

  constructor(threads = 1) {
    this.threads = Array.from({ length: threads }, () => new ThreadLimiter(this.table, this.clock))
    this.#leaves = this.threads.map(() => [])
    const { tree } = this.table
    tree.setParent(GLOBAL, ROOT)
    tree.setParent(DESTINATION, GLOBAL)
    for (const batch of [BATCH_A, BATCH_B]) tree.setParent(batch, DESTINATION)
  }

  /** A transfer with connections that always have something to send, dealt out to the threads. */
  addTransfer(batch: number, connections = 1): number {
    const leaf = this.#next++
    this.table.tree.setParent(leaf, batch)
    this.table.tree.setConnections(leaf, connections)
    for (let count = 0; count < connections; count++) {
      const thread = (leaf + count) % this.threads.length
      this.#leaves[thread]?.push(leaf)
      void this.#run(thread, leaf)
    }
    return leaf
  }

  async #run(thread: number, leaf: number): Promise<void> {
    const limiter = this.threads[thread]
    if (limiter === undefined) throw new Error(`no thread ${thread}`)
    const connection = {}
    for (;;) {
      const share = this.table.tree.shares(this.#leaves)[thread] ?? 1
      const grant = await limiter.takeNext(connection, leaf, ENDLESS, share, never())
      this.#sent.set(leaf, this.sent(leaf) + (grant?.bytes ?? 0))
      // An unlimited way is as fast as its line.
      if (grant !== null && limiter.isFree(leaf)) await new Promise<void>((resolve) => this.clock.after(10, resolve))
    }
  }

  setRate(node: number, bytesPerSecond: number | null): void {
    this.table.setRate(node, bytesPerSecond, this.clock.nowNs())
    this.wake()
  }

  exempt(leaf: number, node: number | null): void {
    this.table.exempt(leaf, node, this.clock.nowNs())
    this.wake()
  }

  wake(): void {
    for (const thread of this.threads) thread.wake()
  }

  sent(leaf: number): number {
    return this.#sent.get(leaf) ?? 0
  }

  /** Bytes a second of each of these transfers over the next `seconds`. */
  async rates(leaves: readonly number[], seconds: number): Promise<number[]> {
    const before = leaves.map((leaf) => this.sent(leaf))
    await this.clock.advance(seconds * 1000)
    return leaves.map((leaf, index) => (this.sent(leaf) - (before[index] ?? 0)) / seconds)
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

describe('a transfer that is exempt from the global limit', () => {
  it('leaves it in the middle of a wait, is held by its other limits, and is put back', async () => {
    const rig = new Rig()
    rig.setRate(GLOBAL, 100_000)
    const exempt = rig.addTransfer(BATCH_A, 2)
    const other = rig.addTransfer(BATCH_A, 2)
    expect((await rig.rates([exempt, other], 10)).map((rate) => Math.round(rate / 1000))).toEqual([50, 50])

    rig.setRate(exempt, 2 * MB)
    rig.exempt(exempt, GLOBAL)
    const [alone = 0, rest = 0] = await rig.rates([exempt, other], 10)
    expect(alone / (2 * MB)).toBeCloseTo(1, 2)
    expect(rest / 100_000).toBeCloseTo(1, 1)

    rig.setRate(DESTINATION, MB)
    expect(sum(await rig.rates([exempt, other], 10)) / MB).toBeCloseTo(1, 2)
    rig.setRate(DESTINATION, null)
    rig.setRate(exempt, null)
    rig.exempt(exempt, null)
    expect((await rig.rates([exempt, other], 10)).map((rate) => Math.round(rate / 1000))).toEqual([50, 50])
  })

  it('does not wait out what it had begun to wait for', async () => {
    const rig = new Rig()
    rig.setRate(GLOBAL, 1)
    const exempt = rig.addTransfer(BATCH_A)
    await rig.clock.advance(1_000)
    const before = rig.sent(exempt)
    rig.setRate(DESTINATION, MB)
    rig.exempt(exempt, GLOBAL)
    await rig.clock.advance(100)
    expect(rig.sent(exempt) - before).toBeGreaterThan(50_000)
    // The ticket that it left is given back: the others do not wait for it.
    expect(rig.table.granted(GLOBAL)).toBe(before)
  })

  it('is stopped with everything else by what nobody is exempt from', async () => {
    const rig = new Rig()
    rig.setRate(GLOBAL, 100_000)
    const exempt = rig.addTransfer(BATCH_A)
    rig.exempt(exempt, GLOBAL)
    rig.setRate(ROOT, 0)
    expect(await rig.rates([exempt], 10)).toEqual([0])
    rig.setRate(ROOT, MB)
    expect(((await rig.rates([exempt], 10))[0] ?? 0) / MB).toBeCloseTo(1, 2)
  })

  it('says so to whoever asks what limits it', () => {
    const { table, threads } = new Rig()
    const [limiter] = threads
    const leaf = TRANSFERS
    table.tree.setParent(leaf, BATCH_A)
    table.setRate(GLOBAL, 5_000, 0n)
    expect(table.tree.path(leaf)).toEqual([leaf, BATCH_A, DESTINATION, GLOBAL, ROOT])
    expect([limiter?.isFree(leaf), limiter?.strictest(leaf)]).toEqual([false, 5_000])
    table.exempt(leaf, GLOBAL, 0n)
    expect(table.tree.path(leaf)).toEqual([leaf, BATCH_A, DESTINATION, ROOT])
    expect([limiter?.isFree(leaf), limiter?.strictest(leaf)]).toEqual([true, null])
  })
})

describe('batches', () => {
  for (const threads of [1, 2]) {
    it(`share by their weights, not by the number of their files, on ${threads} threads`, async () => {
      const rig = new Rig(threads)
      rig.setRate(GLOBAL, 10 * MB)
      const one = [rig.addTransfer(BATCH_A, 4)]
      const many = Array.from({ length: 12 }, () => rig.addTransfer(BATCH_B))
      const shareOfOne = async () => {
        const [a, b] = [await rig.rates(one, 20), await rig.rates(many, 20)].map(sum)
        return (a ?? 0) / (b ?? 1)
      }
      expect(await shareOfOne()).toBeCloseTo(1, 1)
      rig.table.tree.setWeight(BATCH_A, 3)
      rig.wake()
      expect((await shareOfOne()) / 3).toBeCloseTo(1, 1)
      rig.table.tree.setWeight(BATCH_A, 0.5)
      expect((await shareOfOne()) / 0.5).toBeCloseTo(1, 1)
    })
  }

  it('keep their share when some of their own cannot use theirs, and lend the rest at once', async () => {
    const rig = new Rig()
    rig.setRate(GLOBAL, MB)
    const held = rig.addTransfer(BATCH_A)
    const free = rig.addTransfer(BATCH_A)
    const others = [rig.addTransfer(BATCH_B), rig.addTransfer(BATCH_B)]
    rig.setRate(held, 50_000)
    const rates = await rig.rates([held, free, ...others], 20)
    expect(rates.map((rate) => Math.round(rate / 10_000))).toEqual([5, 45, 25, 25])
    rig.setRate(free, 50_000)
    expect((await rig.rates([held, free, ...others], 20)).map((rate) => Math.round(rate / 10_000))).toEqual([
      5, 5, 45, 45,
    ])
  })

  it('gives each thread the quantum that its connections weigh', () => {
    const { table } = new Rig()
    for (const [leaf, batch] of [
      [5, BATCH_A],
      [6, BATCH_B],
      [7, BATCH_B],
    ] as const) {
      table.tree.setParent(leaf, batch)
    }
    table.tree.setWeight(BATCH_A, 3)
    // Batch A has 3/4, half of it on each thread; of B's quarter each transfer has half.
    expect(
      table.tree.shares([
        [5, 6],
        [5, 7, 7],
      ]),
    ).toEqual([0.5, 0.5])
    expect(
      table.tree.shares([
        [5, 5],
        [6, 7],
      ]),
    ).toEqual([0.75, 0.25])
    expect(table.tree.shares([[], []])).toEqual([1, 1])
  })

  it('refuses a weight that is not above 0', () => {
    const { tree } = new Rig().table
    for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => tree.setWeight(BATCH_A, weight)).toThrow(`A weight must be above 0, not ${weight}.`)
    }
  })
})

describe('a burst', () => {
  it('goes at once after a rest, once, and only at the node that has it', async () => {
    const rig = new Rig()
    rig.setRate(DESTINATION, 100_000)
    rig.table.setBurst(DESTINATION, 50_000)
    await rig.clock.advance(60_000)
    const leaf = rig.addTransfer(BATCH_A)
    const limiterWrite = Math.max(512, 100_000 * quantumSeconds(100_000))
    for (let turn = 0; turn < 200; turn++) await rig.clock.advance(0)
    expect(rig.sent(leaf)).toBeGreaterThanOrEqual(50_000)
    expect(rig.sent(leaf)).toBeLessThanOrEqual(50_000 + 100_000 * (toleranceSeconds(100_000) + 0.001) + limiterWrite)
    const [rate = 0] = await rig.rates([leaf], 30)
    expect(rate / 100_000).toBeCloseTo(1, 2)

    rig.setRate(GLOBAL, 100_000)
    rig.setRate(DESTINATION, 0)
    await rig.clock.advance(60_000)
    // A change of the rate empties it: what was saved up under another limit is gone.
    rig.setRate(DESTINATION, 100_000)
    const before = rig.sent(leaf)
    await rig.clock.advance(10)
    expect(rig.sent(leaf) - before).toBeLessThan(10 * limiterWrite)
  })
})

describe('reserve and tryReserve', () => {
  it('says how long it waited, whatever changes meanwhile', async () => {
    const { clock, table, threads } = new Rig()
    const [limiter] = threads
    table.setRate(GLOBAL, 1_000, clock.nowNs())
    expect(await limiter?.reserve(GLOBAL, 2_000, never())).toBe(0)
    const waited = limiter?.reserve(GLOBAL, 10, never())
    await clock.advance(1_000)
    table.setRate(GLOBAL, 0, clock.nowNs())
    limiter?.wake()
    await clock.advance(5_000)
    table.setRate(GLOBAL, 1_000, clock.nowNs())
    limiter?.wake()
    expect(await waited).toBeCloseTo(6_000, 0)
    const stop = new AbortController()
    const refused = limiter?.reserve(GLOBAL, 10, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(refused).rejects.toThrow('stopped')
  })

  it('grants or says when to come back, at every node of the way, and holds no place meanwhile', async () => {
    const { clock, table, threads } = new Rig()
    const [limiter] = threads
    if (limiter === undefined) throw new Error('no thread')
    table.setRate(DESTINATION, 1_000, clock.nowNs())
    table.setRate(GLOBAL, 500, clock.nowNs())
    expect(limiter.tryReserve(BATCH_A, 500)).toMatchObject({ granted: true })
    for (let time = 0; time < 100; time++) expect(limiter.tryReserve(BATCH_A, 500).granted).toBe(false)
    expect([table.granted(DESTINATION), table.granted(GLOBAL)]).toEqual([500, 500])
    const refused = limiter.tryReserve(BATCH_A, 500)
    const inMs = refused.granted ? 0 : (refused.retryAtMs ?? 0) - clock.nowMs
    expect(inMs).toBeCloseTo(1_000, 0)
    await clock.advance(inMs)
    const granted = limiter.tryReserve(BATCH_A, 500)
    expect(granted.granted).toBe(true)
    if (granted.granted) granted.cancel()
    expect(limiter.tryReserve(BATCH_A, 500).granted).toBe(true)
    table.setRate(DESTINATION, 0, clock.nowNs())
    expect(limiter.tryReserve(BATCH_A, 1)).toEqual({ granted: false, retryAtMs: null })
  })
})
