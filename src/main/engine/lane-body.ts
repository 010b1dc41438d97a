import { MOST_OF_A_SLOT } from '../flow/slot.ts'
import { crc32 } from './crc32.ts'
import { BLOCK_BYTES } from './held-bytes.ts'
import type { Promised } from './lane-sums.ts'
import type { LaneTools } from './lane-tools.ts'
import type { PutExchange } from './put-exchange.ts'
import type { PutJob } from './sender-protocol.ts'
import type { SourceFile } from './source-file.ts'
import type { WireBytes } from './wire-bytes.ts'

/** How the body of one request is written. */
interface BodyOptions {
  readonly promised: Promised
  readonly wireBytes: WireBytes
}

/** What of a request is not written yet. */
interface Ahead {
  /** 0 once the head is through. */
  readonly headBytes: number
  readonly leftBytes: number
  /** Of `leftBytes`, those at hand. */
  readonly heldBytes: number
}

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
    { promised, wireBytes }: BodyOptions,
    signal: AbortSignal,
  ): Promise<number> {
    const { index, counters, quotas, limiter, held } = this.#tools
    // Kept bytes are what was summed; whoever reads again, sums again.
    let sum = held.rewind() ? promised.keptCrc32 : 0
    let sent = 0
    let headBytes = exchange.headBytes
    if (!limiter.isFree(job.leaf)) await this.#connected(exchange)
    // Waiting for an answer or a disk is not the limiter's loss.
    limiter.rest(this)
    while (!exchange.complete) {
      const room = held.room(job.bytes - sent, this.#enough(job))
      if (room > 0) {
        const view = held.add(room)
        await this.#tools.read(file, view, job.offset + sent + held.bytes - room)
        if (job.checksum !== 'none') sum = crc32(view, sum)
      }
      const isFree = limiter.isFree(job.leaf)
      if (!isFree) exchange.hold()
      const ahead = { headBytes, leftBytes: job.bytes - sent, heldBytes: held.bytes }
      const bytes = isFree ? Math.min(BLOCK_BYTES, held.bytes) : await this.#granted(job, ahead, wireBytes, signal)
      if (exchange.answered) return sum
      if (bytes === null) continue
      const pieces = held.take(bytes)
      sent += bytes
      this.#tools.turnTo('write')
      try {
        await exchange.write(pieces, sent >= job.bytes)
      } catch (thrown) {
        if (exchange.answered) return sum
        throw thrown
      }
      held.release()
      this.#tools.turnTo('work')
      counters.addPayload(index, bytes)
      const written = wireBytes(headBytes + bytes)
      counters.addSocket(index, written)
      quotas.count(job.destinationId, 'bytes', written)
      headBytes = 0
    }
    return sum
  }

  /** What is granted then goes at once; while a connection is made, others have their turn. */
  async #connected(exchange: PutExchange): Promise<void> {
    this.#tools.turnTo('write')
    await exchange.connected()
    this.#tools.turnTo('work')
  }

  /** So many bytes at hand are as many as may be granted at once; without a limit, any. */
  #enough(job: PutJob): number {
    const { index, counters, limiter } = this.#tools
    if (limiter.isFree(job.leaf)) return 1
    return Math.ceil(MOST_OF_A_SLOT * limiter.quantum(this, job.leaf, counters.share(index)))
  }

  /**
   * How many of the `heldBytes` may go now, once they may. The head goes with the first of them and is charged with them.
   * null: a limit has changed.
   */
  async #granted(
    job: PutJob,
    { headBytes, leftBytes, heldBytes }: Ahead,
    wireBytes: WireBytes,
    signal: AbortSignal,
  ): Promise<number | null> {
    const { index, counters, limiter } = this.#tools
    this.#tools.turnTo('limit')
    const asked = {
      leftBytes: wireBytes(headBytes + leftBytes),
      leastBytes: wireBytes(headBytes + Math.min(1, leftBytes)),
      mostBytes: wireBytes(headBytes + heldBytes),
    }
    const grant = await limiter.takeNext(this, job.leaf, asked, counters.share(index), signal)
    if (grant === null) return null
    if (grant.bytes >= asked.mostBytes) return heldBytes
    // What goes along with a content is no more than what goes along with as many bytes as the content and that together.
    return Math.max(1, grant.bytes - (wireBytes(grant.bytes) - grant.bytes) - headBytes)
  }
}
