/**
 * Rates for people and for plans, from a growing byte count read at intervals.
 * `smoothed` is an exponentially weighted mean over about `timeConstantMs`; unlike a fixed weight a sample it does
 * not depend on how often it is asked. Pure: the caller brings the time.
 */
export class RateMeter {
  readonly #timeConstantMs: number
  #bytes: number
  #atMs: number
  #smoothed = 0
  #started = false

  constructor(bytes: number, nowMs: number, timeConstantMs = 3_000) {
    this.#bytes = bytes
    this.#atMs = nowMs
    this.#timeConstantMs = timeConstantMs
  }

  /** @returns bytes per second since the last call */
  sample(bytes: number, nowMs: number): number {
    const elapsedMs = nowMs - this.#atMs
    if (elapsedMs <= 0) return 0
    const rate = Math.max(0, ((bytes - this.#bytes) * 1000) / elapsedMs)
    this.#bytes = bytes
    this.#atMs = nowMs
    const weight = this.#started ? 1 - Math.exp(-elapsedMs / this.#timeConstantMs) : 1
    if (rate > 0) this.#started = true
    this.#smoothed += weight * (rate - this.#smoothed)
    if (this.#smoothed < 1) this.#smoothed = 0
    return rate
  }

  /** Bytes per second. */
  get smoothed(): number {
    return this.#smoothed
  }
}

/** Time left for `remainingBytes`; null when nobody can say. */
export function etaMs(remainingBytes: number, bytesPerSecond: number): number | null {
  if (remainingBytes <= 0) return 0
  return bytesPerSecond > 0 ? Math.round((remainingBytes * 1000) / bytesPerSecond) : null
}
