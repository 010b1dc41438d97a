import { once } from 'node:events'
import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import * as tls from 'node:tls'
import { SluiceError } from '../../shared/errors.ts'
import { http, https } from './node-http.ts'
import type { SignedPut } from './object-request.ts'
import { networkError } from './s3-errors.ts'

/** A connection that does not stand after this long will not: within the 10 s that a mistyped endpoint may take. */
const CONNECT_MS = 8_000
/** A peer that takes nothing, or answers nothing, for this long is gone. */
const SILENCE_MS = 60_000
/** Error documents are small; more than this is not one. */
const MAX_ANSWER_BYTES = 64 * 1024

/** Keep-alive connections to one destination. */
export function createAgent(destination: { readonly baseUrl: string; readonly ca: string | null }): Agent {
  const options = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, scheduling: 'lifo' as const }
  if (!destination.baseUrl.startsWith('https:')) return new http.Agent(options)
  const ca = destination.ca === null ? {} : { ca: [...tls.getCACertificates('default'), destination.ca] }
  return new https.Agent({ ...options, ...ca }) as Agent
}

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
  #timer: NodeJS.Timeout | null = null
  #failure: unknown = null
  #onFailure: ((reason: unknown) => void) | null = null

  constructor(url: URL, signed: SignedPut, agent: Agent, context: string) {
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
    this.#watch(CONNECT_MS)
    this.#request.on('socket', (socket) => {
      if (!socket.connecting) return this.#watch(SILENCE_MS)
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => this.#watch(SILENCE_MS))
    })
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

  /** Resolves when the kernel has taken the bytes, so `bytes` may be reused. */
  write(bytes: Uint8Array, last: boolean): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    this.#watch(SILENCE_MS)
    return new Promise((resolve, reject) => {
      this.#onFailure = reject
      const done = (error?: Error | null) => {
        this.#onFailure = null
        if (error) reject(error)
        else resolve()
      }
      if (last) {
        this.#bodyComplete = true
        // `end` with a body sends head and body in one write; its callback comes when all is flushed.
        this.#request.end(bytes, () => done())
      } else {
        this.#request.write(bytes, done)
      }
    })
  }

  /** The writer waits for the limiter: the silence is ours. */
  hold(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  /** Waits for the peer's answer. */
  answer(): Promise<Answer> {
    this.#watch(SILENCE_MS)
    return this.#answer
  }

  /** Ends the exchange now; its connection is not used again unless it is at rest. */
  destroy(reason?: Error): void {
    this.hold()
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
    const pieces: Buffer[] = []
    let bytes = 0
    response.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes <= MAX_ANSWER_BYTES) pieces.push(piece)
      else response.destroy(new SluiceError(networkError('network-lost', this.#context, 'an endless answer')))
    })
    await once(response, 'end')
    this.#ended = true
    this.hold()
    // The body was cut short by an early answer: the rest of it must not become the next request's.
    if (!this.#bodyComplete) this.#request.destroy()
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces).toString('utf8') }
  }

  #fail(reason: unknown): void {
    this.hold()
    this.#failure = reason
    this.#onFailure?.(reason)
  }

  #watch(ms: number): void {
    this.hold()
    this.#timer = setTimeout(() => {
      this.#request.destroy(
        new SluiceError(networkError('request-timeout', this.#context, `silent for ${ms / 1000} s`)),
      )
    }, ms)
  }
}

/** What Node puts before the body, to the byte: it adds one header to ours. */
export function headBytes(signed: SignedPut): number {
  let bytes = `PUT ${signed.target} HTTP/1.1\r\nConnection: keep-alive\r\n\r\n`.length
  for (const [name, value] of Object.entries(signed.headers)) bytes += name.length + value.length + 4
  return bytes
}
