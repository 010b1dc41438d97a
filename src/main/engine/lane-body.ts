import { crc32 } from 'node:zlib'
import { evenPiece } from '../flow/even-piece.ts'
import type { LaneTools } from './lane-tools.ts'
import type { PutExchange } from './put-exchange.ts'
import type { PutJob } from './sender-protocol.ts'
import type { SourceFile } from './source-file.ts'
import type { WireBytes } from './wire-bytes.ts'

/** Writes the bodies of one connection's jobs: reads, waits for the limiter, writes, counts. */
export class LaneBody {
  readonly #tools: LaneTools

  constructor(tools: LaneTools) {
    this.#tools = tools
  }

  /**
   * Answers the CRC-32 of the bytes as they were written. An early answer ends it early.
   * @param inMemory the whole body is in the buffer already
   */
  async write(
    job: PutJob,
    file: SourceFile,
    exchange: PutExchange,
    inMemory: boolean,
    wireBytes: WireBytes,
    signal: AbortSignal,
  ): Promise<number> {
    const { index, counters, quotas, limiter, buffer } = this.#tools
    let sum = 0
    let headBytes = exchange.headBytes
    for (let at = 0; at === 0 || at < job.bytes; ) {
      // Waiting for an answer or a disk is not the limiter's loss.
      limiter.rest(this)
      const most = inMemory ? job.bytes : this.#readBytes(job, job.bytes - at)
      const view = buffer.subarray(0, Math.min(most, job.bytes - at))
      if (!inMemory) {
        await this.#tools.read(file, view, job.offset + at)
        if (job.checksum !== 'none') sum = crc32(view, sum)
      }
      at += view.byteLength
      for (let start = 0; start === 0 || start < view.byteLength; ) {
        const left = job.bytes - at + view.byteLength - start
        const rest = view.subarray(start)
        const piece = await this.#allowed(job, rest, left, exchange, headBytes, wireBytes, signal)
        if (exchange.answered) return sum
        start += piece.byteLength
        this.#tools.turnTo('write')
        try {
          await exchange.write(piece, at >= job.bytes && start >= view.byteLength)
        } catch (thrown) {
          if (exchange.answered) return sum
          throw thrown
        }
        this.#tools.turnTo('work')
        counters.addPayload(index, piece.byteLength)
        const written = wireBytes(headBytes + piece.byteLength)
        counters.addSocket(index, written)
        quotas.count(job.destinationId, 'bytes', written)
        headBytes = 0
        if (view.byteLength === 0) break
      }
      if (job.bytes === 0) break
    }
    return sum
  }

  /** What is read at once: under a limit whole writes of it, since a shorter one in between would break their rhythm. */
  #readBytes(job: PutJob, left: number): number {
    const most = this.#tools.buffer.byteLength
    if (this.#tools.limiter.isFree(job.leaf)) return most
    return most - (most % this.#writeBytes(job, left, 0))
  }

  /**
   * Of the body, with the head in front of it. Like writes to the end: after a last one of few bytes, the connections of
   * a transfer would all be idle at once; and many heads in a window of 100 ms would be seen.
   */
  #writeBytes(job: PutJob, left: number, headBytes: number): number {
    const { index, counters, limiter } = this.#tools
    const bytes = evenPiece(headBytes + left, limiter.quantum(this, job.leaf, counters.share(index)))
    return Math.max(1, bytes - headBytes)
  }

  /** As much of `bytes`, the next of the `left` ones, as may go now, once it may. The head goes with the first piece and is charged with it. */
  async #allowed(
    job: PutJob,
    bytes: Uint8Array,
    left: number,
    exchange: PutExchange,
    headBytes: number,
    wireBytes: WireBytes,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { limiter } = this.#tools
    while (!limiter.isFree(job.leaf)) {
      const piece = bytes.subarray(0, this.#writeBytes(job, left, headBytes))
      exchange.hold()
      this.#tools.turnTo('limit')
      const charged = wireBytes(headBytes + piece.byteLength)
      if ((await limiter.take(this, job.leaf, charged, signal)) !== null) return piece
    }
    return bytes
  }
}
