/** What holds a body to a rate: one connection's way through the limit tree (`bodyLimiter`), or a test's own. */
export interface BodyLimiter {
  /** Bytes of one write, above 0; asked anew for each. */
  quantum(): number
  /**
   * Waits until `bytes` may go. null: the limit has changed meanwhile, so ask again for the quantum of now. Rejects
   * with the signal's reason at once. In both cases nothing was charged.
   */
  take(bytes: number, signal: AbortSignal): Promise<unknown>
  /** Charges bytes that have gone already, without waiting. */
  charge(bytes: number): void
  /** There is nothing to send for now, and time that passes until the next `take` is not lost by the limiter. */
  rest(): void
}

/** Small chunks share a charge up to here: what went without a ticket is made up for within a second at any rate. */
const MOST_OWED_BYTES = 16 * 1024

export interface ThrottleOptions {
  readonly limiter: BodyLimiter
  readonly signal: AbortSignal
  /** False while the body is only read to be summed or signed: those reads are free. Default: always true. */
  readonly transferring?: () => boolean
}

/**
 * The bytes of `source`, identical and in order, at the limiter's pace from the first one on.
 *
 * A chunk above the quantum is split (views, no copies: a source may reuse its buffer once asked for the next chunk).
 * Chunks below it share a charge, so that a body of single bytes costs as few tickets as one of blocks; what was
 * handed on without a ticket is always less than a quantum, and is charged at the end, or when a reader leaves
 * early; the next body waits for it.
 *
 * Source: s3transfer's `BandwidthLimitedStream`, without its 256 KiB free per stream, and the aiohttp payload of an
 * async iterable, without its period of burst at the start.
 *
 * ```ts
 * for await (const chunk of throttle(process.stdin, { limiter, signal })) socket.write(chunk)
 * ```
 *
 * @throws the signal's reason, at once, whether it waits for the limiter or for the source; what the source
 * throws, unchanged. The source is closed (`return()`) in either case.
 */
export async function* throttle(
  source: AsyncIterable<Uint8Array>,
  { limiter, signal, transferring = () => true }: ThrottleOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let begun = false
  let owedBytes = 0
  let end: 'left' | 'done' | 'thrown' = 'left'
  try {
    for (;;) {
      limiter.rest()
      const next = await unlessAborted(iterator.next(), signal)
      if (next.done === true) break
      for (let rest = next.value; rest.byteLength > 0; ) {
        if (!transferring()) {
          yield rest
          break
        }
        const quantum = Math.max(1, Math.floor(limiter.quantum()))
        const piece = rest.subarray(0, Math.max(1, quantum - owedBytes))
        const bytes = owedBytes + piece.byteLength
        // The first piece pays at once, and so for what the body before it left: many short ones keep the rate too.
        if (!begun || bytes >= Math.min(quantum, MOST_OWED_BYTES)) {
          if ((await limiter.take(bytes, signal)) === null) continue
          begun = true
          owedBytes = 0
        } else {
          owedBytes = bytes
        }
        rest = rest.subarray(piece.byteLength)
        yield piece
        signal.throwIfAborted()
      }
    }
    end = 'done'
  } catch (reason) {
    end = 'thrown'
    throw reason
  } finally {
    if (owedBytes > 0) limiter.charge(owedBytes)
    // A source may answer a `return` only once its next chunk has come: an error does not wait, nor is it masked.
    if (end === 'thrown') iterator.return?.().catch(() => {})
    if (end === 'left') await iterator.return?.()
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    const end = () => signal.removeEventListener('abort', onAbort)
    promise.then(resolve, reject).finally(end)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}
