import { LimitTable } from '../flow/limit-table.ts'

const ROOT = 0
/** More than the jobs that can be in hand at once: each connection has one running and one waiting. */
const NODES = 1024

/** The limit tree's control plane: the root, and a node for each transfer that is being sent. */
export class Limits {
  readonly table = LimitTable.create(NODES, process.hrtime.bigint())
  readonly #free = Array.from({ length: NODES - 1 }, (_, index) => NODES - 1 - index)
  #limitBytesPerSecond: number | null = null
  #paused = false

  /** null unlimited, 0 paused: what holds right now. */
  get effective(): number | null {
    return this.#paused ? 0 : this.#limitBytesPerSecond
  }

  get limitBytesPerSecond(): number | null {
    return this.#limitBytesPerSecond
  }

  get paused(): boolean {
    return this.#paused
  }

  setGlobal(limitBytesPerSecond: number | null): void {
    this.#limitBytesPerSecond = limitBytesPerSecond
    this.#set(ROOT, this.effective)
  }

  setPaused(paused: boolean): void {
    this.#paused = paused
    this.#set(ROOT, this.effective)
  }

  /** A node for a transfer, with its own limit (null: only the root's). */
  take(limitBytesPerSecond: number | null): number {
    const node = this.#free.pop()
    if (node === undefined) throw new Error('no limit node is free')
    this.#set(node, limitBytesPerSecond)
    return node
  }

  /** A transfer's weight is its own, however many connections it has at the moment. */
  setConnections(node: number, connections: number): void {
    this.table.setWeight(node, 1, connections)
  }

  /** null unlimited, 0 held. */
  set(node: number, limitBytesPerSecond: number | null): void {
    this.#set(node, limitBytesPerSecond)
  }

  /** Gives the node of `holder` back, if it has one. */
  releaseFrom(holder: { node: number | null }): void {
    if (holder.node !== null) this.#free.push(holder.node)
    holder.node = null
  }

  /** The way of a transfer's bytes, from its own node up to the root. */
  path(node: number): readonly number[] {
    return [node, ROOT]
  }

  /** Bytes of control calls: sent already, made up for by those that follow. */
  charge(bytes: number): void {
    this.table.charge(ROOT, bytes, process.hrtime.bigint())
  }

  #set(node: number, bytesPerSecond: number | null): void {
    if (this.table.rate(node) !== bytesPerSecond) this.table.setRate(node, bytesPerSecond, process.hrtime.bigint())
  }
}
