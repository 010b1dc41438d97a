import type { Activity } from '../core/why-slow.ts'
import { MOST_OF_A_SLOT } from '../flow/slot.ts'
import type { ThreadLimiter } from '../flow/thread-limiter.ts'
import { MAX_QUANTUM_BYTES } from '../flow/thread-limiter.ts'
import type { Counters } from './counters.ts'
import type { BlockPool } from './held-bytes.ts'
import { BLOCK_BYTES, HeldBytes } from './held-bytes.ts'
import type { QuotaMeter } from './quota-meter.ts'
import type { SourceFile } from './source-file.ts'

/** What one connection works with, whatever its job: its place in the counters, and one memory for every byte. */
export class LaneTools {
  readonly index: number
  readonly counters: Counters
  readonly quotas: QuotaMeter
  readonly limiter: ThreadLimiter
  // Not pooled: a slice of the pool would be overwritten by other buffers' owners.
  readonly #own = Buffer.allocUnsafeSlow(MOST_OF_A_SLOT * MAX_QUANTUM_BYTES)
  /** For what is read and not kept. Of the memory behind it as much is used as a limited write needs: below 180 MiB/s a third of a MiB at most. */
  readonly buffer = this.#own.subarray(0, BLOCK_BYTES)
  readonly held: HeldBytes

  constructor(index: number, counters: Counters, quotas: QuotaMeter, limiter: ThreadLimiter, pool: BlockPool) {
    this.held = new HeldBytes(this.#own, pool)
    this.index = index
    this.counters = counters
    this.quotas = quotas
    this.limiter = limiter
  }

  /** For "why is it slow?": where this connection's time goes. */
  turnTo(activity: Activity | null): void {
    this.counters.turnTo(this.index, activity)
  }

  async read(file: Pick<SourceFile, 'read'>, view: Uint8Array, position: number): Promise<void> {
    this.turnTo('read')
    await file.read(view, position)
    this.turnTo('work')
  }

  /** Payload of the job at the socket so far. */
  get sentBytes(): number {
    return this.counters.job(this.index).bytes
  }
}
