import { once } from 'node:events'
import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { SluiceError } from '../../shared/errors.ts'
import { leastBytesPerSecond } from '../core/progress-watch.ts'
import { dropIdle, nameIssuer } from './agent.ts'
import { http, https } from './node-http.ts'
import type { SignedPut } from './object-request.ts'
import { RequestWatch } from './request-watch.ts'
import { networkError, unreadable } from './system-errors.ts'

/** Error documents are small; more than this is not one. */
const MAX_ANSWER_BYTES = 64 * 1024

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/**
 * One HTTP exchange with a body that the caller writes piece by piece. It never retries, and
 * every wait on the network has an end.
 */
export class PutExchange {
  readonly headBytes: number
  /** The peer may answer before the body is through: then writing on makes no sense. */
  answered = false
  readonly #request: ClientRequest
  readonly #answer: Promise<Answer>
  readonly #context: string
  #bodyComplete = false
  #ended = false
  readonly #watch: RequestWatch
  #failure: unknown = null
  #onFailure: ((reason: unknown) => void) | null = null

  /** @param limit of the strictest limit on its way, as it is when asked: what the peer must take depends on it */
  constructor(url: URL, signed: SignedPut, agent: Agent, context: string, limit: () => number | null = () => null) {
    this.#context = context
    const module = url.protocol === 'https:' ? https : http
    this.#request = module.request({
      method: 'PUT',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: signed.target,
      headers: signed.headers,
      agent,
      setHost: false,
    })
    this.headBytes = headBytes(signed)
    nameIssuer(this.#request)
    const stuck = (why: string) => {
      dropIdle(agent)
      this.destroy(new SluiceError(networkError('request-timeout', context, why)))
    }
    const least = () => leastBytesPerSecond(limit())
    this.#watch = new RequestWatch(this.#request, url.protocol === 'https:', least, stuck)
    this.#answer = this.#receive()
    // Failures reach the caller through `write` or `answer`; an exchange that is given up has no reader left.
    this.#answer.catch((reason) => this.#fail(reason))
  }

  /** The whole body was handed over. */
  get complete(): boolean {
    return this.#bodyComplete
  }

  /** The exchange went through to the end, so its connection may serve the next one. */
  get atRest(): boolean {
    return this.#ended && this.#bodyComplete
  }

  /** True if a connection of an earlier request was used: its peer may have closed it in the meantime. */
  get reusedSocket(): boolean {
    return this.#request.reusedSocket
  }

  /** Resolves once its connection stands, so that what is written then goes at once. */
  connected(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#onFailure = reject
      this.#watch.whenConnected(() => {
        this.#onFailure = null
        resolve()
      })
    })
  }

  /** Resolves when the kernel has taken all `pieces`, in one go, so that their memory may be used again. */
  write(pieces: readonly Uint8Array[], last: boolean): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    this.#watch.writing(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
    const end = pieces.at(-1) ?? new Uint8Array()
    return new Promise((resolve, reject) => {
      this.#onFailure = reject
      const done = (error?: Error | null) => {
        this.#onFailure = null
        if (error) reject(error)
        else resolve()
      }
      const isOne = pieces.length <= 1
      if (!isOne) this.#request.cork()
      for (const piece of pieces.slice(0, -1)) this.#request.write(piece)
      if (last) {
        this.#bodyComplete = true
        // `end` with a body sends head and body in one write, and uncorks; its callback comes when all is flushed.
        this.#request.end(end, () => done())
      } else {
        this.#request.write(end, done)
      }
      if (!isOne && !last) this.#request.uncork()
    })
  }

  /** The writer waits for the limiter: the silence is ours. */
  hold(): void {
    this.#watch.hold()
  }

  /** Waits for the peer's answer. */
  answer(): Promise<Answer> {
    this.#watch.awaitAnswer()
    return this.#answer
  }

  /** Ends the exchange now; its connection is not used again unless it is at rest. */
  destroy(reason?: Error): void {
    this.#watch.end()
    this.#request.destroy(reason)
  }

  async #receive(): Promise<Answer> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      this.#request.once('response', resolve)
      this.#request.once('error', reject)
      this.#request.once('close', () => {
        // Each exchange closes in the end; only one without an answer has failed.
        if (!this.answered) reject(new SluiceError(networkError('network-lost', this.#context, 'closed')))
      })
    })
    this.answered = true
    this.#watch.receive()
    const pieces: Buffer[] = []
    let bytes = 0
    response.on('data', (piece: Buffer) => {
      bytes += piece.length
      this.#watch.receive()
      if (bytes <= MAX_ANSWER_BYTES) pieces.push(piece)
      else response.destroy(new SluiceError({ ...unreadable(this.#context), detail: 'it is too large' }))
    })
    await once(response, 'end')
    this.#ended = true
    this.#watch.end()
    // The body was cut short by an early answer: the rest of it must not become the next request's.
    if (!this.#bodyComplete) this.#request.destroy()
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces).toString('utf8') }
  }

  #fail(reason: unknown): void {
    this.#watch.end()
    this.#failure = reason
    this.#onFailure?.(reason)
  }
}

/** What Node puts before the body, to the byte: it adds one header to ours. */
export function headBytes(signed: SignedPut): number {
  let bytes = `PUT ${signed.target} HTTP/1.1\r\nConnection: keep-alive\r\n\r\n`.length
  for (const [name, value] of Object.entries(signed.headers)) bytes += name.length + value.length + 4
  return bytes
}
