import { assertNever } from '../../shared/transfer.ts'
import { afterStart } from '../core/gate.ts'
import { choosePartBytes, partRange } from '../core/part-plan.ts'
import { sendsOnOneThread } from '../flow/connections-for.ts'
import { Admission } from './admission.ts'
import { headersOf } from './content-type.ts'
import { MAX_LANES, SENDER_LANES } from './counters.ts'
import { crashPoint } from './crash-points.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import { BLOCK_BYTES } from './held-bytes.ts'
import { lostLate, onCompared, onJobFailed, onPut, tellLost, tellSentTwice } from './job-outcomes.ts'
import type { Compared, JobRecord } from './job-record.ts'
import { takeLostBytes } from './keep-both.ts'
import { bestChecksum } from './object-proof.ts'
import { SenderKeys } from './sender-keys.ts'
import { SenderPool } from './sender-pool.ts'
import type { Job, Outcome } from './sender-protocol.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { hasPart, multipart, mustBeNew, takePart } from './transfer-record.ts'

/** Large files that ask for their upload id at the same time: enough to hide the way to the server. */
const MAX_PREPARING = 2

/** Hands work to the senders: parts of what is under way first, then the next in the queue. */
export class Dispatcher {
  readonly #engine: EngineContext
  readonly #pool: SenderPool
  readonly #keys: SenderKeys
  readonly admission: Admission
  readonly #jobs = new Map<number, JobRecord>()
  /** Uploading transfers that have parts to hand out, in the order of the queue (see `#sortActive`). */
  #active = new Set<Transfer>()
  /** Something was offered out of order. */
  #activeIsMixed = false
  #nextJobId = 1
  #stopping = false
  /** Those who want nothing to start for the moment. */
  #waiting = 0

  constructor(engine: EngineContext, senderPath: string, threads: number) {
    this.#engine = engine
    this.admission = new Admission(engine)
    this.#pool = new SenderPool(
      senderPath,
      threads,
      engine.limits.table.buffer,
      engine.counters,
      engine.quotas.counters.buffer,
      (outcome) => this.#onOutcome(outcome),
      (reason) => {
        const message = `A sender thread stopped and was restarted: ${reason}`
        engine.emit({ type: 'notice', level: 'error', message })
      },
      // What begins is known to be begun before a byte of it can leave.
      () => engine.journal.commit('process'),
    )
    this.#keys = new SenderKeys(engine, this.#pool)
  }

  setConnections(connections: number): void {
    const { admission } = this
    admission.connections = Math.min(MAX_LANES, connections)
    this.#spread()
    this.fill()
  }

  /**
   * Requests of paused transfers are kept open for a moment, in case of a change of mind. They send nothing, so others
   * go on beside them, on connections that are lent for as long.
   */
  lendLanes(): void {
    let held = 0
    for (const { transfer, work } of this.#jobs.values()) if (transfer.work === work && work.holdTimer !== null) held++
    if (held === this.admission.lent) return
    this.admission.lent = held
    this.setConnections(this.admission.connections)
  }

  /** Requests in flight, and those that wait for a lane. */
  get inHand(): number {
    return this.#jobs.size
  }

  /** Nothing is under way, since what is next could not end before a pause that is known. */
  get awaitsPause(): boolean {
    return this.admission.heldBack && this.#jobs.size === 0
  }

  /** Nothing new is handed out from now on. */
  close(): void {
    this.#stopping = true
  }

  terminate(): Promise<void> {
    return this.#pool.close()
  }

  /** The transfer has parts that may go. */
  offer(transfer: Transfer): void {
    this.#active.add(transfer)
    this.#activeIsMixed = true
  }

  /** The queue's order is another: the next part is that of whoever is first now. */
  reorder(): void {
    this.#activeIsMixed = true
  }

  withdraw(transfer: Transfer): void {
    this.#active.delete(transfer)
  }

  /** Transfers that were offered and have parts left. */
  get offered(): Iterable<Transfer> {
    return this.#active
  }

  /** Quotas have changed: threads count what there is now. */
  setQuotas(): void {
    this.#pool.setQuotas(this.#engine.quotas.counted)
  }

  /** The connections over the threads, as the limit wants it. False: they are as they were. */
  #spread(): boolean {
    const { connections, lent } = this.admission
    const single = sendsOnOneThread(this.#engine.limits.heldTo)
    return this.#pool.setConnections(Math.min(MAX_LANES, connections + lent), single)
  }

  /** Limits have changed: threads look again at once. */
  wake(): void {
    if (this.#spread()) this.fill()
    this.#engine.limits.ownThread.wake()
    this.#pool.wake()
  }

  stop(work: Work): void {
    this.#pool.stop([...work.jobs.keys()])
  }

  /** Connections are made anew; what was on its way goes again. */
  reconnect(): void {
    this.#pool.reconnect()
  }

  stopAll(): void {
    this.#pool.stop([...this.#jobs.keys()])
  }

  /** Nothing is handed out until `work` is done. */
  async withoutStarts(work: () => Promise<void>): Promise<void> {
    this.#waiting++
    try {
      await work()
    } finally {
      this.#waiting--
      this.fill()
    }
  }

  /** Hands out whatever there is room for. */
  fill(): void {
    this.admission.heldBack = false
    if (this.#stopping || this.#waiting > 0 || this.#engine.limits.paused || this.#engine.journal.stuck !== null) return
    for (;;) {
      if (this.#startNext(true)) continue
      const handed = this.#handOutPart()
      if (handed === 'full' || (handed === 'none' && !this.#startNext(false))) break
    }
    this.#share()
  }

  #sortActive(): void {
    if (!this.#activeIsMixed) return
    this.#activeIsMixed = false
    if (this.#active.size > 1) this.#active = new Set([...this.#active].sort((a, b) => a.order - b.order))
  }

  compare(transfer: Transfer, work: Work, compared: Compared): void {
    const { stored } = compared
    this.#dispatch(
      { transfer, work, partNumber: 0, generation: 0, compared },
      {
        kind: 'compare',
        jobId: this.#nextJobId++,
        path: transfer.path,
        identity: transfer.identity,
        checksum: bestChecksum(stored, work.partBytes),
        etag: stored.etag,
        partBytes: work.partBytes,
      },
    )
  }

  /** Payload at the sockets for each transfer's jobs that are not acknowledged yet. */
  inFlightBytes(): ReadonlyMap<Transfer, number> {
    const bytes = new Map<Transfer, number>()
    for (let lane = 0; lane < SENDER_LANES; lane++) {
      const { jobId, bytes: sent } = this.#engine.counters.job(lane)
      const record = jobId === 0 ? undefined : this.#jobs.get(jobId)
      if (record !== undefined) bytes.set(record.transfer, (bytes.get(record.transfer) ?? 0) + sent)
    }
    return bytes
  }

  /** Transfers with jobs in hand, each once. */
  working(): ReadonlySet<Transfer> {
    return new Set([...this.#jobs.values()].map((record) => record.transfer))
  }

  /** One part of a transfer that is under way. */
  #handOutPart(): 'handed' | 'none' | 'full' {
    this.#sortActive()
    for (const transfer of this.#active) {
      const { work, state } = transfer
      const runtime = this.#engine.destinations.get(transfer.destinationId)
      if (work === null || runtime === undefined || !hasPart(work)) {
        this.#active.delete(transfer)
        continue
      }
      if (state.phase !== 'uploading' || !this.#keys.ready(runtime)) continue
      const small = state.uploadId === null && work.partBytes <= BLOCK_BYTES
      if (!this.#pool.hasRoom(small)) return 'full'
      if (
        runtime.inHand >= this.admission.allowed(runtime, small, transfer) ||
        this.admission.holdsBack(work.partBytes)
      )
        continue
      if (!this.#engine.quotas.admits(runtime.id, 'part') || !this.admission.gainsByMore(transfer, work)) continue
      const partNumber = takePart(work)
      if (partNumber === null) continue
      runtime.gate = afterStart(runtime.gate)
      this.#sendPart(transfer, work, partNumber, state.uploadId, runtime)
      return 'handed'
    }
    return 'none'
  }

  /** @param preempts only what stands in the queue before all that are under way: what a person has moved there */
  #startNext(preempts: boolean): boolean {
    const { queue, destinations, calls, quotas } = this.#engine
    if (!this.#pool.hasRoom(true)) return false
    this.#sortActive()
    const [first] = this.#active
    if (preempts && first === undefined) return false
    const transfer = queue.next((id) => {
      const runtime = destinations.get(id)
      if (runtime === undefined || !this.#keys.ready(runtime) || !quotas.admits(id, 'transfer')) return false
      return runtime.inHand < this.admission.allowed(runtime, true, null)
    })
    if (transfer === null || (preempts && first !== undefined && transfer.order > first.order)) return false
    const large = multipart(transfer)
    const { identity, options } = transfer
    // A large file need not end before the next pause, only each of its parts.
    const bytes = large
      ? choosePartBytes(identity.sizeBytes, options.partBytes, options.limits?.maxPartCount)
      : identity.sizeBytes
    if (this.admission.holdsBack(bytes)) return false
    if (large && calls.preparing >= MAX_PREPARING) return false
    if (this.#engine.mustLookFirst(transfer) && calls.preparing >= this.admission.connections) return false
    queue.shift(transfer)
    const runtime = destinations.get(transfer.destinationId)
    if (runtime !== undefined && large) runtime.gate = afterStart(runtime.gate)
    this.#engine.apply(transfer, { type: 'start', multipart: large })
    return true
  }

  #sendPart(
    transfer: Transfer,
    work: Work,
    partNumber: number,
    uploadId: string | null,
    runtime: DestinationRuntime,
  ): void {
    const { limits, journal } = this.#engine
    const there = work.there.get(partNumber) ?? null
    tellSentTwice(this.#engine, transfer, takeLostBytes(transfer))
    // Of one that may be there it is not known yet whether anything was lost.
    if (there === null) tellLost(this.#engine, transfer, work, partNumber)
    work.node ??= limits.takeTransfer(transfer, runtime.nodes)
    const { requests, files } = runtime.nodes
    const range = partRange(transfer.identity.sizeBytes, work.partBytes, partNumber)
    if (uploadId !== null) journal.partBegun(transfer, partNumber, range.bytes)
    this.#dispatch(
      { transfer, work, partNumber, generation: runtime.generation, compared: null },
      {
        kind: 'put',
        jobId: this.#nextJobId++,
        path: transfer.path,
        identity: transfer.identity,
        destinationId: transfer.destinationId,
        key: transfer.key,
        offset: range.offset,
        bytes: range.bytes,
        part: uploadId === null ? null : { uploadId, partNumber },
        checksum: transfer.options.checksum,
        there,
        leaf: work.node,
        requestLeaves: uploadId === null ? [files, requests] : [requests],
        onlyIfNew: uploadId === null && mustBeNew(transfer) && runtime.conditionalWrites,
        headers: uploadId === null ? headersOf(transfer.key, transfer.options) : {},
      },
    )
  }

  #dispatch(record: JobRecord, job: Job): void {
    const { work, partNumber } = record
    this.#jobs.set(job.jobId, record)
    const runtime = this.#engine.destinations.get(record.transfer.destinationId)
    if (runtime !== undefined) runtime.inHand++
    work.jobs.set(job.jobId, partNumber)
    if (work.node !== null) this.#engine.limits.setConnections(work.node, work.jobs.size)
    if (job.kind === 'put') this.#engine.quotas.promise(job.jobId, job.destinationId, job.bytes)
    this.#pool.dispatch(job)
  }

  /** Each thread's part of a node's quantum: as large as its part, by weight, of the connections at work. */
  #share(): void {
    const { counters } = this.#engine
    const threads = this.#pool.atWork()
    const shares = this.#engine.limits.table.tree.shares(threads.map(({ leaves }) => leaves))
    threads.forEach(({ lanes }, index) => {
      for (const lane of lanes) counters.setShare(lane, shares[index] ?? 1)
    })
  }

  #onOutcome(outcome: Outcome): void {
    const record = this.#jobs.get(outcome.jobId)
    if (record === undefined) return
    this.#jobs.delete(outcome.jobId)
    this.#engine.quotas.settle(outcome.jobId)
    const { transfer, work } = record
    const runtime = this.#engine.destinations.get(transfer.destinationId)
    if (runtime !== undefined) runtime.inHand--
    work.jobs.delete(outcome.jobId)
    if (this.admission.lent > 0) this.lendLanes()
    const { tally, limits } = this.#engine
    if (work.node !== null) limits.setConnections(work.node, work.jobs.size)
    if (outcome.kind !== 'compare' && outcome.requestMs > 0) {
      tally.requests++
      tally.requestMs += outcome.requestMs
    }
    crashPoint('after a job')
    if (transfer.work === work) judge(this.#engine, record, outcome)
    else {
      lostLate(this.#engine, transfer, outcome)
      if (work.jobs.size === 0) limits.releaseFrom(work)
    }
    this.#engine.settled(transfer)
  }
}

function judge(engine: EngineContext, record: JobRecord, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'put':
      return onPut(engine, record, outcome)
    case 'compare':
      return onCompared(engine, record, outcome.same)
    case 'failed':
      return onJobFailed(engine, record, outcome)
    default:
      return assertNever(outcome)
  }
}
