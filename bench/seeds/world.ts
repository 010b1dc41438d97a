import { FakeClock } from '../../test/support/fake-clock.ts'
import { BIN_MS } from '../support/recorder.ts'

/** A line much faster than any limit here, so that a burst shows as a burst and still takes some time. */
const LINE_UNITS_PER_SECOND = 125_000_000

/** Rounding can leave a model a wait of less than nothing; time must pass all the same, as it does for any process. */
const SHORTEST_SLEEP_MS = 0.001

class CountingClock extends FakeClock {
  wakes = 0

  override after(delayMs: number, callback: () => void): () => void {
    return super.after(delayMs, () => {
      this.wakes += 1
      callback()
    })
  }
}

/** One simulated stretch of time, in which one system serves one offered load. Nothing in it reads a real clock. */
export class World {
  readonly clock = new CountingClock()
  readonly #originNs = this.clock.nowNs()
  #failure: { readonly reason: unknown } | null = null

  /** Since the world began. */
  get seconds(): number {
    return Number(this.clock.nowNs() - this.#originNs) / 1e9
  }

  /** Timers that have fired: what waiting has cost so far. */
  get wakes(): number {
    return this.clock.wakes
  }

  /** Exact, and at least a microsecond: the models get better timers than any real process has. */
  sleep(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(Math.max(SHORTEST_SLEEP_MS, seconds * 1000), resolve)
    })
  }

  at(seconds: number, action: () => void): void {
    this.clock.after((seconds - this.seconds) * 1000, action)
  }

  /** Starts something that ends by itself or with the world; what it throws fails `run`, unless `stop` was aborted. */
  start(task: () => Promise<void>, stop?: AbortSignal): void {
    task().catch((reason: unknown) => {
      if (stop?.aborted !== true) this.#failure ??= { reason }
    })
  }

  /** Lets `seconds` pass. */
  async run(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1000)
    if (this.#failure !== null) throw this.#failure.reason
  }
}

/** What left each stream and when: bytes, or requests, in bins of BIN_MS. */
export class Line {
  readonly bins: number[]
  readonly sentBy: number[] = []
  readonly #world: World

  constructor(world: World, seconds: number) {
    this.#world = world
    this.bins = new Array<number>(Math.round((seconds * 1000) / BIN_MS)).fill(0)
  }

  /** `units` leave now; resolves when the stream may write again. */
  send(stream: number, units: number): Promise<void> {
    // Half a nanosecond, so that an event on the edge of two bins is in the later one whatever the rounding.
    const bin = Math.floor((this.#world.seconds * 1000 + 5e-7) / BIN_MS)
    if (bin < this.bins.length) this.bins[bin] = (this.bins[bin] ?? 0) + units
    this.sentBy[stream] = (this.sentBy[stream] ?? 0) + units
    return this.#world.sleep(units / LINE_UNITS_PER_SECOND)
  }
}
