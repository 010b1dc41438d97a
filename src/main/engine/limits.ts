import type { LimitSource } from '../../shared/limit-plan.ts'
import { LimitTable } from '../flow/limit-table.ts'
import { setRequestRate, UNITS_PER_REQUEST } from '../flow/request-rate.ts'

const ROOT = 0
/** Destinations take three each; of transfers only those in hand have one, and each connection has at most a few. */
const NODES = 1024
/** A node that nobody had to wait for in this long does not bind. */
const BOUND_NS = 1_000_000_000n

/** Rates that quotas in mode `spread` set, per second; null is none. */
export interface Spread {
  readonly bytes: number | null
  readonly requests: number | null
  readonly files: number | null
}

/** The limit tree's control plane: global → destination → transfer, with requests and files per second beside bytes. */
export class Limits {
  readonly table = LimitTable.create(NODES, process.hrtime.bigint())
  readonly #free = Array.from({ length: NODES - 1 }, (_, index) => NODES - 1 - index)
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
    this.totals = { requests: this.take(null), files: this.take(null) }
  }

  /** null unlimited, 0 paused: what holds right now. */
  get effective(): number | null {
    return this.#paused ? 0 : this.heldTo
  }

  /** The limit, or what a quota leaves of it; null unlimited. What holds while nothing is paused. */
  get heldTo(): number | null {
    return strictest(this.#limitBytesPerSecond, this.#spreadBytesPerSecond)
  }

  get limitBytesPerSecond(): number | null {
    return this.#limitBytesPerSecond
  }

  get paused(): boolean {
    return this.#paused
  }

  setGlobal(limitBytesPerSecond: number | null): void {
    this.#limitBytesPerSecond = limitBytesPerSecond
    this.set(ROOT, this.effective)
  }

  /** Rates from quotas over everything. */
  setSpread({ bytes, requests, files }: Spread): void {
    this.#spreadBytesPerSecond = bytes
    this.set(ROOT, this.effective)
    this.setRequests(this.totals.requests, requests)
    this.setRequests(this.totals.files, files)
  }

  setPaused(paused: boolean): void {
    this.#paused = paused
    this.set(ROOT, this.effective)
  }

  /** A node with its own limit (null: only those above it), or with a rate of requests if it is used for those. */
  take(limitBytesPerSecond: number | null): number {
    const node = this.#free.pop()
    if (node === undefined) throw new Error('no limit node is free')
    this.set(node, limitBytesPerSecond)
    return node
  }

  /** A transfer's weight is its own, however many connections it has at the moment. */
  setConnections(node: number, connections: number): void {
    this.table.setWeight(node, 1, connections)
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

  /** Gives the node of `holder` back, if it has one. */
  releaseFrom(holder: { node: number | null }): void {
    if (holder.node !== null) this.#free.push(holder.node)
    holder.node = null
  }

  /** The way of a transfer's bytes, from its own node up to the root. */
  path(transferNode: number, destinationNode: number): readonly number[] {
    return [transferNode, destinationNode, ROOT]
  }

  /** Bytes of a destination's control calls: sent already, made up for by those that follow. */
  charge(destinationNode: number, bytes: number): void {
    const now = process.hrtime.bigint()
    for (const node of [destinationNode, ROOT]) this.table.charge(node, bytes, now)
  }

  /** Did anybody have to wait for it within the last second? */
  binds(node: number): boolean {
    return this.table.wasBound(node, process.hrtime.bigint(), BOUND_NS)
  }

  get rootBinds(): boolean {
    return this.binds(ROOT)
  }

  /** Is it a quota, and not the limit, that the root holds to? */
  get rootSpreads(): boolean {
    return this.heldTo !== this.#limitBytesPerSecond
  }
}

/** null is unlimited. */
export function strictest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
