import type { Clock } from '../../src/main/flow/clock.ts'

interface Timer {
  readonly atNs: bigint
  readonly callback: () => void
}

/** Time that moves only when it is told to: a simulated hour runs in milliseconds. */
export class FakeClock implements Clock {
  #nowNs = 5_000_000_000n
  readonly #timers = new Set<Timer>()
  /** How late each timer fires, in ms; a test may make it late as a busy machine does. */
  latenessMs: () => number = () => 0

  nowNs(): bigint {
    return this.#nowNs
  }

  get nowMs(): number {
    return Number(this.#nowNs / 1_000n) / 1_000
  }

  after(delayMs: number, callback: () => void): () => void {
    const atNs = this.#nowNs + BigInt(Math.round((delayMs + this.latenessMs()) * 1e6))
    const timer = { atNs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Runs everything that falls due within `ms`, in order, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const endNs = this.#nowNs + BigInt(Math.round(ms * 1e6))
    for (;;) {
      await settle()
      let next: Timer | null = null
      for (const timer of this.#timers) {
        if (timer.atNs <= endNs && (next === null || timer.atNs < next.atNs)) next = timer
      }
      if (next === null) break
      this.#timers.delete(next)
      if (next.atNs > this.#nowNs) this.#nowNs = next.atNs
      next.callback()
    }
    this.#nowNs = endNs
    await settle()
  }
}

/** Promise chains of the code under test are short; this is longer than any of them. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
