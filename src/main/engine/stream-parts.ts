import { SluiceError } from '../../shared/errors.ts'
import type { ChecksumAlgorithm } from '../../shared/transfer.ts'
import type { Summer } from './checksums.ts'
import { encodeCrc32, openSummer } from './checksums.ts'
import { crc32, loadNativeCrcs } from './crc32.ts'

/** Memory grows by this much at a time, so that a stream of a few bytes costs no whole part. */
const BLOCK_BYTES = 512 * 1024

/** One part of a stream, kept until the server has it: the stream itself cannot be read again. */
export class StreamPart implements AsyncIterable<Uint8Array> {
  readonly #blocks: Uint8Array[] = []
  bytes = 0
  crc32 = 0
  /** Base64 in the reader's algorithm, once the part is read; null for 'none'. */
  checksum: string | null = null
  /** Nothing follows it. */
  last = false

  /** Copies: a source may use its buffer again. */
  append(bytes: Uint8Array): void {
    this.crc32 = crc32(bytes, this.crc32)
    for (let rest = bytes; rest.byteLength > 0; ) {
      const used = this.bytes % BLOCK_BYTES
      if (used === 0) this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES))
      const piece = rest.subarray(0, BLOCK_BYTES - used)
      this.#blocks.at(-1)?.set(piece, used)
      this.bytes += piece.byteLength
      rest = rest.subarray(piece.byteLength)
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    let left = this.bytes
    for (const block of this.#blocks) {
      yield block.subarray(0, left)
      left -= block.byteLength
    }
  }
}

/** Cuts a source of bytes into parts. */
export class PartReader {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #signal: AbortSignal
  readonly #algorithm: ChecksumAlgorithm
  #summer: Summer | null = null
  #rest: Uint8Array = new Uint8Array()

  constructor(source: AsyncIterable<Uint8Array>, algorithm: ChecksumAlgorithm, signal: AbortSignal) {
    this.#algorithm = algorithm
    this.#iterator = source[Symbol.asyncIterator]()
    this.#signal = signal
  }

  /**
   * The next part: `partBytes`, or fewer at the end of the source, which it knows when it has seen what follows.
   * @throws the signal's reason at once; a SluiceError `source-unreadable` when the source fails
   */
  async read(partBytes: number): Promise<StreamPart> {
    const part = new StreamPart()
    const algorithm = this.#algorithm
    // A CRC-32 is taken anyway.
    await loadNativeCrcs()
    if (algorithm !== 'none' && algorithm !== 'crc32') this.#summer ??= await openSummer(algorithm)
    this.#summer?.begin()
    await this.#fill(part, partBytes)
    part.checksum = this.#summer?.end() ?? (algorithm === 'crc32' ? encodeCrc32(part.crc32) : null)
    return part
  }

  async #fill(part: StreamPart, partBytes: number): Promise<void> {
    for (;;) {
      while (this.#rest.byteLength === 0) {
        const next = await this.#next()
        if (next.done === true) {
          part.last = true
          return
        }
        this.#rest = next.value
      }
      if (part.bytes === partBytes) return
      const piece = this.#rest.subarray(0, partBytes - part.bytes)
      part.append(piece)
      this.#summer?.update(piece)
      this.#rest = this.#rest.subarray(piece.byteLength)
    }
  }

  /** Lets the source go; does not wait for one that is silent. */
  close(): void {
    this.#iterator.return?.().catch(() => {})
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const signal = this.#signal
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason)
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      this.#iterator
        .next()
        .then(resolve, (thrown) => reject(sourceFailed(thrown)))
        .finally(() => signal.removeEventListener('abort', onAbort))
    })
  }
}

function sourceFailed(thrown: unknown): SluiceError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown reason'
  const message = `Standard input could not be read to its end (${code}), so nothing was kept of it.`
  return new SluiceError({ code: 'source-unreadable', message, detail: String(thrown) }, thrown)
}
