/** Work under one name is done one after another, under different names at the same time. */
export class Turns<Name = string> {
  /** What is under way, with those that wait for it. */
  readonly #waiting = new Map<Name, (() => void)[]>()

  /**
   * Runs `work` once all that was asked for before it under `name` has ended, however it ended.
   * @param signal ends the wait, with its reason; what has begun goes on
   */
  async take<T>(name: Name, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(name, signal)
    try {
      return await work()
    } finally {
      this.#leave(name)
    }
  }

  async #enter(name: Name, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const waiting = this.#waiting.get(name)
    if (waiting === undefined) {
      this.#waiting.set(name, [])
      return
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = () => {
        waiting.splice(waiting.indexOf(enter), 1)
        reject(signal?.reason)
      }
      waiting.push(enter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  #leave(name: Name): void {
    const next = this.#waiting.get(name)?.shift()
    if (next === undefined) this.#waiting.delete(name)
    else next()
  }
}
