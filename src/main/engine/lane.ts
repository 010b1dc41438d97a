import { createHash } from 'node:crypto'
import type { Agent } from 'node:http'
import { crc32 } from 'node:zlib'
import { SluiceError } from '../../shared/errors.ts'
import type { RequestPacer } from '../flow/request-pacer.ts'
import type { ThreadLimiter } from '../flow/thread-limiter.ts'
import type { Counters } from './counters.ts'
import type { PutSigner } from './object-request.ts'
import type { Answer } from './put-exchange.ts'
import { PutExchange } from './put-exchange.ts'
import type { QuotaMeter } from './quota-meter.ts'
import { errorFromAnswer, errorFromThrown, readS3Error } from './s3-errors.ts'
import type { CompareJob, Job, Outcome, PutJob } from './sender-protocol.ts'
import { SourceFile } from './source-file.ts'

/** Where a lane sends to; shared by the lanes of one sender. */
export interface Route {
  readonly url: URL
  readonly signer: PutSigner
  readonly agent: Agent
  readonly ca: string | null
  /** For messages: `bucket "b" at host`. */
  readonly context: string
}

/**
 * What is read at once. Each read is a trip through Node's thread pool (about 0.1 ms on a busy machine), so
 * 256 KiB cost a quarter more CPU a GiB than this, and more saves nothing.
 */
export const LANE_BUFFER_BYTES = 512 * 1024

/** The request pacers of one thread. */
export interface Pacers {
  of(nodes: readonly number[]): RequestPacer
}

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
  readonly #pacers: Pacers
  // Not pooled: a slice of the pool would be overwritten by other buffers' owners.
  readonly #buffer = Buffer.allocUnsafeSlow(LANE_BUFFER_BYTES)
  #abort = new AbortController()

  constructor(index: number, counters: Counters, quotas: QuotaMeter, limiter: ThreadLimiter, pacers: Pacers) {
    this.#pacers = pacers
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
      this.#counters.begin(this.#index, 0)
    }
  }

  async #put(job: PutJob, route: Route): Promise<Outcome> {
    const file = await SourceFile.open(job.path, job.identity)
    try {
      // What fits the buffer is read once and sent from memory: nothing can change it in between.
      const inMemory = job.bytes <= this.#buffer.byteLength
      const promised = await this.#sumBeforehand(job, file, inMemory)
      for (let attempt = 1; ; attempt++) {
        // Before signing: a signature is good for 15 minutes, and a turn may be longer in coming.
        await this.#pace(job.requestNodes)
        this.#quotas.count(job.destinationId, 'requests', 1)
        const signed = await route.signer.sign({
          key: job.key,
          part: job.part,
          bytes: job.bytes,
          crc32: job.checksum === 'crc32' ? encodeCrc32(promised) : null,
          onlyIfNew: job.onlyIfNew,
        })
        const startedAt = performance.now()
        const exchange = new PutExchange(route.url, signed, route.agent, route.context)
        const onAbort = () => exchange.destroy(this.#abort.signal.reason)
        this.#abort.signal.addEventListener('abort', onAbort, { once: true })
        try {
          const written = await this.#writeBody(job, file, exchange, inMemory, route)
          const answer = await exchange.answer()
          if (exchange.complete) await file.checkPath(job.identity)
          const changed = job.checksum === 'crc32' && exchange.complete && !inMemory && written !== promised
          if (changed) throw file.changed()
          return this.#outcome(job, answer, promised, startedAt, route)
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
  async #pace(nodes: readonly number[]): Promise<void> {
    this.#abort.signal.throwIfAborted()
    if (!this.#limiter.isFree(nodes)) await this.#pacers.of(nodes).take(this.#abort.signal)
  }

  /** The checksum that goes into the header, before the first byte goes out. */
  async #sumBeforehand(job: PutJob, file: SourceFile, inMemory: boolean): Promise<number> {
    if (inMemory) {
      const view = this.#buffer.subarray(0, job.bytes)
      await file.read(view, job.offset)
      return job.checksum === 'crc32' ? crc32(view) : 0
    }
    if (job.checksum !== 'crc32') return 0
    let sum = 0
    for (let at = 0; at < job.bytes; at += this.#buffer.byteLength) {
      this.#abort.signal.throwIfAborted()
      const view = this.#buffer.subarray(0, Math.min(this.#buffer.byteLength, job.bytes - at))
      await file.read(view, job.offset + at)
      sum = crc32(view, sum)
    }
    return sum
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
      const view = this.#buffer.subarray(0, Math.min(this.#buffer.byteLength, job.bytes - at))
      if (!inMemory) {
        await file.read(view, job.offset + at)
        if (job.checksum === 'crc32') sum = crc32(view, sum)
      }
      at += view.byteLength
      for (let start = 0; start === 0 || start < view.byteLength; ) {
        const piece = await this.#allowed(job, view.subarray(start), exchange, headBytes, overhead)
        if (exchange.answered) return sum
        start += piece.byteLength
        try {
          await exchange.write(piece, at >= job.bytes && start >= view.byteLength)
        } catch (thrown) {
          if (exchange.answered) return sum
          throw thrown
        }
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

  /** As much of `bytes` as may go now, once it may. The head goes with the first piece and is charged with it. */
  async #allowed(
    job: PutJob,
    bytes: Uint8Array,
    exchange: PutExchange,
    headBytes: number,
    overhead: (bytes: number) => number,
  ): Promise<Uint8Array> {
    while (!this.#limiter.isFree(job.nodes)) {
      const piece = bytes.subarray(0, this.#limiter.quantum(this, job.nodes, this.#counters.share(this.#index)))
      exchange.hold()
      const charged = overhead(headBytes + piece.byteLength)
      if ((await this.#limiter.take(this, job.nodes, charged, this.#abort.signal)) !== null) return piece
    }
    return bytes
  }

  #outcome(job: PutJob, answer: Answer, sum: number, startedAt: number, route: Route): Outcome {
    const requestMs = performance.now() - startedAt
    const etag = header(answer, 'etag')
    if (answer.status >= 200 && answer.status < 300) {
      if (etag !== '') {
        return {
          kind: 'put',
          jobId: job.jobId,
          etag,
          crc32: sum,
          serverCrc32: header(answer, 'x-amz-checksum-crc32') || null,
          sentBytes: this.#sentBytes(),
          requestMs,
        }
      }
      const message = 'The server accepted the bytes but named no ETag, so nothing proves that it kept them.'
      return this.#failed(job, { code: 'answer-invalid', message }, answer.status, requestMs)
    }
    const said = readS3Error(answer.status, answer.headers, answer.body)
    const error = errorFromAnswer(said, route.context, Date.now())
    if (error.code === 'clock-skew') route.signer.clockOffsetMs = clockOffset(answer)
    return this.#failed(job, error, answer.status, requestMs)
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
      let sum = 0
      const partDigests: Buffer[] = []
      let part = createHash('md5')
      let partLeft = job.partBytes
      for (let at = 0; at < job.identity.sizeBytes; ) {
        this.#abort.signal.throwIfAborted()
        const view = this.#buffer.subarray(
          0,
          Math.min(this.#buffer.byteLength, job.identity.sizeBytes - at, job.crc32 === null ? partLeft : Infinity),
        )
        await file.read(view, at)
        at += view.byteLength
        if (job.crc32 !== null) {
          sum = crc32(view, sum)
          continue
        }
        part.update(view)
        partLeft -= view.byteLength
        if (partLeft === 0 || at === job.identity.sizeBytes) {
          partDigests.push(part.digest())
          part = createHash('md5')
          partLeft = job.partBytes
        }
      }
      await file.checkPath(job.identity)
      const same =
        job.crc32 !== null ? encodeCrc32(sum) === job.crc32 : sameEtag(job.etag, partDigests, job.identity.sizeBytes)
      return { kind: 'compare', jobId: job.jobId, same }
    } finally {
      file.close()
    }
  }
}

/** S3's base64 of the big-endian 32-bit sum. */
export function encodeCrc32(sum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(sum >>> 0)
  return bytes.toString('base64')
}

/** An ETag is the MD5 of the bytes, or for multipart the MD5 of the parts' MD5s, a dash and their count. */
function sameEtag(etag: string, partDigests: readonly Buffer[], sizeBytes: number): boolean {
  const bare = etag.replaceAll('"', '')
  const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex')
  if (bare.includes('-')) return bare === `${md5(Buffer.concat(partDigests))}-${partDigests.length}`
  if (sizeBytes === 0) return bare === md5(Buffer.alloc(0))
  return partDigests.length === 1 && bare === partDigests[0]?.toString('hex')
}

/** What `bytes` are on the wire over TLS. */
export function tlsBytes(bytes: number): number {
  return bytes + TLS_RECORD_OVERHEAD * Math.ceil(bytes / TLS_RECORD_BYTES)
}

function header(answer: Answer, name: string): string {
  const value = answer.headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

function clockOffset(answer: Answer): number {
  const serverMs = Date.parse(header(answer, 'date'))
  return Number.isNaN(serverMs) ? 0 : serverMs - Date.now()
}

function isConnectionLoss(thrown: unknown): boolean {
  return errorFromThrown(thrown, '').code === 'network-lost'
}
