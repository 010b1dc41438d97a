import type { Agent } from 'node:http'
import { SluiceError } from '../../shared/errors.ts'
import { RequestPacer } from '../flow/request-pacer.ts'
import type { ThreadLimiter } from '../flow/thread-limiter.ts'
import { connectBytesOf } from './agent.ts'
import { answeredChecksum } from './checksum-names.ts'
import { sameContent } from './compare-file.ts'
import type { Counters } from './counters.ts'
import type { BlockPool } from './held-bytes.ts'
import { BLOCK_BYTES } from './held-bytes.ts'
import { LaneBody } from './lane-body.ts'
import type { Promised } from './lane-sums.ts'
import { LaneSums } from './lane-sums.ts'
import { LaneTools } from './lane-tools.ts'
import type { PutSigner } from './object-request.ts'
import type { Answer } from './put-exchange.ts'
import { PutExchange } from './put-exchange.ts'
import type { QuotaMeter } from './quota-meter.ts'
import { errorFromAnswer, errorFromThrown, readS3Error } from './s3-errors.ts'
import type { CompareJob, Job, Outcome, PartThere, PutJob } from './sender-protocol.ts'
import { SourceFile } from './source-file.ts'
import { wireBytesOf } from './wire-bytes.ts'

/** What was sent under a wrong date goes again at once, as after a stop. */
const CLOCK_CORRECTED = {
  code: 'interrupted',
  message: 'The request is signed anew with the time of the server.',
} as const

/** Where a lane sends to; shared by the lanes of one sender. */
export interface Route {
  readonly url: URL
  readonly signer: PutSigner
  readonly agent: Agent
  /** For messages: `bucket "b" at host`. */
  readonly context: string
}

/** One connection in flight: takes one job at a time, reads, sums, waits for the limiter, writes. */
export class Lane {
  readonly #tools: LaneTools
  readonly #sums: LaneSums
  readonly #body: LaneBody
  #abort = new AbortController()

  constructor(index: number, counters: Counters, quotas: QuotaMeter, limiter: ThreadLimiter, pool: BlockPool) {
    this.#tools = new LaneTools(index, counters, quotas, limiter, pool)
    this.#sums = new LaneSums(this.#tools)
    this.#body = new LaneBody(this.#tools)
  }

  /** Ends the job that is running; it still answers, with 'interrupted'. */
  stop(): void {
    this.#abort.abort(new SluiceError({ code: 'interrupted', message: 'The request was stopped.' }))
  }

  /** Never rejects: what goes wrong is the outcome. */
  async run(job: Job, route: Route | undefined): Promise<Outcome> {
    const { index, counters } = this.#tools
    this.#abort = new AbortController()
    counters.begin(index, job.jobId)
    try {
      if (job.kind === 'compare') return await this.#compare(job)
      if (route === undefined) throw new Error('a job came before its destination')
      return await this.#put(job, route)
    } catch (thrown) {
      return this.#failed(job, errorFromThrown(thrown, route?.context ?? 'the server'), 0, 0)
    } finally {
      this.#tools.turnTo(null)
      counters.begin(index, 0)
    }
  }

  async #put(job: PutJob, route: Route): Promise<Outcome> {
    const { held, quotas, limiter } = this.#tools
    const { signal } = this.#abort
    const wireBytes = wireBytesOf(route.url.protocol)
    this.#tools.turnTo('read')
    const file = await SourceFile.open(job.path, job.identity)
    this.#tools.turnTo('work')
    try {
      const promised = await this.#sums.beforehand(job, file, signal)
      if (job.there !== null && (await this.#sums.isThere(job.there, job, file, promised, signal))) {
        await file.checkPath(job.identity)
        return keptThere(job, job.there, promised)
      }
      for (let attempt = 1; ; attempt++) {
        // Before signing: a signature is good for 15 minutes, and a turn may be longer in coming.
        await this.#pace(job.requestLeaves)
        const connectBytes = connectBytesOf(route.agent, route.url.protocol)
        if (connectBytes > 0) await this.#payConnection(job, connectBytes)
        quotas.count(job.destinationId, 'requests', 1)
        const signed = await route.signer.sign({
          key: job.key,
          part: job.part,
          bytes: job.bytes,
          checksum: promised.checksum,
          onlyIfNew: job.onlyIfNew,
          headers: job.headers,
        })
        const startedAt = performance.now()
        const exchange = new PutExchange(route.url, signed, route.agent, route.context, () =>
          limiter.strictest(job.leaf),
        )
        const onAbort = () => exchange.destroy(signal.reason)
        signal.addEventListener('abort', onAbort, { once: true })
        try {
          const written = await this.#body.write(job, file, exchange, { promised, wireBytes }, signal)
          this.#tools.turnTo('answer')
          const answer = await exchange.answer()
          this.#tools.turnTo('read')
          if (exchange.complete) await file.checkPath(job.identity)
          if (exchange.complete && written !== promised.crc32) throw file.changed()
          if (route.signer.learnsClock(signed, answer)) return this.#failed(job, CLOCK_CORRECTED, 403, 0)
          return this.#outcome(job, answer, exchange.complete, promised, startedAt, route)
        } catch (thrown) {
          // A server may close a connection at rest just as we use it again; nothing was processed.
          const stale = exchange.reusedSocket && !exchange.answered && attempt === 1 && isConnectionLoss(thrown)
          if (stale && !signal.aborted && this.#tools.sentBytes <= BLOCK_BYTES) continue
          throw thrown
        } finally {
          signal.removeEventListener('abort', onAbort)
          if (!exchange.atRest) exchange.destroy()
        }
      }
    } finally {
      held.clear()
      file.close()
    }
  }

  /** Waits for this request's turn; at once where nothing paces requests. */
  async #pace(leaves: readonly number[]): Promise<void> {
    this.#tools.turnTo('turn')
    await new RequestPacer(this.#tools.limiter, leaves).take(this.#abort.signal)
    this.#tools.turnTo('work')
  }

  /** Its handshake goes out as soon as there is a request: at a low limit it is a noticeable part of a second. */
  async #payConnection(job: PutJob, bytes: number): Promise<void> {
    const { index, counters, limiter, quotas } = this.#tools
    this.#tools.turnTo('limit')
    const asked = { leftBytes: bytes, leastBytes: bytes, mostBytes: bytes }
    while (!(await limiter.takeNext(this.#body, job.leaf, asked, counters.share(index), this.#abort.signal)));
    this.#tools.turnTo('work')
    counters.addSocket(index, bytes)
    quotas.count(job.destinationId, 'bytes', bytes)
  }

  #outcome(
    job: PutJob,
    answer: Answer,
    complete: boolean,
    promised: Promised,
    startedAt: number,
    route: Route,
  ): Outcome {
    const requestMs = performance.now() - startedAt
    const etag = header(answer, 'etag')
    if (answer.status >= 200 && answer.status < 300) {
      if (!complete) {
        const message = 'The server said that it had kept the bytes before it had them all.'
        return this.#failed(job, { code: 'answer-invalid', message }, answer.status, requestMs)
      }
      if (etag !== '') {
        return {
          kind: 'put',
          jobId: job.jobId,
          etag,
          versionId: header(answer, 'x-amz-version-id') || null,
          crc32: promised.crc32,
          checksum: promised.checksum?.value ?? null,
          serverChecksum: answeredChecksum(job.checksum, answer.headers),
          sentBytes: this.#tools.sentBytes,
          requestMs,
        }
      }
      const message = 'The server accepted the bytes but named no ETag, so nothing proves that it kept them.'
      return this.#failed(job, { code: 'answer-invalid', message }, answer.status, requestMs)
    }
    const said = readS3Error(answer.status, answer.headers, answer.body)
    return this.#failed(job, errorFromAnswer(said, route.context, Date.now()), answer.status, requestMs)
  }

  #failed(job: Job, error: SluiceError['failure'], status: number, requestMs: number): Outcome {
    return { kind: 'failed', jobId: job.jobId, error, status, sentBytes: this.#tools.sentBytes, requestMs }
  }

  async #compare(job: CompareJob): Promise<Outcome> {
    const file = await SourceFile.open(job.path, job.identity)
    try {
      const same = await sameContent(
        job,
        file,
        this.#tools.buffer,
        (algorithm) => this.#sums.summer(algorithm),
        this.#abort.signal,
      )
      await file.checkPath(job.identity)
      return { kind: 'compare', jobId: job.jobId, same }
    } finally {
      file.close()
    }
  }
}

/** The server has what would have been sent. */
function keptThere({ jobId }: PutJob, there: PartThere, { checksum, crc32 }: Promised): Outcome {
  const value = checksum?.value ?? null
  const { etag, checksum: serverChecksum } = there
  return {
    kind: 'put',
    jobId,
    etag,
    versionId: null,
    crc32,
    checksum: value,
    serverChecksum,
    sentBytes: 0,
    requestMs: 0,
  }
}

function header(answer: Answer, name: string): string {
  const value = answer.headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

function isConnectionLoss(thrown: unknown): boolean {
  return errorFromThrown(thrown, '').code === 'network-lost'
}
