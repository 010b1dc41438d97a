/** What waits for its turn, lowest `order` first: a binary heap, since a paused or failed transfer comes back to its own place. */
export class PendingHeap<T extends { readonly order: number }> {
  readonly #items: T[] = []

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#order(parent) <= item.order) break
      this.#move(parent, at)
      at = parent
    }
    items[at] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined || items.length === 0) return first
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= items.length) break
      const child = left + 1 < items.length && this.#order(left + 1) < this.#order(left) ? left + 1 : left
      if (this.#order(child) >= last.order) break
      this.#move(child, at)
      at = child
    }
    items[at] = last
    return first
  }

  /** Orders have changed under it. */
  reorder(): void {
    // What is sorted is a heap.
    this.#items.sort((a, b) => a.order - b.order)
  }

  #order(at: number): number {
    return this.#items[at]?.order ?? Number.POSITIVE_INFINITY
  }

  #move(from: number, to: number): void {
    const item = this.#items[from]
    if (item !== undefined) this.#items[to] = item
  }
}
