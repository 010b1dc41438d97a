import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MAX_PAYBACK, toleranceSeconds } from '../../src/main/flow/limit-numbers.ts'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import { MAX_CREDIT_NS, ThreadLimiter } from '../../src/main/flow/thread-limiter.ts'
import { FakeClock } from '../support/fake-clock.ts'

const [ROOT, GLOBAL] = [0, 1] as const
/** Parent by node: root → global → two destinations → three batches → six transfers. */
const PARENTS = [null, ROOT, GLOBAL, GLOBAL, 2, 2, 3, 4, 4, 5, 5, 6, 6] as const
const BATCHES = [4, 5, 6] as const
const LEAVES = [7, 8, 9, 10, 11, 12] as const
const THREADS = 2
const LANES_PER_LEAF = 2
/** Timers are up to a millisecond early, and rounded. */
const GRAIN_MS = 1.5

interface Plan {
  readonly rates: readonly (number | null)[]
  readonly bursts: readonly number[]
  readonly isLate: boolean
  readonly steps: readonly Step[]
}

type Step =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'rate'; readonly node: number; readonly rate: number | null }
  | { readonly kind: 'exempt'; readonly leaf: number; readonly from: number | null }
  | { readonly kind: 'weight'; readonly batch: number; readonly weight: number }
  | { readonly kind: 'cancel'; readonly lane: number; readonly restMs: number }

const node = fc.nat(PARENTS.length - 1)
const leaf = fc.constantFrom(...LEAVES)
const rate = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 20_000, max: 3_000_000 }) },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant(0) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(300) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rate' as const), node, rate }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('exempt' as const), leaf, from: fc.constantFrom(GLOBAL, null) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('weight' as const),
      batch: fc.constantFrom(...BATCHES),
      weight: fc.constantFrom(0.25, 1, 2, 8),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cancel' as const),
      lane: fc.nat(LEAVES.length * LANES_PER_LEAF - 1),
      restMs: fc.nat(400),
    }),
  },
)
const plan: fc.Arbitrary<Plan> = fc.record({
  rates: fc.array(rate, { minLength: PARENTS.length, maxLength: PARENTS.length }),
  bursts: fc.array(fc.oneof(fc.constant(0), fc.nat(200_000)), { minLength: PARENTS.length, maxLength: PARENTS.length }),
  isLate: fc.boolean(),
  steps: fc.array(step, { minLength: 10, maxLength: 40 }),
})

/** All windows at once: what has passed beyond the rate, at its highest, is a bucket that leaks at the rate. */
class Gauge {
  #level = 0
  #atMs = 0
  highest = 0

  add(bytes: number, bytesPerSecond: number, atMs: number): void {
    this.#level = Math.max(0, this.#level - ((atMs - this.#atMs) / 1000) * bytesPerSecond) + bytes
    this.#atMs = atMs
    this.highest = Math.max(this.highest, this.#level)
  }
}

class World {
  readonly clock = new FakeClock()
  readonly table = LimitTable.create(PARENTS.length, this.clock.nowNs())
  readonly threads = Array.from({ length: THREADS }, () => new ThreadLimiter(this.table, this.clock))
  readonly sent = new Float64Array(LEAVES.length * LANES_PER_LEAF)
  readonly problems = new Set<string>()
  readonly #stops: AbortController[] = []
  readonly #bursts: readonly number[]
  /** Nodes that ever limit. */
  readonly #limited: ReadonlySet<number>
  /** One since each change of the node's rate: neither debt nor credit survives it. */
  #gauges = PARENTS.map(() => new Gauge())
  readonly #largest = PARENTS.map(() => 0)

  constructor({ rates, bursts, isLate, steps }: Plan) {
    this.#bursts = bursts
    const set = steps.flatMap((one) => (one.kind === 'rate' && one.rate !== null ? [one.node] : []))
    this.#limited = new Set([...set, ...PARENTS.keys()].filter((index) => set.includes(index) || rates[index] !== null))
    let seed = 1
    const random = () => {
      seed = (seed * 16807) % 2147483647
      return seed / 2147483647
    }
    if (isLate) this.clock.latenessMs = () => (random() < 0.01 ? 60 * random() : random())
    PARENTS.forEach((parent, index) => {
      this.table.tree.setParent(index, parent)
      this.table.setBurst(index, bursts[index] ?? 0)
      this.setRate(index, rates[index] ?? null)
    })
    for (let lane = 0; lane < this.sent.length; lane++) void this.#run(lane, random)
  }

  leafOf(lane: number): number {
    return LEAVES[Math.floor(lane / LANES_PER_LEAF)] ?? LEAVES[0]
  }

  /** A connection: asks, writes, and asks again; a cancel ends a wait, and it comes back after a rest. */
  async #run(lane: number, random: () => number): Promise<void> {
    const limiter = this.threads[lane % THREADS]
    if (limiter === undefined) throw new Error('no thread')
    const own = this.leafOf(lane)
    this.table.tree.setConnections(own, LANES_PER_LEAF)
    const connection = {}
    for (;;) {
      const stop = new AbortController()
      this.#stops[lane] = stop
      const quantum = limiter.quantum(connection, own, 1 / THREADS)
      try {
        // Some ask for a fixed size, others for the next of a body that is large or small.
        const leftBytes = Math.ceil(quantum * 3 * random())
        const asked = { leftBytes, leastBytes: Math.min(leftBytes, 400), mostBytes: leftBytes }
        const grant =
          random() < 0.3
            ? await limiter.take(connection, own, quantum, stop.signal)
            : await limiter.takeNext(connection, own, asked, 1 / THREADS, stop.signal)
        if (grant !== null && random() < 0.02) grant.giveBack()
        else if (grant !== null) this.#passed(lane, grant.bytes, quantum)
        // An unlimited way is as fast as its line.
        if (limiter.isFree(own) || random() < 0.1) await this.#sleep(5 * random())
      } catch (thrown) {
        if (!stop.signal.aborted) throw thrown
        await this.#sleep(Number(stop.signal.reason))
      }
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve))
  }

  #passed(lane: number, bytes: number, quantum: number): void {
    this.sent[lane] = (this.sent[lane] ?? 0) + bytes
    for (const index of this.table.tree.path(this.leafOf(lane))) {
      const rateNow = this.table.rate(index)
      if (rateNow === null) continue
      this.#largest[index] = Math.max(this.#largest[index] ?? 0, bytes, quantum)
      this.#gauges[index]?.add(bytes, rateNow * (1 + MAX_PAYBACK), this.clock.nowMs)
      this.check(index, rateNow)
    }
  }

  /**
   * Grants ≤ limit × window + burst at this node. Beside its own burst that is the tolerance, the timer's grain, and two
   * tickets for each thread (one outstanding, one given back with another thread's behind it); and where nodes above hold its connections up, up to `MAX_CREDIT_NS` of its rate, and for
   * each connection the one write that it may already have passed here.
   */
  check(index: number, rateNow: number): void {
    const isTop = !this.#above(index).some((above) => this.#limited.has(above))
    const seconds = toleranceSeconds(rateNow) + GRAIN_MS / 1000 + (isTop ? 0 : Number(MAX_CREDIT_NS) / 1e9)
    const writes = 2 * THREADS + (isTop ? 0 : this.sent.length)
    const burst = (rateNow * seconds + (this.#bursts[index] ?? 0)) * (1 + MAX_PAYBACK)
    const most = burst + writes * (this.#largest[index] ?? 0) + 1
    const highest = this.#gauges[index]?.highest ?? 0
    if (highest > most)
      this.problems.add(`node ${index} at ${rateNow} B/s passed ${highest} beyond its rate, not ${most}`)
  }

  #above(index: number): number[] {
    const nodes: number[] = []
    for (let node = PARENTS[index] ?? null; node !== null; node = PARENTS[node] ?? null) nodes.push(node)
    return nodes
  }

  setRate(index: number, bytesPerSecond: number | null): void {
    this.table.setRate(index, bytesPerSecond, this.clock.nowNs())
    this.#renew([index])
  }

  do(one: Exclude<Step, { kind: 'pass' }>): void {
    if (one.kind === 'rate') this.setRate(one.node, one.rate)
    if (one.kind === 'weight') this.table.tree.setWeight(one.batch, one.weight)
    if (one.kind === 'cancel') this.#stops[one.lane]?.abort(one.restMs)
    if (one.kind === 'exempt') {
      this.table.exempt(one.leaf, one.from, this.clock.nowNs())
      this.#renew([one.leaf])
    }
  }

  /** What changes above a node changes what it is held to, so the windows of those beneath begin anew too. */
  #renew(changed: readonly number[]): void {
    for (const thread of this.threads) thread.wake()
    this.#gauges = this.#gauges.map((gauge, index) => {
      if (!this.table.tree.path(index).some((one) => changed.includes(one))) return gauge
      this.#largest[index] = 0
      return new Gauge()
    })
  }
}

it('grants at most limit × window + burst in every window, at every node, whatever is done to the tree', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (one) => {
      const world = new World(one)
      for (const next of one.steps) {
        if (next.kind === 'pass') await world.clock.advance(next.ms)
        else world.do(next)
      }

      // Nobody starves, and what some cannot use is lent to the others at once.
      const limit = 1_000_000
      PARENTS.forEach((_, index) => {
        world.setRate(index, null)
      })
      for (const batch of BATCHES) world.do({ kind: 'weight', batch, weight: 1 })
      for (const one of LEAVES) world.do({ kind: 'exempt', leaf: one, from: null })
      world.setRate(LEAVES[0], 20_000)
      world.setRate(BATCHES[2], 30_000)
      world.setRate(GLOBAL, limit)
      await world.clock.advance(1_000)
      const before = world.sent.slice()
      await world.clock.advance(2_000)
      const sent = world.sent.map((bytes, lane) => bytes - (before[lane] ?? 0))
      expect([...world.problems]).toEqual([])
      expect(Math.min(...sent)).toBeGreaterThan(2_000)
      expect(sent.reduce((a, b) => a + b) / (2 * limit)).toBeGreaterThan(0.95)
    }),
    { numRuns: 60 },
  )
})
