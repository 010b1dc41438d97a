import type { Agent } from 'node:http'
import { crc32 } from 'node:zlib'
import { SluiceError } from '../../shared/errors.ts'
import type { SumAlgorithm } from '../../shared/transfer.ts'
import type { Activity } from '../core/why-slow.ts'
import { RequestPacer } from '../flow/request-pacer.ts'
import type { ThreadLimiter } from '../flow/thread-limiter.ts'
import { answeredChecksum } from './checksum-names.ts'
import type { Summer } from './checksums.ts'
import { encodeCrc32, openSummer } from './checksums.ts'
import { sameContent } from './compare-file.ts'
import type { Counters } from './counters.ts'
import type { PutSigner } from './object-request.ts'
import type { Answer } from './put-exchange.ts'
import { PutExchange } from './put-exchange.ts'
import type { QuotaMeter } from './quota-meter.ts'
import { errorFromAnswer, errorFromThrown, readS3Error } from './s3-errors.ts'
import type { CompareJob, Job, Outcome, PutJob } from './sender-protocol.ts'
import { SourceFile } from './source-file.ts'

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

/**
 * What is read at once. Each read is a trip through Node's thread pool (about 0.1 ms on a busy machine), so
 * 256 KiB cost a quarter more CPU a GiB than this, and more saves nothing.
 */
export const LANE_BUFFER_BYTES = 512 * 1024

/** TLS 1.3 adds 22 bytes to each record of up to 16 KiB: 5 of header, 1 of type, 16 of tag. */
const TLS_RECORD_BYTES = 16 * 1024
const TLS_RECORD_OVERHEAD = 22

/**
 * One connection in flight: takes one job at a time, reads, sums, waits for the limiter, writes. It
 * owns one buffer, reused for every byte that it ever sends.
 */
export class Lane {
  readonly #index: number
  readonly #counters: Counters
  readonly #quotas: QuotaMeter
  readonly #limiter: ThreadLimiter
  // Not pooled: a slice of the pool would be overwritten by other buffers' owners.
  readonly #buffer = Buffer.allocUnsafeSlow(LANE_BUFFER_BYTES)
  /** One of each algorithm that was ever asked for. */
  readonly #summers = new Map<SumAlgorithm, Summer>()
  #abort = new AbortController()

  constructor(index: number, counters: Counters, quotas: QuotaMeter, limiter: ThreadLimiter) {
    this.#index = index
    this.#counters = counters
    this.#quotas = quotas
    this.#limiter = limiter
  }

  /** Ends the job that is running; it still answers, with 'interrupted'. */
  stop(): void {
    this.#abort.abort(new SluiceError({ code: 'interrupted', message: 'The request was stopped.' }))
  }

  /** Never rejects: what goes wrong is the outcome. */
  async run(job: Job, route: Route | undefined): Promise<Outcome> {
    this.#abort = new AbortController()
    this.#counters.begin(this.#index, job.jobId)
    try {
      if (job.kind === 'compare') return await this.#compare(job)
      if (route === undefined) throw new Error('a job came before its destination')
      return await this.#put(job, route)
    } catch (thrown) {
      return this.#failed(job, errorFromThrown(thrown, route?.context ?? 'the server'), 0, 0)
    } finally {
      this.#turnTo(null)
      this.#counters.begin(this.#index, 0)
    }
  }

  async #put(job: PutJob, route: Route): Promise<Outcome> {
    this.#turnTo('read')
    const file = await SourceFile.open(job.path, job.identity)
    this.#turnTo('work')
    try {
      // What fits the buffer is read once and sent from memory: nothing can change it in between.
      const inMemory = job.bytes <= this.#buffer.byteLength
      const promised = await this.#sumBeforehand(job, file, inMemory)
      for (let attempt = 1; ; attempt++) {
        // Before signing: a signature is good for 15 minutes, and a turn may be longer in coming.
        await this.#pace(job.requestLeaves)
        this.#quotas.count(job.destinationId, 'requests', 1)
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
          this.#limiter.strictest(job.leaf),
        )
        const onAbort = () => exchange.destroy(this.#abort.signal.reason)
        this.#abort.signal.addEventListener('abort', onAbort, { once: true })
        try {
          const written = await this.#writeBody(job, file, exchange, inMemory, route)
          this.#turnTo('answer')
          const answer = await exchange.answer()
          this.#turnTo('read')
          if (exchange.complete) await file.checkPath(job.identity)
          const changed = promised.checksum !== null && exchange.complete && !inMemory && written !== promised.crc32
          if (changed) throw file.changed()
          if (route.signer.learnsClock(signed, answer)) return this.#failed(job, CLOCK_CORRECTED, 403, 0)
          return this.#outcome(job, answer, exchange.complete, promised, startedAt, route)
        } catch (thrown) {
          // A server may close a connection at rest just as we use it again; nothing was processed.
          const stale = exchange.reusedSocket && !exchange.answered && attempt === 1 && isConnectionLoss(thrown)
          if (stale && !this.#abort.signal.aborted && this.#sentBytes() <= this.#buffer.byteLength) continue
          throw thrown
        } finally {
          this.#abort.signal.removeEventListener('abort', onAbort)
          if (!exchange.atRest) exchange.destroy()
        }
      }
    } finally {
      file.close()
    }
  }

  /** Waits for this request's turn; at once where nothing paces requests. */
  async #pace(leaves: readonly number[]): Promise<void> {
    this.#turnTo('turn')
    await new RequestPacer(this.#limiter, leaves).take(this.#abort.signal)
    this.#turnTo('work')
  }

  /**
   * The checksum that goes into the header, before the first byte goes out, and the CRC-32 that the bytes must have
   * again when they are written: whatever the algorithm, it is the cheapest way to see that they are the same.
   */
  async #sumBeforehand(job: PutJob, file: SourceFile, inMemory: boolean): Promise<Promised> {
    const { checksum: algorithm } = job
    if (algorithm === 'none') {
      if (inMemory) await this.#read(file, this.#buffer.subarray(0, job.bytes), job.offset)
      return { checksum: null, crc32: 0 }
    }
    const summer = algorithm === 'crc32' ? null : await this.#summer(algorithm)
    summer?.begin()
    let sum = 0
    for (let at = 0; at < job.bytes; at += this.#buffer.byteLength) {
      this.#abort.signal.throwIfAborted()
      const view = this.#buffer.subarray(0, Math.min(this.#buffer.byteLength, job.bytes - at))
      await this.#read(file, view, job.offset + at)
      sum = crc32(view, sum)
      summer?.update(view)
    }
    return { checksum: { algorithm, value: summer?.end() ?? encodeCrc32(sum) }, crc32: sum }
  }

  async #summer(algorithm: SumAlgorithm): Promise<Summer> {
    const summer = this.#summers.get(algorithm) ?? (await openSummer(algorithm))
    this.#summers.set(algorithm, summer)
    return summer
  }

  /** Answers the CRC-32 of the bytes as they were written. An early answer ends it early. */
  async #writeBody(
    job: PutJob,
    file: SourceFile,
    exchange: PutExchange,
    inMemory: boolean,
    route: Route,
  ): Promise<number> {
    const overhead = route.url.protocol === 'https:' ? tlsBytes : (bytes: number) => bytes
    let sum = 0
    let headBytes = exchange.headBytes
    for (let at = 0; at === 0 || at < job.bytes; ) {
      // Waiting for an answer or a disk is not the limiter's loss.
      this.#limiter.rest(this)
      const most = inMemory ? job.bytes : this.#readBytes(job)
      const view = this.#buffer.subarray(0, Math.min(most, job.bytes - at))
      if (!inMemory) {
        await this.#read(file, view, job.offset + at)
        if (job.checksum !== 'none') sum = crc32(view, sum)
      }
      at += view.byteLength
      for (let start = 0; start === 0 || start < view.byteLength; ) {
        const piece = await this.#allowed(job, view.subarray(start), exchange, headBytes, overhead)
        if (exchange.answered) return sum
        start += piece.byteLength
        this.#turnTo('write')
        try {
          await exchange.write(piece, at >= job.bytes && start >= view.byteLength)
        } catch (thrown) {
          if (exchange.answered) return sum
          throw thrown
        }
        this.#turnTo('work')
        this.#counters.addPayload(this.#index, piece.byteLength)
        const written = overhead(headBytes + piece.byteLength)
        this.#counters.addSocket(this.#index, written)
        this.#quotas.count(job.destinationId, 'bytes', written)
        headBytes = 0
        if (view.byteLength === 0) break
      }
      if (job.bytes === 0) break
    }
    return sum
  }

  async #read(file: SourceFile, view: Uint8Array, position: number): Promise<void> {
    this.#turnTo('read')
    await file.read(view, position)
    this.#turnTo('work')
  }

  /** For "why is it slow?": where this connection's time goes. */
  #turnTo(activity: Activity | null): void {
    this.#counters.turnTo(this.#index, activity)
  }

  /** What is read at once: under a limit whole writes of it, since a shorter one in between would break their rhythm. */
  #readBytes(job: PutJob): number {
    const most = this.#buffer.byteLength
    if (this.#limiter.isFree(job.leaf)) return most
    return most - (most % this.#limiter.quantum(this, job.leaf, this.#counters.share(this.#index)))
  }

  /** As much of `bytes` as may go now, once it may. The head goes with the first piece and is charged with it. */
  async #allowed(
    job: PutJob,
    bytes: Uint8Array,
    exchange: PutExchange,
    headBytes: number,
    overhead: (bytes: number) => number,
  ): Promise<Uint8Array> {
    while (!this.#limiter.isFree(job.leaf)) {
      const piece = bytes.subarray(0, this.#limiter.quantum(this, job.leaf, this.#counters.share(this.#index)))
      exchange.hold()
      this.#turnTo('limit')
      const charged = overhead(headBytes + piece.byteLength)
      if ((await this.#limiter.take(this, job.leaf, charged, this.#abort.signal)) !== null) return piece
    }
    return bytes
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
          sentBytes: this.#sentBytes(),
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
    return { kind: 'failed', jobId: job.jobId, error, status, sentBytes: this.#sentBytes(), requestMs }
  }

  #sentBytes(): number {
    return this.#counters.job(this.#index).bytes
  }

  async #compare(job: CompareJob): Promise<Outcome> {
    const file = await SourceFile.open(job.path, job.identity)
    try {
      const same = await sameContent(
        job,
        file,
        this.#buffer,
        (algorithm) => this.#summer(algorithm),
        this.#abort.signal,
      )
      await file.checkPath(job.identity)
      return { kind: 'compare', jobId: job.jobId, same }
    } finally {
      file.close()
    }
  }
}

/** What the bytes must turn out to be. */
interface Promised {
  readonly checksum: { readonly algorithm: SumAlgorithm; readonly value: string } | null
  /** 0 without checksums. */
  readonly crc32: number
}

/** What `bytes` are on the wire over TLS. */
export function tlsBytes(bytes: number): number {
  return bytes + TLS_RECORD_OVERHEAD * Math.ceil(bytes / TLS_RECORD_BYTES)
}

function header(answer: Answer, name: string): string {
  const value = answer.headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

function isConnectionLoss(thrown: unknown): boolean {
  return errorFromThrown(thrown, '').code === 'network-lost'
}
