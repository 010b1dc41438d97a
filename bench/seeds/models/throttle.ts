import type { ByteLimiter, ByteSystem, LimitedStream } from '../system.ts'
import type { World } from '../world.ts'

const ROTATE_SECONDS = 600
const SHORTEST_SLEEP_SECONDS = 0.001

/** One named limit: counts of each thread, in the current window and the one before. */
interface Named {
  readonly limit: number
  readonly current: Map<number, number>
  readonly prior: Map<number, number>
  readonly totals: Map<number, number>
  rotatedAtSeconds: number
}

/** App Engine's Throttle: it sleeps for what was sent so far, over the last 10 to 20 minutes. */
export class Throttle {
  readonly #world: World
  readonly #throttles = new Map<string, Named>()

  constructor(world: World) {
    this.#world = world
  }

  /** Also the only way to change a limit; the counts, and who is registered, are then gone. */
  addThrottle(name: string, limit: number): void {
    const rotatedAtSeconds = this.#world.seconds
    this.#throttles.set(name, { limit, current: new Map(), prior: new Map(), totals: new Map(), rotatedAtSeconds })
  }

  register(thread: number): void {
    for (const { current, prior, totals } of this.#throttles.values()) {
      for (const counts of [current, prior, totals]) counts.set(thread, 0)
    }
  }

  addTransfer(name: string, thread: number, count: number): void {
    const named = this.#verified(name)
    const before = named.current.get(thread)
    if (before === undefined) throw new Error(`The thread ${thread} is not registered.`)
    named.current.set(thread, before + count)
    this.#rotate(named)
  }

  async sleep(name: string): Promise<void> {
    for (;;) {
      const named = this.#verified(name)
      const prior = sum(named.prior)
      const total = prior + sum(named.current)
      // Time in which nothing was sent counts like any other: that is the credit.
      const duration = this.#world.seconds - named.rotatedAtSeconds + (prior > 0 ? ROTATE_SECONDS : 0)
      const sleepSeconds = total / named.limit - duration
      if (sleepSeconds < SHORTEST_SLEEP_SECONDS) return
      await this.#world.sleep(sleepSeconds)
      this.#rotate(named)
    }
  }

  /** As far as it still knows. */
  totalTransferred(name: string): number {
    const named = this.#verified(name)
    return sum(named.totals) + sum(named.current)
  }

  #rotate(named: Named): void {
    if (named.rotatedAtSeconds + ROTATE_SECONDS >= this.#world.seconds) return
    for (const [thread, count] of named.current) {
      named.prior.set(thread, count)
      named.current.set(thread, 0)
      named.totals.set(thread, (named.totals.get(thread) ?? 0) + count)
    }
    named.rotatedAtSeconds = this.#world.seconds
  }

  #verified(name: string): Named {
    const named = this.#throttles.get(name)
    if (named === undefined) throw new Error(`"${name}" is not a registered throttle.`)
    return named
  }
}

const BANDWIDTH = 'http-bandwidth-up'

/** As its HTTP handler uses it: sleep, add the size of the request, send. */
export class ThrottledUploads implements ByteLimiter {
  readonly #throttle: Throttle
  #threads = 0

  constructor(world: World, bytesPerSecond: number) {
    this.#throttle = new Throttle(world)
    this.#throttle.addThrottle(BANDWIDTH, bytesPerSecond)
  }

  get totalTransferred(): number {
    return this.#throttle.totalTransferred(BANDWIDTH)
  }

  setRate(bytesPerSecond: number): void {
    this.#throttle.addThrottle(BANDWIDTH, bytesPerSecond)
    for (let thread = 0; thread < this.#threads; thread++) this.#throttle.register(thread)
  }

  open(): LimitedStream {
    const thread = this.#threads++
    this.#throttle.register(thread)
    return {
      write: async (bytes, send) => {
        await this.#throttle.sleep(BANDWIDTH)
        this.#throttle.addTransfer(BANDWIDTH, thread, bytes)
        await send(bytes)
      },
      close: () => {},
    }
  }
}

export const throttle: ByteSystem<ThrottledUploads> = {
  name: 'App Engine Throttle',
  create: (world, bytesPerSecond) => new ThrottledUploads(world, bytesPerSecond),
}

function sum(counts: ReadonlyMap<number, number>): number {
  let total = 0
  for (const count of counts.values()) total += count
  return total
}
