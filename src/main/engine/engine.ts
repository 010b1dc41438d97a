import type { Which } from '../../shared/contract.ts'
import type { TransferError } from '../../shared/errors.ts'
import { concernsDestination, recoveryOf } from '../../shared/errors.ts'
import { assertNever, isActive, isEnded } from '../../shared/transfer.ts'
import { combineCrc32 } from '../core/crc32-combine.ts'
import { admits, afterFailure, afterStart, afterSuccess, OPEN } from '../core/gate.ts'
import { choosePartBytes, partRange } from '../core/part-plan.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import type { TransferEffect, TransferEvent } from '../core/transition.ts'
import { transition, uploadIdOf } from '../core/transition.ts'
import { MAX_QUANTUM_BYTES } from '../flow/lane-limiter.ts'
import type { EngineDestination, EngineEvent, EngineOptions, EngineStats } from './api.ts'
import { Counters, MAX_LANES } from './counters.ts'
import { DestinationRuntime } from './destination-runtime.ts'
import { encodeCrc32 } from './lane.ts'
import { Limits } from './limits.ts'
import type { StoredObject } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'
import { SenderPool } from './sender-pool.ts'
import type { FailedOutcome, Job, Outcome, PutOutcome } from './sender-protocol.ts'
import { endOf } from './transfer-end.ts'
import { TransferQueue } from './transfer-queue.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { hasPart, multipart, newWork, takePart } from './transfer-record.ts'

/** A pause is final after this long: until then the requests stay open, in case of a change of mind. */
const HOLD_MS = 2_000
/** A file's own failures (a checksum that differs, an answer without an ETag) end it after so many in a row. */
const MAX_OWN_FAILURES = 5
const ABORT_TRIES = 5
/** New credentials are fetched this long before the old ones run out. */
const CREDENTIALS_MARGIN_MS = 120_000
/** Parts that should be ready to go before the next large file asks for its upload id. */
const MAX_PREPARING = 2

/** What a job was for, beside the bytes. */
interface JobRecord {
  readonly transfer: Transfer
  /** The attempt that it belongs to; an outcome for an older one changes nothing. */
  readonly work: Work
  /** 0 for a comparison. */
  readonly partNumber: number
  readonly compared: Compared | null
}

/** The object that a file is compared with. */
interface Compared {
  readonly stored: StoredObject
  /** An earlier try of ours, whose answer was lost, may have put it there. */
  readonly mayBeOurs: boolean
}

/**
 * The engine: hands work to the senders, turns what happens into events for `transition`, and performs the
 * effects that come back. It decides nothing that core can decide.
 */
export class Engine {
  readonly queue = new TransferQueue()
  readonly counters = new Counters()
  readonly limits = new Limits()
  readonly #pool: SenderPool
  readonly #emit: (event: EngineEvent) => void
  readonly #destinations = new Map<string, DestinationRuntime>()
  readonly #jobs = new Map<number, JobRecord>()
  /** Uploading transfers that have parts to hand out, in the order of the queue. */
  readonly #active = new Set<Transfer>()
  readonly #aborts = new Set<Promise<void>>()
  readonly #timers = new Map<Transfer, NodeJS.Timeout>()
  readonly #onQuiet: () => void
  #nextJobId = 1
  #preparing = 0
  #stopping = false
  #connections: number
  #settled: (() => void) | null = null
  #requests = 0
  #requestMs = 0
  #retries = 0
  #throttled = 0
  #resentBytes = 0

  /** @param onQuiet called after each change that may have left nothing to do (see `idle`) */
  constructor(options: EngineOptions, senderPath: string, emit: (event: EngineEvent) => void, onQuiet: () => void) {
    this.#emit = emit
    this.#onQuiet = onQuiet
    this.#connections = Math.min(MAX_LANES, options.connections)
    this.limits.setGlobal(options.limitBytesPerSecond)
    this.#pool = new SenderPool(
      senderPath,
      Math.min(options.threads, this.#connections),
      this.limits.table.buffer,
      this.counters,
      (outcome) => this.#onOutcome(outcome),
      (reason) =>
        emit({ type: 'notice', level: 'error', message: `A sender thread stopped and was restarted: ${reason}` }),
    )
    this.setConnections(this.#connections)
  }

  // ---------------------------------------------------------------- what may be asked

  setConnections(connections: number): void {
    this.#connections = Math.min(MAX_LANES, connections)
    this.#pool.setConnections(this.#connections)
    this.#share()
    this.#fill()
  }

  setLimit(limitBytesPerSecond: number | null): void {
    this.limits.setGlobal(limitBytesPerSecond)
    this.#pool.wake()
  }

  setTransferLimit(id: number, limitBytesPerSecond: number | null): void {
    const transfer = this.queue.get(id)
    if (transfer === undefined) return
    transfer.limitBytesPerSecond = limitBytesPerSecond
    const node = transfer.work?.node ?? null
    if (node !== null && transfer.state.phase !== 'paused') this.limits.set(node, limitBytesPerSecond)
    this.queue.version++
    this.#pool.wake()
  }

  /** Pausing everything holds the sockets for a moment, then gives up the requests in flight. */
  setPaused(paused: boolean): void {
    this.limits.setPaused(paused)
    this.#pool.wake()
    if (!paused) return this.#fill()
    setTimeout(() => {
      if (this.limits.paused) this.#pool.stop([...this.#jobs.keys()])
    }, HOLD_MS)
  }

  putDestination(config: EngineDestination): void {
    const old = this.#destinations.get(config.id)
    const runtime = new DestinationRuntime(config, (bytes) => this.limits.charge(bytes))
    this.#destinations.set(config.id, runtime)
    if (old === undefined) return
    runtime.answered = old.answered
    old.close()
    if (old.gate.kind !== 'open') this.unblockDestination(config.id)
  }

  removeDestination(id: string): void {
    this.cancel(this.queue.list.filter((transfer) => transfer.destinationId === id))
    this.#destinations.get(id)?.close()
  }

  /** A person says that it is mended: everything that waited goes on. */
  unblockDestination(id: string): void {
    const runtime = this.#destinations.get(id)
    if (runtime === undefined) return
    runtime.gate = OPEN
    this.#tellDestination(runtime)
    for (const transfer of this.queue.list) {
      if (transfer.destinationId !== id) continue
      if (transfer.state.phase === 'waiting') this.#apply(transfer, { type: 'unblocked' })
      else if (transfer.state.phase === 'retrying') this.#apply(transfer, { type: 'retry-due' })
    }
    this.#fill()
  }

  /** The destination's client, for `testDestination` and the like. */
  runtime(id: string): DestinationRuntime | undefined {
    return this.#destinations.get(id)
  }

  add(transfer: Transfer): void {
    this.queue.add(transfer)
  }

  /** Looks for work to hand out; call it after `add`. */
  kick(): void {
    this.#fill()
  }

  select(which: Which): Transfer[] {
    return this.queue.select(which)
  }

  pause(transfers: readonly Transfer[]): void {
    this.#applyAll(transfers, { type: 'pause' })
  }

  resume(transfers: readonly Transfer[]): void {
    for (const transfer of transfers) {
      const sending = [...(transfer.work?.jobs.values() ?? [])].some((partNumber) => partNumber > 0)
      this.#apply(transfer, { type: 'resume', inFlight: sending })
    }
    this.#fill()
  }

  cancel(transfers: readonly Transfer[]): void {
    this.#applyAll(transfers, { type: 'cancel' })
  }

  retry(transfers: readonly Transfer[], overwrite: boolean): void {
    for (const transfer of transfers) {
      if (overwrite) transfer.overwrite = true
      transfer.attempts = 0
      this.#apply(transfer, { type: transfer.state.phase === 'retrying' ? 'retry-due' : 'again' })
    }
    this.#fill()
  }

  remove(transfers: readonly Transfer[]): void {
    this.cancel(transfers)
    this.queue.remove(new Set(transfers.map((transfer) => transfer.id)))
    this.#checkSettled()
  }

  /** Nothing new starts. Resolves when what is in flight has ended and open uploads were aborted. */
  async stop(now: boolean): Promise<void> {
    this.#stopping = true
    if (now) this.#pool.stop([...this.#jobs.keys()])
    await new Promise<void>((resolve) => {
      this.#settled = resolve
      this.#checkSettled()
    })
    for (const transfer of this.queue.list) {
      const uploadId = uploadIdOf(transfer.state)
      if (uploadId !== null && transfer.state.phase !== 'cancelling') this.#abortUpload(transfer, uploadId)
    }
    await Promise.all(this.#aborts)
  }

  /** No transfer that could move by itself: what is paused or blocked waits for a person. */
  get idle(): boolean {
    const { counts } = this.queue
    if (counts.preparing + counts.uploading + counts.completing + counts.cancelling + counts.retrying > 0) return false
    if (counts.queued === 0) return true
    for (const [id, runtime] of this.#destinations) {
      if (runtime.gate.kind !== 'blocked' && this.queue.hasPending(id)) return false
    }
    return true
  }

  stats(): Omit<EngineStats, 'bytesPerSecond' | 'etaMs'> {
    const { counts } = this.queue
    return {
      sentBytes: this.counters.payloadBytes(),
      confirmedBytes: this.queue.confirmedBytes,
      totalBytes: this.queue.totalBytes,
      resentBytes: this.#resentBytes,
      limitBytesPerSecond: this.limits.effective,
      completed: counts.completed,
      failed: counts.failed,
      skipped: counts.skipped,
      cancelled: counts.cancelled,
      unfinished: this.queue.list.length - counts.completed - counts.failed - counts.skipped - counts.cancelled,
      requests: this.#requests,
      retries: this.#retries,
      throttled: this.#throttled,
      meanRequestMs: this.#requests === 0 ? 0 : this.#requestMs / this.#requests,
    }
  }

  /** Payload at the sockets for this transfer's jobs that are not acknowledged yet. */
  inFlightBytes(): ReadonlyMap<Transfer, number> {
    const bytes = new Map<Transfer, number>()
    for (let lane = 0; lane < MAX_LANES; lane++) {
      const { jobId, bytes: sent } = this.counters.job(lane)
      const record = jobId === 0 ? undefined : this.#jobs.get(jobId)
      if (record !== undefined) bytes.set(record.transfer, (bytes.get(record.transfer) ?? 0) + sent)
    }
    return bytes
  }

  /** Transfers that are being sent, for the sampler. */
  *working(): Iterable<Transfer> {
    const seen = new Set<Transfer>()
    for (const { transfer } of this.#jobs.values()) {
      if (seen.has(transfer)) continue
      seen.add(transfer)
      yield transfer
    }
  }

  async close(): Promise<void> {
    for (const runtime of this.#destinations.values()) runtime.close()
    await this.#pool.close()
  }

  // ---------------------------------------------------------------- handing out work

  #fill(): void {
    if (this.#stopping || this.limits.paused) return
    for (;;) {
      const handed = this.#handOutPart()
      if (handed === 'full' || (handed === 'none' && !this.#startNext())) break
    }
    this.#share()
  }

  /** One part of a transfer that is under way. */
  #handOutPart(): 'handed' | 'none' | 'full' {
    for (const transfer of this.#active) {
      const { work } = transfer
      const runtime = this.#destinations.get(transfer.destinationId)
      if (work === null || runtime === undefined || !hasPart(work)) {
        this.#active.delete(transfer)
        continue
      }
      if (transfer.state.phase !== 'uploading' || !this.#ready(runtime)) continue
      const uploadId = transfer.state.uploadId
      if (!this.#pool.hasRoom(uploadId === null && work.partBytes <= MAX_QUANTUM_BYTES)) return 'full'
      const partNumber = takePart(work)
      if (partNumber === null) continue
      runtime.gate = afterStart(runtime.gate)
      this.#sendPart(transfer, work, partNumber, uploadId)
      return 'handed'
    }
    return 'none'
  }

  #startNext(): boolean {
    if (!this.#pool.hasRoom(true)) return false
    const transfer = this.queue.next((id) => this.#ready(this.#destinations.get(id)))
    if (transfer === null) return false
    const large = multipart(transfer)
    if (large && this.#preparing >= MAX_PREPARING) return false
    this.queue.shift(transfer)
    const runtime = this.#destinations.get(transfer.destinationId)
    if (runtime !== undefined && large) runtime.gate = afterStart(runtime.gate)
    this.#apply(transfer, { type: 'start', multipart: large })
    return true
  }

  #sendPart(transfer: Transfer, work: Work, partNumber: number, uploadId: string | null): void {
    const lost = work.lost.get(partNumber)
    if (lost !== undefined) {
      work.lost.delete(partNumber)
      transfer.resentBytes += lost
      this.#resentBytes += lost
    }
    const runtime = this.#destinations.get(transfer.destinationId)
    const range = partRange(transfer.identity.sizeBytes, work.partBytes, partNumber)
    this.#dispatch(
      { transfer, work, partNumber, compared: null },
      {
        kind: 'put',
        jobId: this.#nextJobId++,
        path: transfer.path,
        identity: transfer.identity,
        nodes: this.limits.path(this.#node(transfer, work)),
        destinationId: transfer.destinationId,
        key: transfer.key,
        offset: range.offset,
        bytes: range.bytes,
        part: uploadId === null ? null : { uploadId, partNumber },
        checksum: transfer.options.checksum,
        onlyIfNew: uploadId === null && this.#mustBeNew(transfer) && (runtime?.conditionalWrites ?? true),
      },
    )
  }

  #compare(transfer: Transfer, work: Work, compared: Compared): void {
    const { stored } = compared
    this.#dispatch(
      { transfer, work, partNumber: 0, compared },
      {
        kind: 'compare',
        jobId: this.#nextJobId++,
        path: transfer.path,
        identity: transfer.identity,
        nodes: [],
        crc32: stored.crc32,
        etag: stored.etag,
        partBytes: work.partBytes,
      },
    )
  }

  #dispatch(record: JobRecord, job: Job): void {
    this.#jobs.set(job.jobId, record)
    record.work.jobs.set(job.jobId, record.partNumber)
    this.#pool.dispatch(job)
  }

  /** May a request to this destination start now? If only the senders lack its keys, they are fetched. */
  #ready(runtime: DestinationRuntime | undefined): boolean {
    if (runtime === undefined || !admits(runtime.gate, Date.now())) return false
    if (runtime.sendersUntilMs > Date.now()) return true
    if (!runtime.equipping) void this.#equipSenders(runtime)
    return false
  }

  async #equipSenders(runtime: DestinationRuntime): Promise<void> {
    runtime.equipping = true
    try {
      const control = await runtime.control()
      this.#pool.putDestination(await control.forSenders())
      const { expiration } = await control.credentials()
      runtime.sendersUntilMs = (expiration?.getTime() ?? Number.POSITIVE_INFINITY) - CREDENTIALS_MARGIN_MS
    } catch (thrown) {
      const first =
        this.queue.next((id) => id === runtime.id) ?? [...this.#active].find((one) => one.destinationId === runtime.id)
      if (first !== undefined) this.#onFailure(first, errorFromThrown(thrown, runtime.context))
    } finally {
      runtime.equipping = false
      this.#fill()
    }
  }

  /** Equal shares for every connection; step by weight comes with the limit tree. */
  #share(): void {
    const busy = Math.max(1, Math.min(this.#connections, this.#jobs.size))
    for (let lane = 0; lane < this.#connections; lane++) this.counters.setShare(lane, 1 / busy)
  }

  #node(transfer: Transfer, work: Work): number {
    work.node ??= this.limits.take(transfer.limitBytesPerSecond)
    return work.node
  }

  #mustBeNew(transfer: Transfer): boolean {
    return transfer.options.onExists !== 'overwrite' && !transfer.overwrite
  }

  // ---------------------------------------------------------------- outcomes of jobs

  #onOutcome(outcome: Outcome): void {
    const record = this.#jobs.get(outcome.jobId)
    if (record === undefined) return
    this.#jobs.delete(outcome.jobId)
    const { transfer, work } = record
    work.jobs.delete(outcome.jobId)
    if (outcome.kind !== 'compare' && outcome.requestMs > 0) {
      this.#requests++
      this.#requestMs += outcome.requestMs
    }
    if (transfer.work === work) this.#judge(record, outcome)
    else if (work.jobs.size === 0) this.#release(work)
    this.#tidy(transfer)
    this.#fill()
    this.#checkSettled()
  }

  #judge(record: JobRecord, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'put':
        return this.#onPut(record, outcome)
      case 'compare':
        return this.#onCompared(record, outcome.same)
      case 'failed':
        return this.#onJobFailed(record, outcome)
      default:
        return assertNever(outcome)
    }
  }

  #onPut(record: JobRecord, outcome: PutOutcome): void {
    const { transfer, work, partNumber } = record
    this.#onSuccess(transfer)
    const expected = transfer.options.checksum === 'crc32' ? encodeCrc32(outcome.crc32) : null
    if (expected !== null && outcome.serverCrc32 !== null && outcome.serverCrc32 !== expected) {
      const message = 'The server computed another checksum than ours for the bytes that it received.'
      const error = { code: 'checksum-mismatch' as const, message }
      // The wrong object under this key is ours: the next try replaces it.
      if (uploadIdOf(transfer.state) === null) transfer.overwrite = true
      return this.#onJobFailed(record, { ...outcome, kind: 'failed', error, status: 200 })
    }
    const { bytes } = partRange(transfer.identity.sizeBytes, work.partBytes, partNumber)
    work.done.set(partNumber, { etag: outcome.etag, crc32: outcome.crc32, bytes })
    this.queue.confirm(transfer, bytes)
    transfer.attempts = 0
    if (uploadIdOf(transfer.state) === null) {
      this.#apply(transfer, {
        type: 'completed',
        etag: outcome.etag,
        checksum: expected === null ? null : { algorithm: 'crc32', value: expected },
        verified: expected !== null && outcome.serverCrc32 === expected ? 'checksum' : 'accepted',
      })
    } else if (work.done.size === work.partCount) {
      this.#apply(transfer, { type: 'parts-done' })
    }
  }

  #onJobFailed(record: JobRecord, outcome: FailedOutcome): void {
    const { transfer, work, partNumber } = record
    const { error } = outcome
    const runtime = this.#destinations.get(transfer.destinationId)
    if (record.compared === null) {
      work.returned.push(partNumber)
      if (outcome.sentBytes > 0) work.lost.set(partNumber, (work.lost.get(partNumber) ?? 0) + outcome.sentBytes)
      if (transfer.state.phase === 'uploading') this.#active.add(transfer)
    }
    if (error.code === 'interrupted') {
      if (runtime !== undefined) this.#unprobe(runtime)
      if (record.compared !== null) this.#requeue(transfer)
      return
    }
    if (error.code === 'exists' && record.compared === null) {
      // Whatever is there now, our bytes did not count; they are not sent again either.
      work.lost.clear()
      this.#active.delete(transfer)
      void this.#settleExisting(transfer, transfer.resentBytes > 0)
      return
    }
    if (outcome.status === 501 && this.#mustBeNew(transfer) && runtime?.conditionalWrites) {
      runtime.conditionalWrites = false
      this.#active.delete(transfer)
      void this.#settleExisting(transfer, false)
      return
    }
    this.#onFailure(transfer, error)
  }

  /** A comparison was stopped: its turn comes again. */
  #requeue(transfer: Transfer): void {
    if (transfer.state.phase !== 'uploading' && transfer.state.phase !== 'preparing') return
    this.queue.setState(transfer, { phase: 'queued' })
    this.queue.enqueue(transfer)
  }

  // ---------------------------------------------------------------- failures

  /** What becomes of a transfer whose job or control call failed. */
  #onFailure(transfer: Transfer, error: TransferError): void {
    const runtime = this.#destinations.get(transfer.destinationId)
    if (runtime === undefined) return this.#apply(transfer, { type: 'failed', error })
    const recovery = recoveryOf(error.code)
    if (!concernsDestination(error.code)) this.#unprobe(runtime)
    if (error.code === 'throttled') this.#throttled++
    if (recovery === 'fail') return this.#apply(transfer, { type: 'failed', error })
    if (recovery === 'ask') return this.#block(runtime, transfer, error)
    if (concernsDestination(error.code)) return this.#backOff(runtime, transfer, error)

    if (error.code === 'upload-vanished') {
      transfer.restarts++
      if (transfer.restarts > 1) return this.#apply(transfer, { type: 'failed', error })
      this.#notice('info', `The server lost the parts of ${transfer.key}; it is sent again from the start.`)
      return this.#apply(transfer, { type: 'upload-lost' })
    }
    transfer.attempts++
    if (transfer.attempts >= MAX_OWN_FAILURES) return this.#apply(transfer, { type: 'failed', error })
    this.#retries++
    const retryAtMs = Date.now() + retryDelayMs(transfer.attempts, Math.random(), error.retryAfterMs)
    this.#apply(transfer, { type: 'retry-later', error, attempt: transfer.attempts, retryAtMs })
    clearTimeout(this.#timers.get(transfer))
    this.#timers.set(
      transfer,
      setTimeout(() => {
        this.#timers.delete(transfer)
        this.#apply(transfer, { type: 'retry-due' })
        this.#fill()
      }, retryAtMs - Date.now()),
    )
  }

  /** Until a person acts. What is queued stays queued; what was under way says what it waits for. */
  #block(runtime: DestinationRuntime, transfer: Transfer, error: TransferError): void {
    runtime.gate = { kind: 'blocked', error }
    if (runtime.timer !== null) clearTimeout(runtime.timer)
    // Keys may be mended outside (a profile signed in again): ask for them anew.
    runtime.forgetClient()
    this.#apply(transfer, { type: 'blocked', error })
    for (const other of this.#active)
      if (other.destinationId === runtime.id) this.#apply(other, { type: 'blocked', error })
    this.#tellDestination(runtime)
  }

  /** The whole destination rests; one request will find out when it is well again. */
  #backOff(runtime: DestinationRuntime, transfer: Transfer, error: TransferError): void {
    const now = Date.now()
    const before = runtime.gate
    runtime.gate = afterFailure(before, error, now, (attempt) =>
      retryDelayMs(attempt, Math.random(), error.retryAfterMs),
    )
    const { gate } = runtime
    if (gate.kind === 'blocked') return this.#apply(transfer, { type: 'blocked', error: gate.error })
    if (gate.kind !== 'closed') return
    this.#retries++
    const { giveUpAfterMs } = transfer.options
    if (giveUpAfterMs !== null && now - gate.sinceMs >= giveUpAfterMs) return this.#giveUp(runtime, error)
    const later = { type: 'retry-later' as const, error, attempt: gate.attempt, retryAtMs: gate.untilMs }
    this.#apply(transfer, later)
    for (const other of this.queue.retrying) {
      if (other !== transfer && other.destinationId === runtime.id) this.#apply(other, later)
    }
    if (gate !== before) this.#armGate(runtime, gate.untilMs)
    this.#tellDestination(runtime)
  }

  /** The request that was to find out has ended without finding out: the next one may. */
  #unprobe(runtime: DestinationRuntime): void {
    const { gate } = runtime
    if (gate.kind === 'probing') runtime.gate = { ...gate, kind: 'closed', untilMs: Date.now() }
  }

  #armGate(runtime: DestinationRuntime, untilMs: number): void {
    if (runtime.timer !== null) clearTimeout(runtime.timer)
    runtime.timer = setTimeout(() => {
      runtime.timer = null
      const [first] = this.#resting(runtime)
      if (first !== undefined) this.#apply(first, { type: 'retry-due' })
      this.#fill()
    }, untilMs - Date.now())
  }

  /** Retries have gone on for as long as was allowed: nothing of this destination will be tried again. */
  #giveUp(runtime: DestinationRuntime, error: TransferError): void {
    for (const transfer of this.queue.list) {
      if (transfer.destinationId === runtime.id && transfer.options.giveUpAfterMs !== null) {
        this.#apply(transfer, { type: 'failed', error })
      }
    }
    runtime.gate = OPEN
  }

  #onSuccess(transfer: Transfer): void {
    const runtime = this.#destinations.get(transfer.destinationId)
    if (runtime === undefined) return
    const wasOpen = runtime.gate.kind === 'open'
    runtime.gate = afterSuccess(runtime.gate)
    if (runtime.answered && (wasOpen || runtime.gate.kind !== 'open')) return
    runtime.answered = true
    this.#tellDestination(runtime)
    if (wasOpen || runtime.gate.kind !== 'open') return
    for (const other of this.#resting(runtime)) this.#apply(other, { type: 'retry-due' })
  }

  /** Transfers that wait for their destination's gate, not for a timer of their own. */
  #resting(runtime: DestinationRuntime): Transfer[] {
    return this.queue.retrying.filter(
      (transfer) => transfer.destinationId === runtime.id && !this.#timers.has(transfer),
    )
  }

  // ---------------------------------------------------------------- keys that exist

  /** Looks at what is there, since the server said that the key exists or cannot say. */
  async #settleExisting(transfer: Transfer, mayBeOurs: boolean): Promise<void> {
    await this.#control(transfer, async (control) => {
      const stored = await control.head(transfer.key)
      if (stored !== null) return this.#judgeExisting(transfer, stored, mayBeOurs)
      if (transfer.state.phase === 'uploading') this.#active.add(transfer)
    })
  }

  #judgeExisting(transfer: Transfer, stored: StoredObject, mayBeOurs: boolean): void {
    const { onExists } = transfer.options
    if (isEnded(transfer.state.phase) || transfer.work === null) return
    if (!mayBeOurs && onExists === 'skip') {
      return this.#apply(transfer, { type: 'skipped', etag: stored.etag, reason: 'exists' })
    }
    if (!mayBeOurs && onExists === 'fail') {
      const error = { code: 'exists' as const, message: `An object with this key exists already: ${transfer.key}` }
      return this.#apply(transfer, { type: 'failed', error })
    }
    if (stored.sizeBytes !== transfer.identity.sizeBytes) {
      return this.#apply(transfer, { type: 'failed', error: differs(transfer) })
    }
    this.#compare(transfer, transfer.work, { stored, mayBeOurs })
  }

  #onCompared({ transfer, compared }: JobRecord, same: boolean): void {
    if (!same || compared === null) return this.#apply(transfer, { type: 'failed', error: differs(transfer) })
    const { stored, mayBeOurs } = compared
    if (!mayBeOurs) return this.#apply(transfer, { type: 'skipped', etag: stored.etag, reason: 'same' })
    this.queue.confirm(transfer, transfer.identity.sizeBytes - transfer.confirmedBytes)
    this.#apply(transfer, {
      type: 'completed',
      etag: stored.etag,
      checksum: stored.crc32 === null ? null : { algorithm: 'crc32', value: stored.crc32 },
      verified: stored.crc32 === null ? 'size' : 'checksum',
    })
  }

  // ---------------------------------------------------------------- effects

  #applyAll(transfers: readonly Transfer[], event: TransferEvent): void {
    for (const transfer of transfers) this.#apply(transfer, event)
    this.#fill()
    this.#checkSettled()
  }

  #apply(transfer: Transfer, event: TransferEvent): void {
    const { state, effects } = transition(transfer.state, event)
    if (state !== transfer.state) this.queue.setState(transfer, state)
    for (const effect of effects) this.#perform(transfer, effect)
  }

  #perform(transfer: Transfer, effect: TransferEffect): void {
    switch (effect.kind) {
      case 'prepare':
        void this.#prepare(transfer)
        return
      case 'send':
        return this.#send(transfer)
      case 'hold':
        return this.#hold(transfer)
      case 'unhold': {
        const { work } = transfer
        if (work?.holdTimer) clearTimeout(work.holdTimer)
        if (work !== null) work.holdTimer = null
        if (work?.node != null) this.limits.set(work.node, transfer.limitBytesPerSecond)
        return this.#pool.wake()
      }
      case 'stop-parts':
        this.#active.delete(transfer)
        return this.#pool.stop([...(transfer.work?.jobs.keys() ?? [])])
      case 'complete':
        void this.#complete(transfer, effect.uploadId)
        return
      case 'abort-upload':
        return this.#abortUpload(transfer, effect.uploadId)
      case 'forget-parts':
        this.queue.confirm(transfer, -transfer.confirmedBytes)
        return this.#dropWork(transfer)
      case 'enqueue':
        return this.queue.enqueue(transfer)
      case 'wake-at':
        // Timers belong to the gate (shared by a destination) or to `#onFailure`.
        return
      case 'ended':
        this.#active.delete(transfer)
        clearTimeout(this.#timers.get(transfer))
        this.#timers.delete(transfer)
        this.#tidy(transfer)
        return this.#emit({ type: 'ended', end: endOf(transfer) })
      default:
        assertNever(effect)
    }
  }

  /** Parts may go; if all are there already (the completion failed before), it is tried again. */
  #send(transfer: Transfer): void {
    const { sizeBytes } = transfer.identity
    transfer.work ??= newWork(sizeBytes, Math.max(1, sizeBytes))
    const { work } = transfer
    if (work.done.size === work.partCount) this.#apply(transfer, { type: 'parts-done' })
    else this.#active.add(transfer)
  }

  /** Looks whether the key exists and asks for an upload id. */
  async #prepare(transfer: Transfer): Promise<void> {
    const { sizeBytes } = transfer.identity
    transfer.work ??= newWork(sizeBytes, choosePartBytes(sizeBytes, transfer.options.partBytes))
    if (transfer.work.busy) return
    this.#preparing++
    try {
      await this.#control(transfer, async (control) => {
        if (this.#mustBeNew(transfer)) {
          const stored = await control.headIfAllowed(transfer.key)
          if (stored !== null) return this.#judgeExisting(transfer, stored, false)
        }
        const uploadId = await control.createUpload(transfer.key, transfer.options.checksum)
        this.#apply(transfer, { type: 'prepared', uploadId })
      })
    } finally {
      this.#preparing--
      this.#fill()
    }
  }

  async #complete(transfer: Transfer, uploadId: string): Promise<void> {
    const { work, options, identity } = transfer
    if (work === null) return
    const parts = [...work.done].sort(([a], [b]) => a - b)
    const summed = options.checksum === 'crc32'
    let whole = 0
    for (const [, part] of parts) whole = combineCrc32(whole, part.crc32, part.bytes)
    const crc32 = summed ? encodeCrc32(whole) : null
    await this.#control(transfer, async (control) => {
      const runtime = this.#destinations.get(transfer.destinationId)
      const { etag, verified } = await control.completeUpload({
        key: transfer.key,
        uploadId,
        parts: parts.map(([partNumber, part]) => ({
          partNumber,
          etag: part.etag,
          crc32: summed ? encodeCrc32(part.crc32) : null,
        })),
        crc32,
        sizeBytes: identity.sizeBytes,
        onlyIfNew: this.#mustBeNew(transfer) && (runtime?.conditionalWrites ?? true),
      })
      const checksum = crc32 === null ? null : { algorithm: 'crc32' as const, value: crc32 }
      this.#apply(transfer, { type: 'completed', etag, checksum, verified })
    })
  }

  /** Runs one or more control calls for a transfer; a failure goes the way of all failures. */
  async #control(
    transfer: Transfer,
    calls: (control: Awaited<ReturnType<DestinationRuntime['control']>>) => Promise<void> | void,
  ): Promise<void> {
    const runtime = this.#destinations.get(transfer.destinationId)
    if (runtime === undefined) return
    const { work } = transfer
    if (work !== null) work.busy = true
    const startedAt = performance.now()
    try {
      await calls(await runtime.control())
      this.#onSuccess(transfer)
    } catch (thrown) {
      const error = errorFromThrown(thrown, runtime.context)
      this.#onFailure(transfer, error.code === 'exists' ? differs(transfer) : error)
    } finally {
      this.#requests++
      this.#requestMs += performance.now() - startedAt
      if (work !== null) work.busy = false
      this.#tidy(transfer)
      this.#fill()
      this.#checkSettled()
    }
  }

  #hold(transfer: Transfer): void {
    const { work } = transfer
    this.#active.delete(transfer)
    if (work === null || work.node === null) return
    this.limits.set(work.node, 0)
    this.#pool.wake()
    work.holdTimer = setTimeout(() => {
      work.holdTimer = null
      if (transfer.state.phase === 'paused') this.#pool.stop([...work.jobs.keys()])
    }, HOLD_MS)
  }

  /** Aborts an upload once its requests have ended, since a part that arrives later would be kept. */
  #abortUpload(transfer: Transfer, uploadId: string): void {
    const runtime = this.#destinations.get(transfer.destinationId)
    if (runtime === undefined) return
    const { work } = transfer
    const abort = async () => {
      while ((work?.jobs.size ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, 20))
      for (let attempt = 1; ; attempt++) {
        try {
          const control = await runtime.control()
          await control.abortUpload(transfer.key, uploadId)
          break
        } catch (thrown) {
          if (attempt < ABORT_TRIES) {
            await new Promise((resolve) => setTimeout(resolve, retryDelayMs(attempt, Math.random())))
            continue
          }
          const { message } = errorFromThrown(thrown, runtime.context)
          this.#notice('error', `Parts of ${transfer.key} may remain at the server: ${message}`)
          break
        }
      }
    }
    const running = abort().finally(() => {
      this.#aborts.delete(running)
      this.#apply(transfer, { type: 'aborted' })
      this.#checkSettled()
    })
    this.#aborts.add(running)
  }

  /** Frees what a transfer needs only while it moves. */
  #tidy(transfer: Transfer): void {
    const { work } = transfer
    if (work === null || work.jobs.size > 0 || work.busy) return
    if (isEnded(transfer.state.phase) || (transfer.state.phase === 'queued' && transfer.confirmedBytes === 0)) {
      this.#dropWork(transfer)
    } else if (!isActive(transfer.state.phase)) {
      this.#release(work)
    }
  }

  /** What is still in flight for it answers to nobody, and frees its place when it ends. */
  #dropWork(transfer: Transfer): void {
    const { work } = transfer
    if (work === null) return
    transfer.work = null
    this.#active.delete(transfer)
    if (work.holdTimer !== null) clearTimeout(work.holdTimer)
    if (work.jobs.size === 0) this.#release(work)
  }

  #release(work: Work): void {
    if (work.node !== null) this.limits.release(work.node)
    work.node = null
  }

  #checkSettled(): void {
    this.#onQuiet()
    if (this.#settled === null || this.#jobs.size > 0) return
    const { counts } = this.queue
    if (counts.completing > 0 || this.#preparing > 0) return
    this.#settled()
    this.#settled = null
  }

  #tellDestination(runtime: DestinationRuntime): void {
    this.#emit({ type: 'destination', id: runtime.id, error: runtime.error, answered: runtime.answered })
  }

  #notice(level: 'info' | 'error', message: string): void {
    this.#emit({ type: 'notice', level, message })
  }
}

function differs(transfer: Transfer): TransferError {
  return {
    code: 'exists-different',
    message: `Another object has this key already, and it differs from the file: overwrite it, or choose another prefix. (${transfer.key})`,
  }
}
