/** How fast the memory of a faster line fades: halved in about a minute. */
const PEAK_TIME_MS = 90_000
/** How much one observation of the cost of a file weighs, per file, at most in all. */
const FILE_WEIGHT = 0.02
const MAX_WEIGHT = 0.3

/**
 * Time left, with what each file costs beside its bytes: ten thousand files of 1 KiB take longer than one of
 * 10 MB. From intervals of `bytes` and `files` it learns how fast bytes flow when they flow (the decaying peak),
 * and what is left of an interval after its bytes is the cost of its files. Pure: the caller brings the time.
 */
export class EtaModel {
  #bytesPerMs = 0
  #msPerFile = 0

  /** One interval in which something was being sent. */
  observe(bytes: number, files: number, elapsedMs: number): void {
    if (elapsedMs <= 0) return
    const fade = Math.exp(-elapsedMs / PEAK_TIME_MS)
    const rate = bytes / elapsedMs
    this.#bytesPerMs = Math.max(rate, rate + (this.#bytesPerMs - rate) * fade)
    if (files === 0 || this.#bytesPerMs === 0) return
    const cost = Math.max(0, elapsedMs - bytes / this.#bytesPerMs) / files
    this.#msPerFile += Math.min(MAX_WEIGHT, files * FILE_WEIGHT) * (cost - this.#msPerFile)
  }

  /** The limit has changed: what was learned about the line does not hold. */
  forget(): void {
    this.#bytesPerMs = 0
  }

  /** Milliseconds; null while nothing has moved. */
  estimateMs(remainingBytes: number, remainingFiles: number): number | null {
    if (remainingBytes <= 0 && remainingFiles <= 0) return 0
    if (this.#bytesPerMs === 0) return null
    return Math.round(remainingBytes / this.#bytesPerMs + remainingFiles * this.#msPerFile)
  }
}

/** Time left for `remainingBytes` of one file; null when nobody can say. */
export function etaMs(remainingBytes: number, bytesPerSecond: number): number | null {
  if (remainingBytes <= 0) return 0
  return bytesPerSecond > 0 ? Math.round((remainingBytes * 1000) / bytesPerSecond) : null
}
