/**
 * How much happened in the last `windowMs`: counts in buckets of wall-clock time.
 *
 * A bucket counts until its last moment has left the window, so the answer is never too low, and too
 * high by one bucket at the most: a 240th of the window (6 minutes of a day).
 *
 * The clock is the wall's, since windows outlive the process, and it may be put wrong and right again:
 * - Back: what then lies in the future counts as if it had just happened. Nothing is forgotten early; some
 *   of it is remembered longer, by at most one window.
 * - Forward: cannot be told from sleep, so what left the window counts no more. As many buckets as a window
 *   has are kept beyond it, and count again when the clock is put right.
 */
const BUCKETS = 240
const KEPT_BUCKETS = 2 * BUCKETS

export interface Bucket {
  /** Everything in it happened before this wall-clock time. */
  readonly endMs: number
  readonly count: number
}

export class MovingWindow {
  readonly windowMs: number
  /** Ascending; the first ones may have left the window. */
  #buckets: Bucket[]

  constructor(windowMs: number, buckets: readonly Bucket[] = []) {
    this.windowMs = windowMs
    this.#buckets = [...buckets].sort((a, b) => a.endMs - b.endMs)
  }

  get bucketMs(): number {
    return this.windowMs / BUCKETS
  }

  /** For a snapshot, or for a window of another length. */
  get buckets(): readonly Bucket[] {
    return this.#buckets
  }

  add(count: number, nowMs: number): void {
    this.#settle(nowMs)
    this.#put(count, this.#endOf(nowMs))
  }

  /** What counts at `nowMs`. */
  used(nowMs: number): number {
    this.#settle(nowMs)
    return this.#buckets.reduce((sum, bucket) => sum + (this.#counts(bucket, nowMs) ? bucket.count : 0), 0)
  }

  /** From when on less than `amount` counts, if nothing is added; `nowMs` when that is so already. */
  belowAtMs(amount: number, nowMs: number): number {
    let used = this.used(nowMs)
    let atMs = nowMs
    for (const bucket of this.#buckets) {
      if (used < amount) break
      if (!this.#counts(bucket, nowMs)) continue
      used -= bucket.count
      atMs = bucket.endMs + this.windowMs
    }
    return atMs
  }

  /**
   * The highest even rate per second, from now on, that never brings the window to more than `amount`: before
   * each bucket leaves, what still counts and what was added since must fit. 0 when nothing is left.
   */
  evenRatePerSecond(amount: number, nowMs: number): number {
    let counting = this.used(nowMs)
    // What is added now leaves after a window and the rest of its bucket.
    let rate = amount / (this.windowMs + this.bucketMs)
    for (const bucket of this.#buckets) {
      if (!this.#counts(bucket, nowMs)) continue
      const leavesInMs = bucket.endMs + this.windowMs - nowMs
      rate = Math.min(rate, Math.max(0, amount - counting) / leavesInMs)
      counting -= bucket.count
    }
    return rate * 1000
  }

  #counts(bucket: Bucket, nowMs: number): boolean {
    return bucket.endMs + this.windowMs > nowMs
  }

  #endOf(nowMs: number): number {
    return (Math.floor(nowMs / this.bucketMs) + 1) * this.bucketMs
  }

  /** Brings what the clock left in the future to now, and forgets what left long ago. */
  #settle(nowMs: number): void {
    const endMs = this.#endOf(nowMs)
    let ahead = 0
    while ((this.#buckets.at(-1)?.endMs ?? 0) > endMs) ahead += this.#buckets.pop()?.count ?? 0
    this.#put(ahead, endMs)
    const surplus = this.#buckets.slice(0, Math.max(0, this.#buckets.length - KEPT_BUCKETS))
    const counting = surplus.findIndex((bucket) => this.#counts(bucket, nowMs))
    this.#buckets.splice(0, counting === -1 ? surplus.length : counting)
  }

  #put(count: number, endMs: number): void {
    if (count === 0) return
    const last = this.#buckets.at(-1)
    if (last?.endMs !== endMs) this.#buckets.push({ endMs, count })
    else this.#buckets[this.#buckets.length - 1] = { endMs, count: last.count + count }
  }
}
