import type { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TransferError } from '../../shared/errors.ts'
import { concernsDestination, recoveryOf, SluiceError } from '../../shared/errors.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import { systemClock } from '../flow/clock.ts'
import { bodyLimiter } from '../flow/throttle-at.ts'
import { createAgent } from './agent.ts'
import { headersOf } from './content-type.ts'
import { STREAM_LANES } from './counters.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import type { S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'
import type { SenderDestination } from './sender-protocol.ts'
import type { StreamPart } from './stream-parts.ts'
import type { PutDone, StreamRoute } from './stream-put.ts'
import { PutRefused, putPart } from './stream-put.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { mustBeNew } from './transfer-record.ts'

/** A part's own failures (a checksum that differs, an answer without an ETag) end the stream after so many in a row. */
const MAX_OWN_FAILURES = 5
/** How often a part that waits for a pause to end looks whether it has. */
const LOOK_AGAIN_MS = 250

/** The part of a multipart upload that a PUT sends; null for a whole object. */
export type PartOf = { readonly uploadId: string; readonly partNumber: number } | null

/** The requests of one stream: each waits for its turn, is counted, and is tried until it succeeds or cannot. */
export class StreamRequests {
  readonly #engine: EngineContext
  readonly #transfer: Transfer
  readonly #work: Work
  readonly #runtime: DestinationRuntime
  readonly #signal: AbortSignal
  readonly #free = [...STREAM_LANES]
  #agent: Agent | null = null
  #waitForPause = 0
  #failures = 0
  #failingSinceMs: number | null = null

  constructor(engine: EngineContext, transfer: Transfer, work: Work, runtime: DestinationRuntime, signal: AbortSignal) {
    this.#engine = engine
    this.#transfer = transfer
    this.#work = work
    this.#runtime = runtime
    this.#signal = signal
  }

  /** Something waits, since it could not end before a pause that is known. */
  get waitsForPause(): boolean {
    return this.#waitForPause > 0
  }

  /** The try before the last one failed, and may have done its work all the same. */
  get failing(): boolean {
    return this.#failures > 0
  }

  /** Connections are made anew; what was on its way is retried. */
  reconnect(): void {
    this.#agent?.destroy()
  }

  close(): void {
    this.#agent?.destroy()
  }

  /** The object must be new, and the server can say so. */
  get onlyIfNew(): boolean {
    return mustBeNew(this.#transfer) && this.#runtime.conditionalWrites
  }

  /** A PUT until it succeeds. */
  async put(part: StreamPart, of: PartOf): Promise<PutDone> {
    const { counters, quotas, tally } = this.#engine
    const transfer = this.#transfer
    const lane = this.#free.pop()
    if (lane === undefined) throw new Error('more parts are on their way than there are places for')
    const job = -lane
    const { checksum: algorithm } = transfer.options
    const value = part.checksum
    const checksum = algorithm === 'none' || value === null ? null : { algorithm, value }
    for (;;) {
      await this.#turn(part.bytes, of === null ? 'transfer' : 'part')
      const { generation } = this.#runtime
      this.#work.jobs.set(job, of?.partNumber ?? 1)
      this.#share()
      quotas.promise(job, this.#runtime.id, part.bytes)
      counters.begin(lane, job)
      let failure: unknown
      let lostBytes = 0
      try {
        const headers = headersOf(transfer.key, transfer.options)
        const input = { key: transfer.key, part: of, checksum, onlyIfNew: of === null && this.onlyIfNew, headers }
        const done = await this.#counted(async (control) => {
          const route = this.#route(await control.forSenders(), lane)
          const put = await putPart(part, input, route, this.#signal)
          const told = put.serverChecksum
          if (value !== null && told !== null && told !== value) throw this.#differs(of === null)
          return put
        })
        this.#free.push(lane)
        return done
      } catch (thrown) {
        failure = thrown
        lostBytes = counters.job(lane).bytes
      } finally {
        this.#release(lane, job)
      }
      await this.#recover(failure, generation)
      transfer.resentBytes += lostBytes
      tally.resentBytes += lostBytes
    }
  }

  #release(lane: number, job: number): void {
    const { counters, quotas } = this.#engine
    counters.begin(lane, 0)
    quotas.settle(job)
    this.#work.jobs.delete(job)
    this.#share()
  }

  /** A transfer's weight is its own, however many connections it has at the moment. */
  #share(): void {
    const { node, jobs } = this.#work
    if (node !== null) this.#engine.limits.setConnections(node, jobs.size)
  }

  #route(destination: SenderDestination, lane: number): StreamRoute {
    const { limits, counters, quotas } = this.#engine
    const { id } = this.#runtime
    this.#agent ??= createAgent(destination)
    quotas.count(id, 'requests', 1)
    return {
      destination,
      agent: this.#agent,
      limiter: bodyLimiter(limits.table, limits.ownThread, systemClock, this.#work.node ?? 0, () => 1),
      onSent: (payloadBytes, wireBytes) => {
        counters.addPayload(lane, payloadBytes)
        counters.addSocket(lane, wireBytes)
        quotas.count(id, 'bytes', wireBytes)
      },
    }
  }

  /** A control call until it succeeds. */
  async call<T>(call: (control: S3Control) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#turn(0, 'part')
      const { generation } = this.#runtime
      try {
        return await this.#counted(call)
      } catch (thrown) {
        await this.#recover(thrown, generation)
      }
    }
  }

  async #counted<T>(call: (control: S3Control) => Promise<T>): Promise<T> {
    const { tally, recovery } = this.#engine
    const control = await this.#runtime.control()
    await this.#runtime.pacer.take(this.#signal)
    const startedAt = performance.now()
    try {
      const answer = await call(control)
      if (this.#failingSinceMs !== null) this.#tell(null)
      this.#failures = 0
      this.#failingSinceMs = null
      recovery.onSuccess(this.#transfer)
      return answer
    } finally {
      tally.requests++
      tally.requestMs += performance.now() - startedAt
    }
  }

  /** Waits while everything is paused, for a full disk, for a pause that is too near for so many bytes, and for a quota. */
  async #turn(bytes: number, what: 'transfer' | 'part'): Promise<void> {
    const { limits, dispatcher, quotas, journal } = this.#engine
    const signal = this.#signal
    for (;;) {
      const inTime = limits.paused || dispatcher.admission.endsInTime(bytes)
      const mayBegin = inTime && !limits.paused && journal.stuck === null
      if (mayBegin && quotas.admits(this.#runtime.id, what)) return
      if (!inTime) this.#waitForPause++
      await sleep(LOOK_AGAIN_MS, null, { signal }).catch(() => {})
      if (!inTime) this.#waitForPause--
      signal.throwIfAborted()
    }
  }

  /** Waits until the next try, or throws what no further try will mend. */
  async #recover(thrown: unknown, generation: number): Promise<void> {
    const signal = this.#signal
    const { tally, recovery, limits } = this.#engine
    signal.throwIfAborted()
    const error = errorFromThrown(thrown, this.#runtime.context)
    const refused = thrown instanceof PutRefused && thrown.status === 501 && error.code !== 'tags-refused'
    if (refused && this.onlyIfNew) {
      this.#runtime.conditionalWrites = false
      return
    }
    const again = recoveryOf(error.code)
    if (again === 'ask' && (await this.#renewed(error, generation))) return
    const ofDestination = concernsDestination(error.code)
    if (error.code === 'throttled') recovery.slowedDown(this.#runtime)
    if (ofDestination) this.#tell(error)
    const hopeless =
      again === 'fail' || again === 'ask' || error.code === 'upload-vanished' || error.code === 'parts-rejected'
    if (hopeless) throw new SluiceError(error, thrown)
    this.#failures++
    if (!ofDestination && this.#failures >= MAX_OWN_FAILURES) throw new SluiceError(error, thrown)
    // While paused nothing can succeed.
    if (limits.paused) this.#failingSinceMs = null
    else this.#failingSinceMs ??= Date.now()
    const { giveUpAfterMs } = this.#transfer.options
    const failingMs = Date.now() - (this.#failingSinceMs ?? Date.now())
    if (giveUpAfterMs !== null && failingMs >= giveUpAfterMs) throw new SluiceError(error, thrown)
    tally.retries++
    const delayMs = retryDelayMs(this.#failures, Math.random(), error.retryAfterMs)
    await sleep(delayMs, null, { signal }).catch(() => {})
    signal.throwIfAborted()
  }

  /** Keys that ran out are asked for anew, by whoever notices first. */
  async #renewed(error: TransferError, generation: number): Promise<boolean> {
    const runtime = this.#runtime
    if (generation < runtime.generation) return true
    if (runtime.renewing === null && !runtime.mayRenew(error.code)) return false
    return await this.#engine.recovery.renew(runtime, error)
  }

  /** The object or the part that the server has is not ours: it is replaced. */
  #differs(whole: boolean): SluiceError {
    if (whole) this.#transfer.overwrite = true
    const message = 'The server computed another checksum than ours for the bytes that it received.'
    return new SluiceError({ code: 'checksum-mismatch', message })
  }

  #tell(error: TransferError | null): void {
    const { id, answered } = this.#runtime
    this.#engine.emit({ type: 'destination', id, error, answered })
  }
}
