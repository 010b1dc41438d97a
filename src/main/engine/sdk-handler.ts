import type { Agent, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { S3Client } from '@aws-sdk/client-s3'
import type { HttpHandlerOptions, HttpRequest, HttpResponse, RequestHandler } from '@smithy/types'
import { leastBytesPerSecond } from '../core/progress-watch.ts'
import { connectBytesOf, nameIssuer } from './agent.ts'
import { http, https } from './node-http.ts'
import { RequestWatch } from './request-watch.ts'
import { ANSWER_TOO_LARGE } from './system-errors.ts'
import { wireBytesOf } from './wire-bytes.ts'

/** A page of 1 000 parts or keys is about 400 KB; nothing that we ask for is larger than this. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
/** These bytes wait for no limiter. */
const UNLIMITED = () => leastBytesPerSecond(null)

/**
 * Carries the SDK's control calls (create, complete, head, list, abort) over our agent: no redirects, bounded
 * answers, an end to every wait, and each byte on the wire told to `onBytes` so that the limiter can charge it.
 */
export class SdkHandler implements RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions> {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #agent: Agent
  readonly #onBytes: (bytes: number) => void

  constructor(agent: Agent, onBytes: (bytes: number) => void) {
    this.#agent = agent
    this.#onBytes = onBytes
  }

  destroy(): void {
    this.#agent.destroy()
  }

  async handle(request: HttpRequest, options: HttpHandlerOptions = {}): Promise<{ response: HttpResponse }> {
    const query = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
      value === null ? [escapeQuery(name)] : [value].flat().map((one) => `${escapeQuery(name)}=${escapeQuery(one)}`),
    )
    const path = query.length === 0 ? request.path : `${request.path}?${query.join('&')}`
    const body: Uint8Array | string = request.body ?? ''
    const { answer, watch } = await this.#exchange(request, path, body, options)
    const bytes = await readAll(answer, watch)
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(answer.headers)) headers[name] = [value].flat().join(', ')
    return { response: { statusCode: answer.statusCode ?? 0, headers, body: Readable.from([bytes]) } }
  }

  #exchange(request: HttpRequest, path: string, body: Uint8Array | string, options: HttpHandlerOptions) {
    const secure = request.protocol === 'https:'
    const module = secure ? https : http
    return new Promise<{ answer: IncomingMessage; watch: RequestWatch }>((resolve, reject) => {
      const connectBytes = connectBytesOf(this.#agent, request.protocol)
      const outgoing = module.request({
        method: request.method,
        host: request.hostname.replace(/^\[|\]$/g, ''),
        ...(request.port === undefined ? {} : { port: request.port }),
        path,
        headers: request.headers,
        agent: this.#agent,
      })
      const giveUp = (code: string, message: string) => outgoing.destroy(Object.assign(new Error(message), { code }))
      const stuck = (why: string) => giveUp('ETIMEDOUT', why)
      const watch = new RequestWatch(outgoing, secure, UNLIMITED, stuck)
      outgoing.on('response', (answer) => resolve({ answer, watch }))
      nameIssuer(outgoing)
      outgoing.on('error', reject)
      if (options.abortSignal) options.abortSignal.onabort = () => giveUp('ECONNABORTED', 'stopped')
      watch.writing(Buffer.byteLength(body))
      outgoing.end(body, () => watch.awaitAnswer())
      const bytes = path.length + headerBytes(request.headers) + Buffer.byteLength(body)
      this.#onBytes(connectBytes + wireBytesOf(request.protocol)(bytes))
    })
  }
}

/**
 * What the SDK leaves to retries, which are the engine's here: told that the clock is wrong it knows the server's time,
 * so the call is made once more; and an error learns of which command it is (`commandName`).
 */
export function mendCalls(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        try {
          return await next(args)
        } catch (thrown) {
          if (isCorrectedSkew(thrown)) return await next(args)
          throw thrown instanceof Error ? Object.assign(thrown, { commandName }) : thrown
        }
      },
    { step: 'initialize', name: 'sluiceMendCalls' },
  )
}

function isCorrectedSkew(thrown: unknown): boolean {
  const { $metadata } = thrown as { readonly $metadata?: { readonly clockSkewCorrected?: boolean } }
  return $metadata?.clockSkewCorrected === true
}

/** Request line and framing beside path and headers, to within the few bytes that Node may add. */
function headerBytes(headers: Readonly<Record<string, string>>): number {
  let bytes = 40
  for (const [name, value] of Object.entries(headers)) bytes += name.length + value.length + 4
  return bytes
}

async function readAll(answer: IncomingMessage, watch: RequestWatch): Promise<Buffer> {
  watch.receive()
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    watch.receive()
    bytes += piece.length
    if (bytes > MAX_ANSWER_BYTES) throw Object.assign(new Error('the answer is too large'), { code: ANSWER_TOO_LARGE })
    pieces.push(piece)
  }
  watch.end()
  return Buffer.concat(pieces)
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}
