import { RateMeter } from '../flow/rate-meter.ts'
import type { Transfer } from './transfer-record.ts'

/** The rates of batches that have something in flight, or had a moment ago: however many there are in the queue. */
export class BatchRates {
  readonly #meters = new Map<number, RateMeter>()
  #inFlight: ReadonlyMap<number, number> = new Map()

  /**
   * @param inFlight bytes of each transfer that are on their way
   * @param confirmedBytes of a batch; undefined: it is gone
   */
  sample(
    inFlight: ReadonlyMap<Transfer, number>,
    confirmedBytes: (batchId: number) => number | undefined,
    nowMs: number,
  ): void {
    const byBatch = new Map<number, number>()
    for (const [{ batchId }, bytes] of inFlight) byBatch.set(batchId, (byBatch.get(batchId) ?? 0) + bytes)
    this.#inFlight = byBatch
    for (const batchId of new Set([...byBatch.keys(), ...this.#meters.keys()])) {
      const confirmed = confirmedBytes(batchId)
      if (confirmed === undefined) {
        this.#meters.delete(batchId)
        continue
      }
      const bytes = confirmed + this.inFlight(batchId)
      const meter = this.#meters.get(batchId) ?? new RateMeter(bytes, nowMs)
      meter.sample(bytes, nowMs)
      const rests = !byBatch.has(batchId) && meter.smoothed === 0
      if (rests) this.#meters.delete(batchId)
      else this.#meters.set(batchId, meter)
    }
  }

  /** Bytes of a batch that are on their way. */
  inFlight(batchId: number): number {
    return this.#inFlight.get(batchId) ?? 0
  }

  /** Bytes per second. */
  rate(batchId: number): number {
    return Math.round(this.#meters.get(batchId)?.smoothed ?? 0)
  }
}
