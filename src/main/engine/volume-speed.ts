import { setImmediate } from 'node:timers/promises'
import { Turns } from './turns.ts'

/** A call that takes longer than this would hold up every connection of its thread. */
const SLOW_MS = 10
/** So many calls in a row are quick before one is made directly. */
const LEAST_PROOF = 8
/** Twice as many each time that a direct call was slow after all, up to this. */
const MOST_PROOF = 1024
/** So many direct calls save more than a slow one among them costs. */
const WORTH_IT = 1000
/** For so long direct calls may follow each other before the thread turns to its timers and connections. */
const TURN_MS = 1

/**
 * Which volumes answer at once. A file call through Node's thread pool costs 30 to 100 µs of CPU and two switches of
 * threads, the call itself a few µs where the answer is in memory: a third of the cost of a small file, a fifth of that of
 * a GiB. But a call that waits for a disk or a network must not be made on a thread that has connections to serve.
 * So a volume is asked through the pool first, and directly only once it has shown that it answers in no time. A slow
 * answer through the pool shows nothing: the thread that waits for it may have been busy, as it is when it starts.
 *
 * Whoever reads a file to its end never waits then, so that nothing else would run: a turn in between is taken here.
 */
export class VolumeSpeed {
  /** By device number. */
  readonly #volumes = new Map<bigint, Volume>()
  readonly #readers = new Turns<bigint>()
  readonly #nowMs: () => number
  #turn: Promise<void> | null = null
  #turnedAtMs = Number.NEGATIVE_INFINITY

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Makes the call directly where the volume is quick, else through the pool. */
  async run<T>(device: bigint, direct: () => T, pooled: () => Promise<T>): Promise<T> {
    const volume = this.#volume(device)
    if (volume.isQuick && this.#nowMs() - this.#turnedAtMs > TURN_MS) {
      this.#turn ??= this.#takeTurn()
      await this.#turn
    }
    const isDirect = volume.isQuick
    const startedAt = this.#nowMs()
    try {
      return isDirect ? direct() : await pooled()
    } finally {
      volume.answered(isDirect, this.#nowMs() - startedAt <= SLOW_MS)
    }
  }

  /**
   * Runs `work`, which reads much of the volume. Where that is quick, one after another: it is the thread that is busy then, and side by side
   * all of them would be through late, with nothing to send meanwhile.
   * @param signal ends the wait
   */
  async readThrough<T>(device: bigint, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#volume(device).isQuick ? await this.#readers.take(device, work, signal) : await work()
  }

  async #takeTurn(): Promise<void> {
    await setImmediate()
    this.#turn = null
    this.#turnedAtMs = this.#nowMs()
  }

  #volume(device: bigint): Volume {
    const volume = this.#volumes.get(device) ?? new Volume()
    this.#volumes.set(device, volume)
    return volume
  }
}

/** How one volume has answered of late. */
class Volume {
  isQuick = false
  /** Quick calls in a row, of the kind that is made now. */
  #inRow = 0
  #proof = LEAST_PROOF

  answered(wasDirect: boolean, quickly: boolean): void {
    // It was made before the volume was known to be quick.
    if (wasDirect !== this.isQuick) return
    if (quickly) {
      this.#inRow++
      if (this.isQuick || this.#inRow < this.#proof) return
      this.isQuick = true
    } else {
      if (this.isQuick) this.#proof = this.#inRow >= WORTH_IT ? LEAST_PROOF : Math.min(MOST_PROOF, 2 * this.#proof)
      this.isQuick = false
    }
    this.#inRow = 0
  }
}
