/** After this long without a byte the rate is 0, not a memory. */
const REST_MS = 3_000

/**
 * Rates for people and for plans, from a growing byte count read at intervals.
 * `smoothed` is an exponentially weighted mean with the time constant `timeConstantMs`. Its weights are those of the
 * time that has passed, so it does not depend on how often it is asked, and they are divided by their
 * sum, so the first seconds are not too low. Pure: the caller brings the time.
 */
export class RateMeter {
  readonly #timeConstantMs: number
  #bytes: number
  #atMs: number
  #sum = 0
  #weight = 0
  #movedAtMs: number

  constructor(bytes: number, nowMs: number, timeConstantMs = 1_500) {
    this.#bytes = bytes
    this.#atMs = nowMs
    this.#movedAtMs = nowMs
    this.#timeConstantMs = timeConstantMs
  }

  /** @returns bytes per second since the last call */
  sample(bytes: number, nowMs: number): number {
    const elapsedMs = nowMs - this.#atMs
    if (elapsedMs <= 0) return 0
    const rate = Math.max(0, ((bytes - this.#bytes) * 1000) / elapsedMs)
    this.#bytes = bytes
    this.#atMs = nowMs
    if (rate > 0) this.#movedAtMs = nowMs
    // Before the first byte, and after a rest, there is no rate to smooth.
    if (nowMs - this.#movedAtMs >= REST_MS) this.#weight = 0
    if (rate === 0 && this.#weight === 0) {
      this.#sum = 0
      return 0
    }
    const share = 1 - Math.exp(-elapsedMs / this.#timeConstantMs)
    this.#sum += share * (rate - this.#sum)
    this.#weight += share * (1 - this.#weight)
    return rate
  }

  /**
   * What `smoothed` would be if `bytes` more had gone by `nowMs`: what s3transfer's rate tracker asks before it grants.
   * Changes nothing.
   */
  projected(bytes: number, nowMs: number): number {
    const elapsedMs = nowMs - this.#atMs
    if (elapsedMs <= 0) return Number.POSITIVE_INFINITY
    const share = 1 - Math.exp(-elapsedMs / this.#timeConstantMs)
    const rate = (bytes * 1000) / elapsedMs
    const weight = this.#weight + share * (1 - this.#weight)
    return (this.#sum + share * (rate - this.#sum)) / weight
  }

  /** Bytes per second; below one it is nothing. */
  get smoothed(): number {
    if (this.#weight === 0) return 0
    const mean = this.#sum / this.#weight
    return mean < 1 ? 0 : mean
  }
}
