import { availableParallelism } from 'node:os'
import type { QueuePlace } from '../../shared/contract.ts'
import type { TransferState } from '../../shared/transfer.ts'
import { assertNever, isActive, isEnded } from '../../shared/transfer.ts'
import { formatRate } from '../../shared/units.ts'
import { ordersAfterMove } from '../core/queue-order.ts'
import type { TransferEffect, TransferEvent } from '../core/transition.ts'
import { transition, uploadIdOf } from '../core/transition.ts'
import type {
  DestinationPace,
  EngineDestination,
  EngineEvent,
  EngineOptions,
  PauseMode,
  QuotaState,
  SetLimit,
  SetQuotas,
} from './api.ts'
import { Counters, MAX_LANES } from './counters.ts'
import { DestinationRuntime } from './destination-runtime.ts'
import { Dispatcher } from './dispatcher.ts'
import type { EngineContext, Tally } from './engine-context.ts'
import { Janitor } from './janitor.ts'
import { Journal } from './journal.ts'
import { LastRemoved } from './last-removed.ts'
import { Limits } from './limits.ts'
import { HOLD_MS, hold, unhold } from './pause-hold.ts'
import { QuotaControl } from './quota-control.ts'
import { Recovery } from './recovery.ts'
import { SourceWatch } from './source-watch.ts'
import { StreamUpload } from './stream-upload.ts'
import { TransferCalls } from './transfer-calls.ts'
import { endOf } from './transfer-end.ts'
import { TransferLog } from './transfer-log.ts'
import { TransferQueue } from './transfer-queue.ts'
import type { Transfer } from './transfer-record.ts'
import { multipart, mustBeNew, newWork, spentBytes } from './transfer-record.ts'

/** One thread moves about 600 MiB/s; a second one helps where cores are idle, and costs 25 MiB of memory. */
function suitableThreads(): number {
  return availableParallelism() >= 4 ? 2 : 1
}

/**
 * The engine: turns what people ask and what happens into events for `transition`, and has the effects that come
 * back performed. It decides nothing that core can decide.
 */
export class Engine implements EngineContext {
  readonly journal: Journal
  readonly queue: TransferQueue
  readonly counters = new Counters()
  readonly limits = new Limits()
  readonly destinations = new Map<string, DestinationRuntime>()
  readonly tally: Tally = { requests: 0, requestMs: 0, retries: 0, throttled: 0, resentBytes: 0 }
  readonly recovery = new Recovery(this)
  readonly calls = new TransferCalls(this)
  readonly janitor = new Janitor(this)
  readonly sources = new SourceWatch(this)
  /** For the panel of a transfer. */
  readonly log = new TransferLog()
  readonly streams = new Set<StreamUpload>()
  readonly quotas: QuotaControl
  readonly dispatcher: Dispatcher
  readonly emit: (event: EngineEvent) => void
  readonly #onRest: () => void
  #stopped: (() => void) | null = null
  readonly #removed = new LastRemoved()

  /** @param onRest called after each change that may have left nothing to do (see `idle`) */
  constructor(
    options: EngineOptions,
    senderPath: string,
    emit: (event: EngineEvent) => void,
    onRest: () => void,
    journal = new Journal(null),
  ) {
    this.emit = emit
    this.#onRest = onRest
    this.journal = journal
    journal.onStuck = (reason) => this.#onStuck(reason)
    this.queue = new TransferQueue((transfer, before) => journal.stateChanged(transfer, before))
    this.limits.setGlobal(options.limitBytesPerSecond)
    const threads = Math.min(options.threads ?? suitableThreads(), options.connections, MAX_LANES)
    this.quotas = new QuotaControl(threads, this.limits, this.destinations)
    this.dispatcher = new Dispatcher(this, senderPath, threads)
    this.dispatcher.setConnections(options.connections)
  }

  // ---------------------------------------------------------------- what may be asked

  setLimit({ limitBytesPerSecond, source = 'manual', untilMs = null, nextPauseMs = null }: SetLimit): void {
    const { limits } = this
    limits.source = source
    limits.untilMs = untilMs
    limits.nextPauseMs = nextPauseMs
    limits.setGlobal(limitBytesPerSecond)
    this.dispatcher.wake()
    // A higher limit can feed more connections.
    this.dispatcher.fill()
  }

  setQuotas({ quotas, snapshot }: SetQuotas): readonly QuotaState[] {
    this.quotas.set(quotas, snapshot, Date.now())
    this.dispatcher.setQuotas()
    this.dispatcher.wake()
    this.dispatcher.fill()
    return this.quotas.states
  }

  /** What the quotas allow changes with the clock: call it several times a second. */
  followQuotas(): void {
    const now = Date.now()
    if (this.quotas.apply(now)) this.dispatcher.fill()
    const news = this.quotas.news(now)
    if (news !== null) this.emit({ type: 'quotas', quotas: news })
  }

  setDestinationPace(id: string, pace: DestinationPace): void {
    this.destinations.get(id)?.setPace(pace)
    this.dispatcher.wake()
    this.dispatcher.fill()
  }

  setTransferLimit(id: number, limitBytesPerSecond: number | null): void {
    const transfer = this.queue.get(id)
    if (transfer === undefined) return
    transfer.limitBytesPerSecond = limitBytesPerSecond
    this.journal.changed(transfer)
    this.log.note(id, 'limit', formatRate(limitBytesPerSecond))
    const node = transfer.work?.node ?? null
    if (node !== null && transfer.state.phase !== 'paused') this.limits.set(node, limitBytesPerSecond)
    this.queue.version++
    this.dispatcher.wake()
  }

  /** Out of the global limit, or back under it, in mid-part. Its own limit, its destination, quotas and pauses hold on. */
  exemptTransfer(id: number, exempt: boolean): void {
    this.limits.setExempt(id, this.queue.get(id)?.work?.node ?? null, exempt)
    this.journal.exempted(id, exempt)
    this.queue.version++
    this.#limitsChanged()
  }

  /** Batches share a limit by their weights (1 at first), however many files they have. @throws RangeError unless above 0 */
  setBatchWeight(batchId: number, weight: number): void {
    this.limits.setBatchWeight(batchId, weight)
    this.journal.weighed(batchId, weight)
    this.#limitsChanged()
  }

  #limitsChanged(): void {
    this.dispatcher.wake()
    // Another number of connections may suit what holds now.
    this.dispatcher.fill()
  }

  /** Pausing everything holds the sockets for a moment, then gives up the requests in flight. */
  setPaused(paused: boolean): void {
    this.limits.setPaused(paused)
    this.dispatcher.wake()
    if (!paused) return this.dispatcher.fill()
    setTimeout(() => {
      if (this.limits.paused) this.dispatcher.stopAll()
    }, HOLD_MS)
  }

  /** The network is another, or this computer slept: connections may be dead without showing it, so all are made anew. */
  networkChanged(): void {
    this.recovery.networkChanged()
    this.dispatcher.reconnect()
    for (const runtime of this.destinations.values()) runtime.reconnect()
    for (const stream of this.streams) stream.reconnect()
  }

  /** New, or known and mended: what waited for it goes on. */
  putDestination(config: EngineDestination): void {
    const old = this.destinations.get(config.id)
    const runtime = new DestinationRuntime(config, this.limits, this.quotas, old)
    this.destinations.set(config.id, runtime)
    this.journal.putDestination(config)
    this.quotas.apply(Date.now())
    if (old === undefined) return this.goOnAt(config.id)
    old.close()
    if (old.gate.kind !== 'open') this.recovery.unblock(runtime)
  }

  /** What an earlier run left for this destination goes on, now that it is there. */
  goOnAt(id: string): void {
    for (const transfer of this.queue.list) {
      const { state } = transfer
      if (transfer.destinationId !== id || state.phase !== 'waiting' || state.reason !== 'destination') continue
      this.apply(transfer, { type: 'unblocked' })
    }
    void this.janitor.sweep(id)
    this.dispatcher.fill()
  }

  removeDestination(id: string): void {
    this.cancel(this.queue.list.filter((transfer) => transfer.destinationId === id))
    this.destinations.get(id)?.close()
  }

  unblockDestination(id: string): void {
    const runtime = this.destinations.get(id)
    if (runtime !== undefined) this.recovery.unblock(runtime)
  }

  /** Answers what that gives up and sends again later, at most. */
  pause(transfers: readonly Transfer[], mode: PauseMode): { resentBytes: number } {
    const inFlight = this.dispatcher.inFlightBytes()
    this.#applyAll(transfers, { type: 'pause', finishes: mode === 'after-parts' })
    if (mode === 'after-parts') return { resentBytes: 0 }
    const given = transfers.map((one) => (one.state.phase === 'paused' ? (inFlight.get(one) ?? 0) : 0))
    return { resentBytes: given.reduce((sum, bytes) => sum + bytes, 0) }
  }

  resume(transfers: readonly Transfer[]): void {
    for (const transfer of transfers) {
      const parts = [...(transfer.work?.jobs.values() ?? [])]
      this.apply(transfer, { type: 'resume', inFlight: parts.some((partNumber) => partNumber > 0) })
    }
    this.dispatcher.fill()
  }

  cancel(transfers: readonly Transfer[]): void {
    this.#applyAll(transfers, { type: 'cancel' })
  }

  /** Ended ones begin again, waiting ones at once. `overwrite` and `keepBoth` answer "the key exists". */
  async retry(transfers: readonly Transfer[], overwrite: boolean, keepBoth = false): Promise<void> {
    for (const transfer of transfers) {
      const { phase } = transfer.state
      // A batch, or a list, is retried with what needs no retry among it.
      if (phase !== 'retrying' && (!isEnded(phase) || phase === 'completed')) continue
      if (overwrite) transfer.overwrite = true
      if (keepBoth) {
        transfer.keepBoth = true
        this.journal.keptBeside(transfer)
      }
      transfer.attempts = 0
      transfer.restarts = 0
      this.journal.changed(transfer)
      if (transfer.state.phase === 'retrying') this.apply(transfer, { type: 'retry-due' })
      else await this.calls.beginAgain(transfer, { type: 'again' })
    }
    this.dispatcher.fill()
  }

  /** Uploads what `source` yields as `transfer`, which is in the queue. @throws Error for a destination that is not there */
  addStream(transfer: Transfer, source: AsyncIterable<Uint8Array>): void {
    const runtime = this.destinations.get(transfer.destinationId)
    if (runtime === undefined) throw new Error(`there is no destination ${transfer.destinationId}`)
    const stream = new StreamUpload(this, transfer, runtime, source)
    this.streams.add(stream)
    void stream.done.then(() => {
      this.streams.delete(stream)
      this.#rest()
    })
  }

  /** Off the list; what has not ended is cancelled first. */
  remove(transfers: readonly Transfer[]): void {
    this.cancel(transfers)
    for (const transfer of transfers) this.journal.unlist(transfer)
    this.queue.remove(new Set(transfers.map((transfer) => transfer.id)))
    this.#removed.keep(transfers)
    this.#rest()
  }

  /** Back to their places, as long as that is possible. Answers how many. */
  undoRemove(): number {
    const restored = this.#removed.take()
    for (const transfer of restored) {
      this.queue.add(transfer)
      this.journal.relist(transfer)
    }
    this.queue.reorder()
    return restored.length
  }

  /** What has ended of these batches leaves the list for good. */
  unlistEnded(batchIds: ReadonlySet<number>): void {
    const { finished } = this.journal
    const isGone = ({ batchId }: Transfer) => batchIds.has(batchId) && finished(batchId)
    this.remove(this.queue.list.filter(isGone))
    this.#removed.keep([])
  }

  /** To another place in the queue, which is also the order that parts go in. */
  move(transfers: readonly Transfer[], place: QueuePlace): void {
    const ids = new Set(transfers.map(({ id }) => id))
    for (const [transfer, order] of ordersAfterMove(this.queue.list, ids, place)) {
      transfer.order = order
      this.journal.moved(transfer)
    }
    this.queue.reorder()
    this.dispatcher.reorder()
    this.dispatcher.fill()
  }

  /** Nothing new starts. Resolves when what is in flight has ended; uploads that no journal keeps are aborted. */
  async stop(now: boolean): Promise<void> {
    this.dispatcher.close()
    if (now) this.dispatcher.stopAll()
    // A stream cannot go on later, so waiting for it would not help.
    await Promise.all([...this.streams].map((stream) => stream.stop()))
    await new Promise<void>((resolve) => {
      this.#stopped = resolve
      this.#rest()
    })
    for (const transfer of this.journal.keeps ? [] : this.queue.list) {
      const uploadId = uploadIdOf(transfer.state)
      if (uploadId !== null && transfer.state.phase !== 'cancelling') this.calls.abort(transfer, uploadId)
    }
    await this.calls.abortsDone()
    this.journal.commit('disk')
  }

  /** No transfer that could move by itself: what is paused or blocked waits for a person. */
  get idle(): boolean {
    const { counts } = this.queue
    if (counts.preparing + counts.uploading + counts.completing + counts.cancelling + counts.retrying > 0) return false
    if (this.sources.waiting > 0) return false
    if (counts.queued === 0) return true
    for (const [id, runtime] of this.destinations) {
      if ((runtime.gate.kind !== 'blocked' || runtime.renewing !== null) && this.queue.hasPending(id)) return false
    }
    return true
  }

  // ---------------------------------------------------------------- events and effects

  apply(transfer: Transfer, event: TransferEvent): void {
    const { state, effects } = transition(transfer.state, event)
    if (state !== transfer.state) {
      this.log.noteEvent(transfer.id, event)
      this.queue.setState(transfer, state)
    }
    for (const effect of effects) this.#perform(transfer, effect)
  }

  end(transfer: Transfer, state: TransferState): void {
    this.queue.setState(transfer, state)
    this.#perform(transfer, { kind: 'ended' })
    this.settled(transfer)
  }

  settled(transfer: Transfer): void {
    this.#tidy(transfer)
    this.dispatcher.fill()
    this.#rest()
  }

  #applyAll(transfers: readonly Transfer[], event: TransferEvent): void {
    for (const transfer of transfers) this.apply(transfer, event)
    this.dispatcher.fill()
    this.#rest()
  }

  #perform(transfer: Transfer, effect: TransferEffect): void {
    switch (effect.kind) {
      case 'prepare':
        return this.calls.prepare(transfer)
      case 'send':
        return this.send(transfer)
      case 'hold':
        return hold(this, transfer)
      case 'unhold':
        return unhold(this, transfer)
      case 'let-finish':
        return this.dispatcher.withdraw(transfer)
      case 'stop-parts':
        this.dispatcher.withdraw(transfer)
        if (transfer.work !== null) this.dispatcher.stop(transfer.work)
        return
      case 'complete':
        return this.calls.complete(transfer, effect.uploadId)
      case 'abort-upload':
        return this.calls.abort(transfer, effect.uploadId)
      case 'forget-parts':
        this.queue.confirm(transfer, -transfer.confirmedBytes)
        this.journal.partsGone(transfer)
        return this.#dropWork(transfer)
      case 'enqueue':
        return this.queue.enqueue(transfer)
      case 'ended':
        this.dispatcher.withdraw(transfer)
        this.recovery.forget(transfer)
        this.#tidy(transfer)
        this.#countFile(transfer)
        return this.emit({ type: 'ended', end: endOf(transfer) })
      default:
        return assertNever(effect)
    }
  }

  /** One file, and one record: what a program counts as its records are objects here. */
  #countFile({ state, destinationId }: Transfer): void {
    if (state.phase !== 'completed') return
    this.quotas.count(destinationId, 'files', 1)
    this.quotas.count(destinationId, 'records', 1)
  }

  /** Parts may go; if all are there already (the completion failed before), it is tried again. */
  send(transfer: Transfer): void {
    const { sizeBytes } = transfer.identity
    transfer.work ??= newWork(sizeBytes, Math.max(1, sizeBytes))
    const { done, partCount, unchecked } = transfer.work
    if (unchecked !== 'no') this.calls.lookBack(transfer)
    else if (done.size === partCount) this.apply(transfer, { type: 'parts-done' })
    else if (this.mustLookFirst(transfer)) this.calls.lookFirst(transfer)
    else this.dispatcher.offer(transfer)
  }

  /** A small file whose key may exist, where the server would not refuse to replace it, or has refused before. */
  mustLookFirst(transfer: Transfer): boolean {
    const runtime = this.destinations.get(transfer.destinationId)
    // Of a name that was made up, others may be taken too: asking costs less than sending the bytes in vain.
    const asks = runtime?.conditionalWrites === false || transfer.beside !== null
    return !multipart(transfer) && mustBeNew(transfer) && asks
  }

  /** A full disk: what is in flight ends, nothing new begins until the journal can be written again. */
  #onStuck(reason: string | null): void {
    const message =
      reason === null
        ? 'The journal can be written again: uploads go on.'
        : `Nothing new is uploaded, since the journal cannot be written (${reason}). What it holds is safe, and uploads go on by themselves when there is room.`
    this.emit({ type: 'notice', level: reason === null ? 'info' : 'error', message, about: 'stuck' })
    if (reason === null) this.dispatcher.fill()
  }

  /** Frees what a transfer needs only while it moves. */
  #tidy(transfer: Transfer): void {
    const { work, state } = transfer
    if (work === null || work.jobs.size > 0 || work.busy) return
    if (isEnded(state.phase)) this.#dropWork(transfer)
    else if (!isActive(state.phase)) this.limits.releaseFrom(work)
  }

  /** What is still in flight for it answers to nobody, and frees its place when it ends. */
  #dropWork(transfer: Transfer): void {
    const { work } = transfer
    if (work === null) return
    transfer.work = null
    const lost = transfer.state.phase === 'completed' ? 0 : spentBytes(work)
    const underWay = work.jobs.size * work.partBytes
    transfer.lostBytes += lost
    if (lost + underWay > 0) this.journal.changed(transfer, underWay)
    this.dispatcher.withdraw(transfer)
    if (work.holdTimer !== null) clearTimeout(work.holdTimer)
    if (work.jobs.size === 0) this.limits.releaseFrom(work)
  }

  #rest(): void {
    this.#onRest()
    if (this.#stopped === null || this.dispatcher.inHand > 0) return
    if (this.queue.counts.completing > 0 || this.calls.preparing > 0) return
    this.#stopped()
    this.#stopped = null
  }
}
