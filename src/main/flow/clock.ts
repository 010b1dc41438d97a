/** Time as the limiter sees it: a monotonic reading and a way to be called back. Tests bring a fake one. */
export interface Clock {
  /** Monotonic nanoseconds; the same origin in every thread of the process. */
  nowNs(): bigint
  /** Calls back once after about `delayMs`; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  nowNs: () => process.hrtime.bigint(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
