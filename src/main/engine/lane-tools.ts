import type { Activity } from '../core/why-slow.ts'
import { MOST_OF_A_SLOT } from '../flow/slot.ts'
import type { ThreadLimiter } from '../flow/thread-limiter.ts'
import { MAX_QUANTUM_BYTES } from '../flow/thread-limiter.ts'
import type { Counters } from './counters.ts'
import type { QuotaMeter } from './quota-meter.ts'
import type { SourceFile } from './source-file.ts'

/**
 * What is read at once. On a volume that is not quick each read is a trip through Node's thread pool (about 0.1 ms on a busy machine), so
 * 256 KiB cost a quarter more CPU a GiB than this, and more saves nothing.
 */
export const LANE_BUFFER_BYTES = 512 * 1024

/** What one connection works with, whatever its job: its place in the counters, and one memory for every byte. */
export class LaneTools {
  readonly index: number
  readonly counters: Counters
  readonly quotas: QuotaMeter
  readonly limiter: ThreadLimiter
  // Not pooled: a slice of the pool would be overwritten by other buffers' owners.
  readonly writeBuffer = Buffer.allocUnsafeSlow(MOST_OF_A_SLOT * MAX_QUANTUM_BYTES)
  /** The beginning of `writeBuffer`. Of the rest as much is used, and takes memory, as a limited write needs: below 180 MiB/s a third of a MiB at most. */
  readonly buffer = this.writeBuffer.subarray(0, LANE_BUFFER_BYTES)

  constructor(index: number, counters: Counters, quotas: QuotaMeter, limiter: ThreadLimiter) {
    this.index = index
    this.counters = counters
    this.quotas = quotas
    this.limiter = limiter
  }

  /** For "why is it slow?": where this connection's time goes. */
  turnTo(activity: Activity | null): void {
    this.counters.turnTo(this.index, activity)
  }

  async read(file: SourceFile, view: Uint8Array, position: number): Promise<void> {
    this.turnTo('read')
    await file.read(view, position)
    this.turnTo('work')
  }

  /** Payload of the job at the socket so far. */
  get sentBytes(): number {
    return this.counters.job(this.index).bytes
  }
}
