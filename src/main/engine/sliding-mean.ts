/** Amounts of the last `windowMs`, added up period by period. */
export class SlidingMean {
  readonly #windowMs: number
  readonly #amounts: { readonly amount: number; readonly periodMs: number }[] = []
  #sum = 0
  #spanMs = 0

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  add(amount: number, periodMs: number): void {
    this.#amounts.push({ amount, periodMs })
    this.#sum += amount
    this.#spanMs += periodMs
    while (this.#spanMs > this.#windowMs) {
      const oldest = this.#amounts.shift()
      if (oldest === undefined) return
      this.#sum -= oldest.amount
      this.#spanMs -= oldest.periodMs
    }
  }

  get sum(): number {
    return this.#sum
  }

  /** Over the whole window: what has not been measured yet counts as nothing. */
  get perSecond(): number {
    return (this.#sum * 1000) / this.#windowMs
  }
}
