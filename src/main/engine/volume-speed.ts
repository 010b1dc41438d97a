/** A call that takes longer than this would hold up every connection of its thread. */
const SLOW_MS = 10
/** After a slow call, this long passes before the volume is tried again. */
const DISTRUST_MS = 10_000

/**
 * Which volumes answer at once. A file call through Node's thread pool costs 30 to 100 µs of CPU and two switches of
 * threads, the call itself a few µs where the answer is in memory: a third of the cost of a small file, a fifth of that of
 * a GiB. But a call that waits for a disk or a network must not be made on a thread that has connections to serve.
 * So a volume is asked through the pool first, and directly only while it has shown that it answers in no time.
 */
export class VolumeSpeed {
  /** Until when a volume (by its device number) is not asked directly; -Infinity once it has proved quick. */
  readonly #slowUntilMs = new Map<bigint, number>()

  /** Makes the call directly where the volume is quick, else through the pool. */
  async run<T>(device: bigint, direct: () => T, pooled: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    const quick = startedAt >= (this.#slowUntilMs.get(device) ?? Number.POSITIVE_INFINITY)
    try {
      return quick ? direct() : await pooled()
    } finally {
      const endedAt = performance.now()
      if (endedAt - startedAt > SLOW_MS) this.#slowUntilMs.set(device, endedAt + DISTRUST_MS)
      else if (!quick && !this.#isDistrusted(device, endedAt)) this.#slowUntilMs.set(device, Number.NEGATIVE_INFINITY)
    }
  }

  #isDistrusted(device: bigint, nowMs: number): boolean {
    const until = this.#slowUntilMs.get(device)
    return until !== undefined && nowMs < until
  }
}
