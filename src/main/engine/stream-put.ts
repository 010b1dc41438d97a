import type { Agent } from 'node:http'
import { SluiceError } from '../../shared/errors.ts'
import type { ChecksumAlgorithm } from '../../shared/transfer.ts'
import type { BodyLimiter } from '../flow/throttled-body.ts'
import { throttle } from '../flow/throttled-body.ts'
import { connectBytesOf } from './agent.ts'
import { answeredChecksum } from './checksum-names.ts'
import type { PutRequestInput } from './object-request.ts'
import { PutSigner } from './object-request.ts'
import type { Answer } from './put-exchange.ts'
import { PutExchange } from './put-exchange.ts'
import { errorFromAnswer, readS3Error } from './s3-errors.ts'
import type { SenderDestination } from './sender-protocol.ts'
import type { StreamPart } from './stream-parts.ts'
import type { WireBytes } from './wire-bytes.ts'
import { wireBytesOf } from './wire-bytes.ts'

/** The way of one PUT: where to, over which connections, held to which limits, counted where. */
export interface StreamRoute {
  readonly destination: SenderDestination
  readonly agent: Agent
  /** One connection's way through the limit tree. */
  readonly limiter: BodyLimiter
  /** Told of each write: bytes of the part, and what they are on the wire. */
  readonly onSent: (payloadBytes: number, wireBytes: number) => void
}

export interface PutDone {
  readonly etag: string
  readonly versionId: string | null
  /** Base64 in the algorithm that was sent; null where the server returned none. */
  readonly serverChecksum: string | null
}

/**
 * Sends one part (or a whole small object) from memory, through `throttle`: every byte handed to the socket is paid
 * for, the head and a handshake when they go, TLS by its known overhead. Nothing is signed or connected before the first byte may go.
 * @throws PutRefused with the server's answer; errors of the network, unchanged; the signal's reason
 */
export async function putPart(
  part: StreamPart,
  input: Omit<PutRequestInput, 'bytes'>,
  route: StreamRoute,
  signal: AbortSignal,
): Promise<PutDone> {
  const algorithm = input.checksum?.algorithm ?? 'none'
  return readAnswer(await new StreamPut(part, input, route, signal).run(), algorithm, route)
}

/** The server answered, and not with success. */
export class PutRefused extends SluiceError {
  readonly status: number
  constructor(failure: SluiceError['failure'], status: number) {
    super(failure)
    this.status = status
  }
}

class StreamPut {
  readonly #part: StreamPart
  readonly #input: Omit<PutRequestInput, 'bytes'>
  readonly #route: StreamRoute
  readonly #signal: AbortSignal
  readonly #wireBytes: WireBytes
  #exchange: PutExchange | null = null

  constructor(part: StreamPart, input: Omit<PutRequestInput, 'bytes'>, route: StreamRoute, signal: AbortSignal) {
    this.#part = part
    this.#input = input
    this.#route = route
    this.#signal = signal
    this.#wireBytes = wireBytesOf(new URL(route.destination.baseUrl).protocol)
  }

  async run(): Promise<Answer> {
    const onAbort = () => this.#exchange?.destroy(this.#signal.reason)
    this.#signal.addEventListener('abort', onAbort, { once: true })
    try {
      await this.#write()
      const exchange = this.#exchange ?? (await this.#begin())
      if (this.#part.bytes === 0) await exchange.write([], true)
      return await exchange.answer()
    } finally {
      this.#signal.removeEventListener('abort', onAbort)
      if (this.#exchange?.atRest === false) this.#exchange.destroy()
    }
  }

  async #write(): Promise<void> {
    let left = this.#part.bytes
    for await (const piece of throttle(this.#part, { limiter: this.#limiter(), signal: this.#signal })) {
      const exchange = this.#exchange ?? (await this.#begin())
      if (exchange.answered) return
      left -= piece.byteLength
      try {
        await exchange.write([piece], left === 0)
      } catch (thrown) {
        if (exchange.answered) return
        throw thrown
      }
      this.#route.onSent(piece.byteLength, this.#wireBytes(piece.byteLength))
    }
  }

  async #begin(): Promise<PutExchange> {
    const { destination, agent, limiter, onSent } = this.#route
    const signed = await new PutSigner(destination).sign({ ...this.#input, bytes: this.#part.bytes })
    this.#signal.throwIfAborted()
    const url = new URL(destination.baseUrl)
    const connectBytes = connectBytesOf(agent, url.protocol)
    const exchange = new PutExchange(url, signed, agent, destination.context)
    const aheadBytes = connectBytes + this.#wireBytes(exchange.headBytes)
    limiter.charge(aheadBytes)
    onSent(0, aheadBytes)
    this.#exchange = exchange
    return exchange
  }

  /** The tree's, in bytes on the wire. While it is waited for, the silence of the exchange is ours. */
  #limiter(): BodyLimiter {
    const { limiter } = this.#route
    return {
      quantum: () => limiter.quantum(),
      take: (bytes, signal) => {
        this.#exchange?.hold()
        return limiter.take(this.#wireBytes(bytes), signal)
      },
      charge: (bytes) => limiter.charge(this.#wireBytes(bytes)),
      rest: () => limiter.rest(),
    }
  }
}

function readAnswer(answer: Answer, algorithm: ChecksumAlgorithm, { destination }: StreamRoute): PutDone {
  const { status, headers, body } = answer
  if (status < 200 || status >= 300) {
    const error = errorFromAnswer(readS3Error(status, headers, body), destination.context, Date.now())
    throw new PutRefused(error, status)
  }
  const etag = headers.etag ?? ''
  if (etag === '') {
    const message = 'The server accepted the bytes but named no ETag, so nothing proves that it kept them.'
    throw new PutRefused({ code: 'answer-invalid', message }, status)
  }
  const versionId = headers['x-amz-version-id']
  return {
    etag,
    versionId: typeof versionId === 'string' ? versionId : null,
    serverChecksum: answeredChecksum(algorithm, headers),
  }
}
