import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BodyReader, ScriptedAnswer } from './body-reader.ts'
import type { Answer } from './exchange.ts'
import type { FaultAction, FaultPlan } from './faults.ts'
import { HANDLERS } from './operations.ts'
import type { RequestLog } from './request-log.ts'
import { loggableQuery } from './request-log.ts'
import type { Operation } from './routes.ts'
import { routeOf } from './routes.ts'
import { Hangup, S3Error } from './s3-error.ts'
import type { SignatureChecker } from './signature.ts'
import type { Store } from './store.ts'
import type { Target } from './target.ts'
import { parseTarget } from './target.ts'
import { errorDocument } from './xml.ts'

export interface DispatcherOptions {
  readonly store: Store
  readonly region: string
  readonly checker: SignatureChecker
  readonly faults: FaultPlan
  readonly log: RequestLog
  readonly pageSize: number
  readonly idleBodyMs: number
}

/** What became known of a request so far: enough to answer and log it, whenever it fails. */
interface Progress {
  readonly requestId: string
  target: Target | null
  operation: Operation | null
  fault: FaultAction | null
  body: BodyReader | null
  status: number
  errorCode: string | null
}

/** Takes each request from its first line to its last byte: route, fault, signature, operation, answer, log. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #running = new Set<Promise<void>>()
  readonly #idPrefix = randomBytes(4).toString('hex').toUpperCase()
  #count = 0

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /** `waits`: the client sends its body only when told to (Expect: 100-continue). */
  handle(request: IncomingMessage, response: ServerResponse, waits: boolean): void {
    const run = this.#handle(request, response, waits).finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  /** Resolves when no request is being worked on. */
  async idle(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #handle(request: IncomingMessage, response: ServerResponse, waits: boolean): Promise<void> {
    const atMs = Date.now()
    const requestId = `${this.#idPrefix}${(++this.#count).toString(16).toUpperCase().padStart(8, '0')}`
    const progress: Progress = {
      requestId,
      target: null,
      operation: null,
      fault: null,
      body: null,
      status: 0,
      errorCode: null,
    }
    response.on('error', () => {})
    try {
      let answer: Answer
      try {
        answer = await this.#answer(request, response, waits, progress)
      } catch (error) {
        answer = this.#errorAnswer(error, request, progress, response)
      }
      await this.#send(response, answer, progress)
    } catch {
      // Hangup, scripted or not: there is nobody to answer.
      progress.status = 0
      response.destroy()
      request.socket.destroy()
    } finally {
      this.#log(request, progress, atMs)
    }
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    waits: boolean,
    progress: Progress,
  ): Promise<Answer> {
    const { headers, method = '' } = request
    const { store, region, checker, faults, pageSize, idleBodyMs } = this.#options
    const target = parseTarget(method, request.url ?? '', headers.host ?? '')
    progress.target = target
    const hasCopySource = headers['x-amz-copy-source'] !== undefined && !target.query.has('uploadId')
    const operation = routeOf(method, target.bucket, target.key, target.query, hasCopySource)
    progress.operation = operation
    const token = [headers['x-amz-security-token'] ?? null].flat()[0] ?? null
    const fault = faults.take(operation, target.key, partNumberOf(target), token)
    progress.fault = fault
    const body = new BodyReader(request, () => waits && response.writeContinue(), fault, idleBodyMs)
    progress.body = body
    if (fault !== null) {
      const scripted = await beforehand(fault, request)
      if (scripted !== null) return this.#scripted(scripted, progress)
    }
    if (fault?.kind === 'refuse-checksums') refuseChecksums(headers)
    const signature = checker.check(target, headers, Date.now())
    return await HANDLERS[operation]({ target, headers, signature, body, store, region, pageSize, fault })
  }

  #errorAnswer(error: unknown, request: IncomingMessage, progress: Progress, response: ServerResponse): Answer {
    if (error instanceof ScriptedAnswer) return this.#scripted(error.action, progress)
    if (error instanceof Hangup) throw error
    let refusal: S3Error
    if (error instanceof S3Error) refusal = error
    else {
      if (response.destroyed) throw error
      // The cause stays here: its text can name files of this machine.
      process.emitWarning(`demo bucket: ${error instanceof Error ? error.message : String(error)}`)
      refusal = new S3Error('InternalError', 'We encountered an internal error. Please try again.')
    }
    progress.errorCode = refusal.code
    const body = this.#errorBody(refusal.code, refusal.message, progress, refusal.extra)
    return { status: refusal.status, headers: refusal.headers, ...(request.method === 'HEAD' ? {} : { body }) }
  }

  #scripted(action: Extract<FaultAction, { kind: 'answer' | 'error-in-ok' }>, progress: Progress): Answer {
    progress.errorCode = action.code
    const body = this.#errorBody(action.code, action.message ?? 'A scripted fault of the demo bucket.', progress, {})
    if (action.kind === 'error-in-ok') return { status: 200, body }
    const { retryAfterSeconds, region } = action
    return {
      status: action.status,
      headers: {
        ...(retryAfterSeconds === undefined ? {} : { 'retry-after': retryAfterSeconds }),
        ...(region === undefined ? {} : { 'x-amz-bucket-region': region }),
      },
      ...(progress.target?.method === 'HEAD' ? {} : { body }),
    }
  }

  #errorBody(code: string, message: string, progress: Progress, extra: Readonly<Record<string, string>>): string {
    const resource = progress.target?.rawPath ?? ''
    return errorDocument({ Code: code, Message: message, Resource: resource, ...extra, RequestId: progress.requestId })
  }

  async #send(response: ServerResponse, answer: Answer, progress: Progress): Promise<void> {
    const { fault } = progress
    const { body } = answer
    const failed = progress.errorCode !== null
    if (response.destroyed || (!failed && fault?.kind === 'drop' && 'when' in fault)) {
      if (body instanceof Readable) body.destroy()
      throw new Hangup('the answer was not sent')
    }
    progress.status = answer.status
    if (!failed && fault?.kind === 'empty-answer') {
      if (body instanceof Readable) body.destroy()
      response.writeHead(200, { 'content-length': 0 }).end()
      return
    }
    const headers: Record<string, string | number> = {
      'x-amz-request-id': progress.requestId,
      ...(typeof body === 'string' ? { 'content-type': 'application/xml' } : {}),
      ...answer.headers,
    }
    if (!failed && fault?.kind === 'wrong-etag') headers.etag = '"00000000000000000000000000000bad"'
    if (body instanceof Readable) {
      response.writeHead(answer.status, headers)
      if (fault?.kind === 'truncated-answer') await truncate(body, response, fault.bytes)
      await pipeline(body, response)
      return
    }
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (answer.status !== 204 && answer.status !== 304) headers['content-length'] ??= bytes?.length ?? 0
    response.writeHead(answer.status, headers)
    if (!failed && fault?.kind === 'truncated-answer' && bytes !== undefined) {
      await truncate(Readable.from([bytes]), response, fault.bytes)
    }
    response.end(bytes)
  }

  #log(request: IncomingMessage, progress: Progress, atMs: number): void {
    const { target, operation, body, status, errorCode } = progress
    this.#options.log.add({
      operation,
      method: request.method ?? '',
      path: target?.rawPath ?? '',
      query: loggableQuery(target?.rawQuery ?? ''),
      key: target?.key ?? null,
      partNumber: target === null ? null : partNumberOf(target),
      status,
      errorCode,
      bodyBytes: body?.receivedBytes ?? 0,
      atMs,
    })
  }
}

function partNumberOf({ query }: Target): number | null {
  const text = query.get('partNumber')
  return text === undefined ? null : Number(text)
}

/** What a fault does before the operation begins; the answer that replaces it, or null to go on. @throws Hangup. */
async function beforehand(
  fault: FaultAction,
  request: IncomingMessage,
): Promise<Extract<FaultAction, { kind: 'answer' | 'error-in-ok' }> | null> {
  if (fault.kind === 'delay') await delay(fault.ms, request)
  else if (fault.kind === 'drop' && 'when' in fault && fault.when === 'before-reading') {
    throw new Hangup('scripted: dropped before reading')
  } else if (fault.kind === 'error-in-ok' || (fault.kind === 'answer' && fault.afterBytes === undefined)) return fault
  return null
}

/** Ends early, by throwing, when the client goes away or the server closes. */
function delay(ms: number, { socket }: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => {
      clearTimeout(timer)
      reject(new Hangup('the client went away'))
    }
    const timer = setTimeout(() => {
      socket.off('close', onClose)
      resolve()
    }, ms)
    socket.once('close', onClose)
  })
}

/** Sends the first bytes of what was announced and closes the socket. */
async function truncate(body: Readable, response: ServerResponse, bytes: number): Promise<never> {
  let left = bytes
  for await (const piece of body as AsyncIterable<Buffer>) {
    if (left <= 0) break
    response.write(piece.subarray(0, left))
    left -= piece.length
  }
  await new Promise<void>((resolve) => response.write('', () => resolve()))
  throw new Hangup('scripted: truncated')
}

function refuseChecksums(headers: IncomingHttpHeaders): void {
  const name = Object.keys(headers).find((header) => /^x-amz-(?:sdk-)?checksum-/.test(header))
  if (name !== undefined) {
    throw new S3Error('InvalidArgument', `Unsupported header '${name}' received for this API call.`)
  }
}
