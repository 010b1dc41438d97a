import { crc32 } from 'node:zlib'
import type { Wanted } from '../flow/even-piece.ts'
import { evenPiece, evenRead } from '../flow/even-piece.ts'
import type { LaneTools } from './lane-tools.ts'
import { LANE_BUFFER_BYTES, roomFor } from './lane-tools.ts'
import type { PutExchange } from './put-exchange.ts'
import type { PutJob } from './sender-protocol.ts'
import type { SourceFile } from './source-file.ts'
import type { WireBytes } from './wire-bytes.ts'

/** How the body of one request is written. */
interface BodyOptions {
  /** All of it is in the buffer already. */
  readonly inMemory: boolean
  /** What was paid for on the way to its connection. */
  readonly connectBytes: number
  readonly wireBytes: WireBytes
}

/** What goes ahead of a body's first bytes: its head, and what a new connection took, which is paid for already. */
interface Ahead {
  readonly headBytes: number
  readonly connectBytes: number
}
const NOTHING_AHEAD: Ahead = { headBytes: 0, connectBytes: 0 }

/** Writes the bodies of one connection's jobs: reads, waits for the limiter, writes, counts. */
export class LaneBody {
  readonly #tools: LaneTools

  constructor(tools: LaneTools) {
    this.#tools = tools
  }

  /** Answers the CRC-32 of the bytes as they were written. An early answer ends it early. */
  async write(
    job: PutJob,
    file: SourceFile,
    exchange: PutExchange,
    { inMemory, connectBytes, wireBytes }: BodyOptions,
    signal: AbortSignal,
  ): Promise<number> {
    const { index, counters, quotas, limiter, writeBuffer } = this.#tools
    let sum = 0
    let ahead: Ahead = { headBytes: exchange.headBytes, connectBytes }
    if (!limiter.isFree(job.leaf)) await this.#connected(exchange)
    for (let at = 0; at === 0 || at < job.bytes; ) {
      // Waiting for an answer or a disk is not the limiter's loss.
      limiter.rest(this)
      const read = inMemory ? job.bytes : this.#readBytes(job, job.bytes - at, ahead, wireBytes)
      const view = writeBuffer.subarray(0, read)
      if (!inMemory) {
        await this.#tools.read(file, view, job.offset + at)
        if (job.checksum !== 'none') sum = crc32(view, sum)
      }
      at += view.byteLength
      for (let start = 0; start === 0 || start < view.byteLength; ) {
        const piece = await this.#allowed(job, view.subarray(start), exchange, ahead, wireBytes, signal)
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
        const written = wireBytes(ahead.headBytes + piece.byteLength)
        counters.addSocket(index, written)
        quotas.count(job.destinationId, 'bytes', written)
        ahead = NOTHING_AHEAD
        if (view.byteLength === 0) break
      }
      if (job.bytes === 0) break
    }
    return sum
  }

  /** What is granted then goes at once; while a connection is made, others have their turn. */
  async #connected(exchange: PutExchange): Promise<void> {
    this.#tools.turnTo('write')
    await exchange.connected()
    this.#tools.turnTo('work')
  }

  /** What is read at once: under a limit whole writes of it, since a shorter one in between would break their rhythm. */
  #readBytes(job: PutJob, left: number, ahead: Ahead, wireBytes: WireBytes): number {
    if (this.#tools.limiter.isFree(job.leaf)) return Math.min(left, LANE_BUFFER_BYTES)
    const aheadBytes = bytesAhead(ahead)
    const wanted = this.#wanted(job, wireBytes)
    const most = roomFor(Math.max(LANE_BUFFER_BYTES, wanted.bytes))
    return evenRead(aheadBytes + left, aheadBytes + most, wanted) - aheadBytes
  }

  /**
   * What is written next of so many bytes, with what goes ahead of them. Like writes to the end: after a last one of few
   * bytes, the connections of a transfer would all be idle at once; and many heads or handshakes in 100 ms would be seen.
   */
  #writeBytes(job: PutJob, bytes: number, ahead: Ahead, wireBytes: WireBytes): number {
    const aheadBytes = bytesAhead(ahead)
    return Math.max(1, evenPiece(aheadBytes + bytes, this.#wanted(job, wireBytes)) - aheadBytes)
  }

  /** Of a request, so that it is the limiter's quantum on the wire. */
  #wanted(job: PutJob, wireBytes: WireBytes): Wanted {
    const { index, counters, limiter } = this.#tools
    const quantum = limiter.quantum(this, job.leaf, counters.share(index))
    const rate = limiter.strictest(job.leaf)
    return {
      bytes: quantum - (wireBytes(quantum) - quantum),
      seconds: rate === null || rate === 0 ? 0 : quantum / rate,
    }
  }

  /** As much of `bytes` as may go now, once it may. The head goes with the first piece and is charged with it. */
  async #allowed(
    job: PutJob,
    bytes: Uint8Array,
    exchange: PutExchange,
    ahead: Ahead,
    wireBytes: WireBytes,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { limiter } = this.#tools
    while (!limiter.isFree(job.leaf)) {
      const piece = bytes.subarray(0, this.#writeBytes(job, bytes.byteLength, ahead, wireBytes))
      exchange.hold()
      this.#tools.turnTo('limit')
      const charged = wireBytes(ahead.headBytes + piece.byteLength)
      if ((await limiter.take(this, job.leaf, charged, signal)) !== null) return piece
    }
    return bytes
  }
}

function bytesAhead({ headBytes, connectBytes }: Ahead): number {
  return headBytes + connectBytes
}
