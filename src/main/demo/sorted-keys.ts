/**
 * Order of S3 listings: by UTF-8 bytes. JavaScript compares UTF-16 units, which differs only where a surrogate
 * (U+10000 and above) meets U+E000 to U+FFFF.
 */
export function compareUtf8(left: string, right: string): number {
  if (left === right) return 0
  const shorter = Math.min(left.length, right.length)
  for (let index = 0; index < shorter; index++) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a === b) continue
    if (a >= 0xd800 && b >= 0xd800) return fixUp(a) - fixUp(b)
    return a - b
  }
  return left.length - right.length
}

/** Moves surrogates above the rest of the basic plane. */
function fixUp(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/**
 * Keys in listing order. Adding and deleting is constant work; the first listing after changes merges them in one
 * pass, so that neither 100 000 uploads nor 100 000 pages sort 100 000 keys.
 */
export class SortedKeys {
  #sorted: string[] = []
  readonly #added = new Set<string>()
  readonly #deleted = new Set<string>()

  /** The caller adds a key only when it is not there, and deletes it only when it is. */
  add(key: string): void {
    if (!this.#deleted.delete(key)) this.#added.add(key)
  }

  delete(key: string): void {
    if (!this.#added.delete(key)) this.#deleted.add(key)
  }

  all(): readonly string[] {
    if (this.#added.size === 0 && this.#deleted.size === 0) return this.#sorted
    const added = [...this.#added].sort(compareUtf8)
    const merged: string[] = []
    let next = 0
    for (const key of this.#sorted) {
      if (this.#deleted.has(key)) continue
      for (let other = added[next]; other !== undefined && compareUtf8(other, key) < 0; other = added[++next]) {
        merged.push(other)
      }
      merged.push(key)
    }
    for (; next < added.length; next++) merged.push(added[next] as string)
    this.#sorted = merged
    this.#added.clear()
    this.#deleted.clear()
    return merged
  }

  /** Index of the first key that is not before `key`. */
  firstAtOrAfter(key: string): number {
    const keys = this.all()
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareUtf8(keys[middle] as string, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
