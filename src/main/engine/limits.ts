import type { LimitSource } from '../../shared/limit-plan.ts'
import { systemClock } from '../flow/clock.ts'
import { LimitTable } from '../flow/limit-table.ts'
import { setRequestRate, UNITS_PER_REQUEST } from '../flow/request-rate.ts'
import { ThreadLimiter } from '../flow/thread-limiter.ts'

/** Everything passes it: pause, and quotas in total. Nobody is exempt from it. */
const ROOT = 0
/** The limit that people set; transfers can be exempt from it. */
const GLOBAL = 1
/** Destinations take three each; transfers and batches have one while they are in hand, and each connection has a few. */
const NODES = 2048
/** A node that nobody had to wait for in this long does not bind. */
const BOUND_NS = 1_000_000_000n

/** Rates that quotas in mode `spread` set, per second; null is none. */
export interface Spread {
  readonly bytes: number | null
  readonly requests: number | null
  readonly files: number | null
}

/** The limit nodes of a destination: its bytes, its requests, its files. */
export interface DestinationNodes {
  readonly bytes: number
  readonly requests: number
  readonly files: number
}

/** Who has a node of its own in the tree. */
interface Limited {
  readonly id: number
  readonly batchId: number
  readonly limitBytesPerSecond: number | null
}

/** A batch while transfers of it are in hand. */
interface Batch {
  readonly node: number
  members: number
}

/**
 * The limit tree's control plane: root → global → destination → batch → transfer, with requests and files per second
 * beside bytes.
 */
export class Limits {
  readonly table = LimitTable.create(NODES, process.hrtime.bigint())
  /** The engine's own thread at the table, for what it sends itself. */
  readonly ownThread = new ThreadLimiter(this.table, systemClock)
  readonly #free = Array.from({ length: NODES - 2 }, (_, index) => NODES - 1 - index)
  readonly #batches = new Map<number, Batch>()
  readonly #batchOf = new Map<number, number>()
  /** Those that differ from 1. */
  readonly #batchWeights = new Map<number, number>()
  readonly #exempt = new Set<number>()
  /** Requests and files of all destinations together. */
  readonly totals: { readonly requests: number; readonly files: number }
  #limitBytesPerSecond: number | null = null
  #spreadBytesPerSecond: number | null = null
  #paused = false
  source: LimitSource = 'manual'
  untilMs: number | null = null
  /** Epoch ms of the next pause that is known beforehand. */
  nextPauseMs: number | null = null

  constructor() {
    this.table.tree.setParent(GLOBAL, ROOT)
    this.totals = { requests: this.#take(null), files: this.#take(null) }
  }

  /** null unlimited, 0 paused: what holds right now. */
  get effective(): number | null {
    return this.#paused ? 0 : this.heldTo
  }

  /** The limit, or what a quota leaves of it; null unlimited. What holds while nothing is paused. */
  get heldTo(): number | null {
    return strictest(this.#limitBytesPerSecond, this.#spreadBytesPerSecond)
  }

  /** The same for one transfer: one that is exempt is not held to the limit. */
  heldToFor(transferId: number): number | null {
    return this.#exempt.has(transferId) ? this.#spreadBytesPerSecond : this.heldTo
  }

  get limitBytesPerSecond(): number | null {
    return this.#limitBytesPerSecond
  }

  get paused(): boolean {
    return this.#paused
  }

  setGlobal(limitBytesPerSecond: number | null): void {
    this.#limitBytesPerSecond = limitBytesPerSecond
    this.#hold()
  }

  /** Rates from quotas over everything. */
  setSpread({ bytes, requests, files }: Spread): void {
    this.#spreadBytesPerSecond = bytes
    this.#hold()
    this.setRequests(this.totals.requests, requests)
    this.setRequests(this.totals.files, files)
  }

  setPaused(paused: boolean): void {
    this.#paused = paused
    this.#hold()
  }

  /** 0 stops everything, also what is exempt from the limit, and lets nothing pile up between the two nodes. */
  #hold(): void {
    const stopped = this.effective === 0
    this.set(ROOT, stopped ? 0 : this.#spreadBytesPerSecond)
    this.set(GLOBAL, stopped ? 0 : this.#limitBytesPerSecond)
  }

  /** The nodes of a destination, unlimited. */
  takeDestination(): DestinationNodes {
    const { requests, files } = this.totals
    return { bytes: this.#take(GLOBAL), requests: this.#take(requests), files: this.#take(files) }
  }

  /** A transfer's node, beneath its batch's, with its own limit and as exempt as it was told to be. */
  takeTransfer({ id, batchId, limitBytesPerSecond }: Limited, { bytes }: DestinationNodes): number {
    let batch = this.#batches.get(batchId)
    if (batch === undefined) {
      batch = { node: this.#take(bytes), members: 0 }
      this.#batches.set(batchId, batch)
      this.table.tree.setWeight(batch.node, this.batchWeight(batchId))
    }
    batch.members++
    const node = this.#take(batch.node)
    this.#batchOf.set(node, batchId)
    this.set(node, limitBytesPerSecond)
    if (this.#exempt.has(id)) this.table.tree.setExempt(node, GLOBAL)
    return node
  }

  #take(parent: number | null): number {
    const node = this.#free.pop()
    if (node === undefined) throw new Error('no limit node is free')
    this.table.tree.reset(node)
    this.table.tree.setParent(node, parent)
    this.set(node, null)
    return node
  }

  /**
   * The batch's share among batches, 1 to begin with: they share by these weights, not by the number of their files.
   * Wake the senders after it. @throws RangeError unless above 0
   */
  setBatchWeight(batchId: number, weight: number): void {
    if (!(weight > 0 && Number.isFinite(weight))) throw new RangeError(`A weight must be above 0, not ${weight}.`)
    this.#batchWeights.set(batchId, weight)
    const batch = this.#batches.get(batchId)
    if (batch !== undefined) this.table.tree.setWeight(batch.node, weight)
  }

  batchWeight(batchId: number): number {
    return this.#batchWeights.get(batchId) ?? 1
  }

  /** Takes a transfer out of the global limit, or back under it, in mid-part; wake the senders after it. */
  setExempt(transferId: number, node: number | null, exempt: boolean): void {
    if (exempt) this.#exempt.add(transferId)
    else this.#exempt.delete(transferId)
    if (node !== null) this.table.exempt(node, exempt ? GLOBAL : null, process.hrtime.bigint())
  }

  isExempt(transferId: number): boolean {
    return this.#exempt.has(transferId)
  }

  /** A transfer's weight is its own, however many connections it has at the moment. */
  setConnections(node: number, connections: number): void {
    this.table.tree.setConnections(node, connections)
  }

  /** null unlimited, 0 held. A rate that stays the same voids no ticket. */
  set(node: number, bytesPerSecond: number | null): void {
    const rate = bytesPerSecond === null ? null : Math.round(bytesPerSecond)
    if (this.table.rate(node) !== rate) this.table.setRate(node, rate, process.hrtime.bigint())
  }

  /** Requests (or files) per second for a node that paces them. */
  setRequests(node: number, perSecond: number | null): void {
    const units = perSecond === null ? null : Math.round(perSecond * UNITS_PER_REQUEST)
    if (this.table.rate(node) !== units) setRequestRate(this.table, node, perSecond, process.hrtime.bigint())
  }

  /** Gives the node of a transfer back, if it has one, and its batch's with the last. */
  releaseFrom(holder: { node: number | null }): void {
    const { node } = holder
    if (node === null) return
    holder.node = null
    this.#free.push(node)
    const batchId = this.#batchOf.get(node)
    const batch = batchId === undefined ? undefined : this.#batches.get(batchId)
    this.#batchOf.delete(node)
    if (batchId === undefined || batch === undefined || --batch.members > 0) return
    this.#batches.delete(batchId)
    this.#free.push(batch.node)
  }

  /** Bytes of a destination's control calls: sent already, made up for by those that follow. */
  charge(destinationNode: number, bytes: number): void {
    this.table.charge(destinationNode, bytes, process.hrtime.bigint())
  }

  /** Did anybody have to wait for it within the last second? */
  binds(node: number): boolean {
    return this.table.wasBound(node, process.hrtime.bigint(), BOUND_NS)
  }

  /** Which of the nodes that everything passes binds. */
  get totalBinds(): 'quota' | 'global' | null {
    if (this.binds(ROOT)) return 'quota'
    return this.binds(GLOBAL) ? 'global' : null
  }
}

/** null is unlimited. */
export function strictest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
