import type { Which } from '../../shared/contract.ts'
import { matches, searcher } from '../../shared/queue-filter.ts'
import type { Phase, TransferState } from '../../shared/transfer.ts'
import { isActive, isEnded } from '../../shared/transfer.ts'
import { PendingHeap } from '../core/pending-heap.ts'
import type { Run } from '../core/queue-lines.ts'
import { extendRuns, runsOf } from '../core/queue-lines.ts'
import type { Source } from './api.ts'
import type { BatchName } from './batch-name.ts'
import { batchName } from './batch-name.ts'
import { QueueTally } from './queue-tally.ts'
import type { FileIdentity } from './sender-protocol.ts'
import type { Transfer } from './transfer-record.ts'

/** All transfers, with the totals kept as states change: nothing here ever walks the queue to answer "how many". */
export class TransferQueue {
  readonly #byId = new Map<number, Transfer>()
  readonly #pending = new Map<string, PendingHeap<Transfer>>()
  readonly #tally = new QueueTally()
  readonly #batches = new Map<number, QueueTally>()
  readonly #names = new Map<number, BatchName>()
  readonly #retrying = new Set<Transfer>()
  readonly #onState: (transfer: Transfer, before: TransferState) => void
  #list: Transfer[] = []
  #runs: Run[] = []
  /** Rises with every change of a state or of the list: what was computed from them is old then. */
  version = 0
  /** Rises with every change of the list or its order. */
  listVersion = 0

  /** @param onState is told of every change of a state, after it */
  constructor(onState: (transfer: Transfer, before: TransferState) => void) {
    this.#onState = onState
  }

  get counts(): Readonly<Record<Phase, number>> {
    return this.#tally.counts
  }

  get totalBytes(): number {
    return this.#tally.totalBytes
  }

  get confirmedBytes(): number {
    return this.#tally.confirmedBytes
  }

  /** In the order of the queue. */
  get list(): readonly Transfer[] {
    return this.#list
  }

  /** The list in stretches of one batch. */
  get runs(): readonly Run[] {
    return this.#runs
  }

  /** What of a batch is on the list; undefined when nothing is. */
  batch(batchId: number): Readonly<QueueTally> | undefined {
    return this.#batches.get(batchId)
  }

  /** What a batch is called, from what was dropped. */
  nameBatch(batchId: number, sources: readonly Source[]): void {
    this.#names.set(batchId, batchName(sources))
  }

  batchName(batchId: number): BatchName {
    return this.#names.get(batchId) ?? batchName([])
  }

  get(id: number): Transfer | undefined {
    return this.#byId.get(id)
  }

  add(transfer: Transfer): void {
    this.#byId.set(transfer.id, transfer)
    this.#list.push(transfer)
    extendRuns(this.#runs, transfer.batchId)
    this.#account(transfer, 1)
    this.version++
    this.listVersion++
    if (transfer.state.phase === 'queued') this.enqueue(transfer)
  }

  setState(transfer: Transfer, state: TransferState): void {
    const before = transfer.state
    if (before.phase === 'queued' && isActive(state.phase)) transfer.startedAtMs = Date.now()
    if (isEnded(state.phase) !== isEnded(before.phase)) transfer.endedAtMs = isEnded(state.phase) ? Date.now() : null
    this.#setState(transfer, state)
    this.#onState(transfer, before)
  }

  #setState(transfer: Transfer, state: TransferState): void {
    // One that was taken off the list still ends in its own time; it counts no more.
    if (!this.#byId.has(transfer.id)) {
      transfer.state = state
      return
    }
    this.#account(transfer, -1)
    this.#retrying.delete(transfer)
    transfer.state = state
    if (state.phase === 'retrying') this.#retrying.add(transfer)
    this.#account(transfer, 1)
    this.version++
  }

  /** The file is another than it was: its size counts anew. */
  setIdentity(transfer: Transfer, identity: FileIdentity): void {
    if (this.#byId.has(transfer.id)) this.#account(transfer, -1)
    transfer.identity = identity
    if (this.#byId.has(transfer.id)) this.#account(transfer, 1)
    this.version++
  }

  /** The server acknowledged bytes, or (negative) they count no more. */
  confirm(transfer: Transfer, bytes: number): void {
    transfer.confirmedBytes += bytes
    if (!this.#byId.has(transfer.id)) return
    this.#tally.confirm(transfer, bytes)
    this.#batches.get(transfer.batchId)?.confirm(transfer, bytes)
  }

  /** Takes transfers off the list. */
  remove(ids: ReadonlySet<number>): void {
    for (const id of ids) {
      const transfer = this.#byId.get(id)
      if (transfer === undefined) continue
      this.#account(transfer, -1)
      this.#retrying.delete(transfer)
      this.#byId.delete(id)
    }
    this.#list = this.#list.filter((transfer) => !ids.has(transfer.id))
    this.#runs = runsOf(this.#list)
    this.version++
    this.listVersion++
  }

  /** Orders have changed: list and pending ones are put right. 100 000 that are nearly in order take some 10 ms. */
  reorder(): void {
    this.#list = this.#list.toSorted((a, b) => a.order - b.order)
    this.#runs = runsOf(this.#list)
    for (const heap of this.#pending.values()) heap.reorder()
    this.version++
    this.listVersion++
  }

  enqueue(transfer: Transfer): void {
    let heap = this.#pending.get(transfer.destinationId)
    if (heap === undefined) {
      heap = new PendingHeap()
      this.#pending.set(transfer.destinationId, heap)
    }
    heap.push(transfer)
  }

  /** The next one whose destination `admits`; it stays until `shift`. */
  next(admits: (destinationId: string) => boolean): Transfer | null {
    let best: Transfer | null = null
    for (const [destinationId, heap] of this.#pending) {
      const head = this.#head(heap)
      if (head !== undefined && (best === null || head.order < best.order) && admits(destinationId)) best = head
    }
    return best
  }

  /** Is anything queued for this destination? */
  hasPending(destinationId: string): boolean {
    const heap = this.#pending.get(destinationId)
    return heap !== undefined && this.#head(heap) !== undefined
  }

  shift(transfer: Transfer): void {
    const heap = this.#pending.get(transfer.destinationId)
    if (heap?.peek() === transfer) heap.pop()
  }

  /** Few at any time, however long the queue. */
  get retrying(): Transfer[] {
    return [...this.#retrying]
  }

  /** In the order of the queue, unless they are named by their ids. */
  select(which: Which): Transfer[] {
    if (which.kind === 'ids') return which.ids.flatMap((id) => this.#byId.get(id) ?? [])
    const found = searcher(which.search)
    const passes = ({ state, key }: Transfer) => matches(which.filter, state.phase) && (found === null || found(key))
    if (which.kind === 'filter') return this.#list.filter(passes)
    const batchIds = new Set(which.batchIds)
    const ids = new Set(which.ids)
    return this.#list.filter((one) => ids.has(one.id) || (batchIds.has(one.batchId) && passes(one)))
  }

  /** Entries whose transfer moved on in the meantime are dropped when they come up. */
  #head(heap: PendingHeap<Transfer>): Transfer | undefined {
    for (;;) {
      const head = heap.peek()
      if (head === undefined) return undefined
      if (head.state.phase === 'queued' && this.#byId.has(head.id)) return head
      heap.pop()
    }
  }

  #account(transfer: Transfer, sign: 1 | -1): void {
    const { batchId } = transfer
    this.#tally.account(transfer, sign)
    let batch = this.#batches.get(batchId)
    if (batch === undefined) {
      batch = new QueueTally()
      this.#batches.set(batchId, batch)
    }
    batch.account(transfer, sign)
    if (batch.transfers === 0) this.#batches.delete(batchId)
  }
}
