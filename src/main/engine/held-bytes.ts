/**
 * What is read at once. On a volume that is not quick each read is a trip through Node's thread pool (about 0.1 ms on a busy machine), so
 * 256 KiB cost a quarter more CPU a GiB than this, and more saves nothing.
 */
export const BLOCK_BYTES = 512 * 1024

/** Blocks of memory for what is read and waits to be sent, shared by the connections of one thread. */
export class BlockPool {
  readonly #free: ArrayBufferLike[] = []
  /** How many may still be made. */
  #more: number

  /** @param bytes of all blocks together, at most */
  constructor(bytes: number) {
    this.#more = Math.floor(bytes / BLOCK_BYTES)
  }

  /** null: all are in use. */
  take(): ArrayBufferLike | null {
    const block = this.#free.pop()
    if (block !== undefined) return block
    if (this.#more === 0) return null
    this.#more--
    return Buffer.allocUnsafeSlow(BLOCK_BYTES).buffer
  }

  giveBack(block: ArrayBufferLike): void {
    this.#free.push(block)
  }
}

/**
 * What of one connection's body is in memory and not written yet. A body is read through for its checksum before its first byte
 * goes, and what is kept of it then, from its beginning on, is neither read nor summed again: as much as there are blocks
 * for, and all of a body of one block. The rest is read when its turn comes.
 */
export class HeldBytes {
  readonly #pool: BlockPool
  /** A connection's own memory: for a body of one block, or for what comes after those that are kept. */
  readonly #own: Uint8Array
  /** Each a block, the last one of a body what is left. Those before `#released` were given back, those before `#next` are taken. */
  readonly #views: Uint8Array[] = []
  #keptBytes = 0
  #released = 0
  #next = 0
  /** How much of the next one is taken, and how much of all. */
  #nextFrom = 0
  #takenBytes = 0
  /** Where in `#own` those are that come after the kept ones. */
  #from = 0
  #to = 0

  constructor(own: Uint8Array, pool: BlockPool) {
    this.#own = own
    this.#pool = pool
  }

  /** How many there are to be taken. */
  get bytes(): number {
    return this.#keptBytes - this.#takenBytes + this.#to - this.#from
  }

  /** From the beginning of the body on. */
  get kept(): readonly Uint8Array[] {
    return this.#views
  }

  /**
   * Where `bytes` of a body of `bodyBytes`, a block or what is left, go that are read at `at` and kept. null: there is no room
   * for them, or there was none for some before them.
   */
  keep(at: number, bytes: number, bodyBytes: number): Uint8Array | null {
    if (at !== this.#keptBytes) return null
    const block = bodyBytes <= BLOCK_BYTES ? this.#own.buffer : this.#pool.take()
    if (block === null) return null
    const view = new Uint8Array(block, 0, bytes)
    this.#views.push(view)
    this.#keptBytes += bytes
    return view
  }

  /** The body is sent, from its beginning. False: what was kept of it is not all there any more, so nothing is at hand. */
  rewind(): boolean {
    const isWhole = this.#released === 0
    if (isWhole) this.#startOver()
    else this.clear()
    return isWhole
  }

  /** How much to read now, so that `enough` is there, or all that is left; 0 if it is. */
  room(leftBytes: number, enough: number): number {
    if (this.bytes >= Math.min(leftBytes, enough)) return 0
    return Math.min(leftBytes, Math.max(BLOCK_BYTES, enough)) - this.bytes
  }

  /** Where the next `bytes` of the body go, which follow those that are there. */
  add(bytes: number): Uint8Array {
    this.#own.copyWithin(0, this.#from, this.#to)
    this.#to -= this.#from
    this.#from = 0
    this.#to += bytes
    return this.#own.subarray(this.#to - bytes, this.#to)
  }

  /** The next `bytes` of those that are there, in pieces as they lie; good until `add`, `release` or `clear`. */
  take(bytes: number): Uint8Array[] {
    const pieces: Uint8Array[] = []
    let left = bytes
    for (let view = this.#views[this.#next]; left > 0 && view !== undefined; view = this.#views[this.#next]) {
      const piece = view.subarray(this.#nextFrom, this.#nextFrom + left)
      pieces.push(piece)
      left -= piece.byteLength
      this.#takenBytes += piece.byteLength
      this.#nextFrom += piece.byteLength
      if (this.#nextFrom < view.byteLength) break
      this.#next++
      this.#nextFrom = 0
    }
    if (left > 0) {
      this.#from += left
      pieces.push(this.#own.subarray(this.#from - left, this.#from))
    }
    return pieces
  }

  /** What was taken is sent: its blocks serve others. */
  release(): void {
    this.#giveBackTo(this.#next)
  }

  /** Nothing of the body is needed any more. */
  clear(): void {
    this.#giveBackTo(this.#views.length)
    this.#views.length = 0
    this.#keptBytes = 0
    this.#released = 0
    this.#startOver()
  }

  #startOver(): void {
    this.#next = 0
    this.#nextFrom = 0
    this.#takenBytes = 0
    this.#from = 0
    this.#to = 0
  }

  /** A connection's own memory stays with it, so that a small body can be sent once more. */
  #giveBackTo(end: number): void {
    for (const { buffer } of this.#views.slice(this.#released, end)) {
      if (buffer === this.#own.buffer) return
      this.#pool.giveBack(buffer)
      this.#released++
    }
  }
}
