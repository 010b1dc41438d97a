/** Work under one name is done one after another, under different names at the same time. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `work` once all that was asked for before it under `name` has ended, however it ended. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last.set(name, promise)
    try {
      await before
      return await work()
    } finally {
      resolve()
      if (this.#last.get(name) === promise) this.#last.delete(name)
    }
  }
}
