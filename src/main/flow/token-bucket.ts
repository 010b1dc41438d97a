import type { Clock } from './clock.ts'

/** What a taken or refused try says. `cancel` gives the tokens back, once, as long as nothing was done with them. */
export type TryReserve =
  | { readonly granted: true; readonly cancel: () => void }
  /** null: not before the rate changes. */
  | { readonly granted: false; readonly retryAtMs: number | null }

interface Waiter {
  readonly tokens: number
  joinedMs: number
  readonly grant: () => void
}

/** Sums of fractions of a token are off by less than this. */
const ROUNDING = 1e-9
/** `setTimeout` takes no more than 2^31 ms; the bucket looks again then. */
const LONGEST_SLEEP_MS = 3_600_000

/**
 * A token bucket for one thread: it starts full, fills at `ratePerSecond` up to `capacity`, and hands tokens
 * out in the order of asking.
 *
 * Source: `TokenBucket` of asyncutils, whose sleepers are credited twice (about 2.0x the rate), with the reservation
 * contract of golang x/time/rate. In every window of t seconds the grants are at most `capacity + rate × t`, plus
 * what a single request asked above the capacity.
 *
 * ```ts
 * const bucket = new TokenBucket(10, 5, systemClock) // 10 a second, 5 at once
 * const waitedMs = await bucket.reserve(1, signal)
 * ```
 */
export class TokenBucket {
  readonly capacity: number
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()
  #ratePerSecond: number | null
  #tokens: number
  #atMs: number
  #cancelTimer: (() => void) | null = null

  /**
   * @param ratePerSecond tokens per second; null is unlimited, 0 paused
   * @param capacity tokens that may go at once
   * @throws RangeError for a rate below 0, a capacity of 0 or less, or either not a finite number
   */
  constructor(ratePerSecond: number | null, capacity: number, clock: Clock) {
    if (!(capacity > 0 && Number.isFinite(capacity))) {
      throw new RangeError(`A token bucket needs a capacity above 0, not ${capacity}.`)
    }
    this.capacity = capacity
    this.#ratePerSecond = checkedRate(ratePerSecond)
    this.#clock = clock
    this.#tokens = capacity
    this.#atMs = this.nowMs()
  }

  get ratePerSecond(): number | null {
    return this.#ratePerSecond
  }

  /** Monotonic milliseconds of the bucket's clock. */
  nowMs(): number {
    return Number(this.#clock.nowNs()) / 1e6
  }

  /**
   * Takes `tokens` now or says when to come back; a refused try holds no place. It never overtakes those who wait. A
   * try above the capacity is granted by a full bucket, and the debt delays the ones that follow.
   *
   * @throws RangeError when `tokens` is negative or not a finite number
   */
  tryReserve(tokens: number, nowMs = this.nowMs()): TryReserve {
    checkTokens(tokens)
    const rate = this.#ratePerSecond
    if (rate === null) return { granted: true, cancel: () => {} }
    this.#settle(nowMs)
    let needed = Math.min(tokens, this.capacity) - this.#tokens
    for (const waiter of this.#waiters) needed += waiter.tokens
    if (this.#waiters.size === 0 && needed <= ROUNDING) {
      this.#tokens -= tokens
      return { granted: true, cancel: once(() => this.#restore(tokens)) }
    }
    return { granted: false, retryAtMs: rate === 0 ? null : nowMs + (needed * 1000) / rate }
  }

  /**
   * Waits its turn and then for `tokens`; more than the capacity just takes longer. An aborted wait leaves the
   * bucket as if it had never been asked.
   *
   * @returns milliseconds waited
   * @throws the signal's reason; RangeError when `tokens` is negative or not a finite number
   */
  async reserve(tokens: number, signal: AbortSignal): Promise<number> {
    checkTokens(tokens)
    signal.throwIfAborted()
    const startMs = this.nowMs()
    if (this.#ratePerSecond === null) return 0
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#settle(this.nowMs())
        this.#waiters.delete(waiter)
        reject(signal.reason)
        this.#trim()
        this.#serve()
      }
      const waiter: Waiter = {
        tokens,
        joinedMs: startMs,
        grant: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#settle(startMs)
      this.#waiters.add(waiter)
      this.#serve()
    })
    return this.nowMs() - startMs
  }

  /** A new rate from now on: what was saved up stays, those who wait go on at the new pace. @throws RangeError */
  setRate(ratePerSecond: number | null): void {
    const nowMs = this.nowMs()
    this.#settle(nowMs)
    this.#ratePerSecond = checkedRate(ratePerSecond)
    for (const waiter of this.#waiters) waiter.joinedMs = nowMs
    this.#serve()
  }

  /** Brings the balance to `nowMs`. The bucket overflows at its capacity, or at what its first waiter needs. */
  #settle(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs)
    this.#atMs = Math.max(this.#atMs, nowMs)
    const [head] = this.#waiters
    const brim = Math.max(this.capacity, head?.tokens ?? 0)
    this.#tokens = Math.min(brim, this.#tokens + (elapsedMs * (this.#ratePerSecond ?? 0)) / 1000)
  }

  /** After a cancel: only what the next in turn could have saved without the one who left. */
  #trim(): void {
    const [head] = this.#waiters
    const sinceMs = head === undefined ? 0 : this.#atMs - head.joinedMs
    this.#tokens = Math.min(this.#tokens, this.capacity + (sinceMs * (this.#ratePerSecond ?? 0)) / 1000)
  }

  #restore(tokens: number): void {
    this.#settle(this.nowMs())
    this.#tokens += tokens
    this.#trim()
    this.#serve()
  }

  /** Grants everyone whose tokens are there, and sets the timer for the next. */
  #serve(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    const rate = this.#ratePerSecond
    for (const head of this.#waiters) {
      if (rate !== null) {
        const missing = head.tokens - this.#tokens
        if (missing > ROUNDING) {
          if (rate > 0) this.#sleep((missing * 1000) / rate)
          return
        }
        this.#tokens -= head.tokens
      }
      this.#waiters.delete(head)
      this.#trim()
      head.grant()
    }
  }

  #sleep(delayMs: number): void {
    // At least a microsecond: a shorter sleep could end before the clock has moved.
    this.#cancelTimer = this.#clock.after(Math.min(LONGEST_SLEEP_MS, Math.max(0.001, delayMs)), () => {
      this.#settle(this.nowMs())
      this.#serve()
    })
  }
}

function checkedRate(ratePerSecond: number | null): number | null {
  if (ratePerSecond === null || (ratePerSecond >= 0 && Number.isFinite(ratePerSecond))) return ratePerSecond
  throw new RangeError(`A rate must be 0 or more tokens a second, or null for unlimited, not ${ratePerSecond}.`)
}

function checkTokens(tokens: number): void {
  if (!(tokens >= 0 && Number.isFinite(tokens))) {
    throw new RangeError(`The number of tokens must be 0 or more, not ${tokens}.`)
  }
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    act()
  }
}
