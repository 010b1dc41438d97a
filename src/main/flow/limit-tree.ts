/**
 * Where each value of a node is in the shared memory: 16 cells of 8 bytes, two cache lines. What every ticket changes is
 * in the first; the second, which only the control plane writes, is the tree.
 */
export const CELLS_PER_NODE = 16
export const STATE = 0
export const RATE = 1 // and 2: the slots of even and odd epochs
export const GRANTED = 3
export const OWED = 4
export const BOUND_AT = 5
export const BURST = 8
const PARENT = 9
const EXEMPT = 10
const WEIGHT = 11
const CONNECTIONS = 12

export const HEADER_CELLS = CELLS_PER_NODE
export const ORIGIN = 0

/** The first cell of a node. */
export function cellsOf(node: number): number {
  return HEADER_CELLS + node * CELLS_PER_NODE
}

/** Nodes are stored plus one in `PARENT` and `EXEMPT`, so that 0 says none. */
const NONE = 0

/** Weights are kept in thousandths. */
const WEIGHT_SCALE = 1000

/**
 * Who is whose parent in a `LimitTable`, who weighs how much, and who is exempt. Any thread follows it; only the
 * control plane changes it. A change shows with the next ticket: nothing of the tree travels with a job but its leaf.
 */
export class LimitTree {
  readonly #cells: BigUint64Array

  constructor(cells: BigUint64Array) {
    this.#cells = cells
  }

  /** As at the start: no parent, weight 1, one connection, no burst, not exempt. */
  reset(node: number): void {
    this.setParent(node, null)
    this.setExempt(node, null)
    this.setWeight(node, 1)
    this.setConnections(node, 1)
    this.#store(node, BURST, 0)
  }

  setParent(node: number, parent: number | null): void {
    this.#store(node, PARENT, parent === null ? NONE : parent + 1)
  }

  parent(node: number): number | null {
    const stored = this.#load(node, PARENT)
    return stored === NONE ? null : stored - 1
  }

  /** What goes through `leaf` passes by `node`; null: by none. `LimitTable.exempt` also tells those who wait. */
  setExempt(leaf: number, node: number | null): void {
    this.#store(leaf, EXEMPT, node === null ? NONE : node + 1)
  }

  isExempt(leaf: number, node: number): boolean {
    return this.#load(leaf, EXEMPT) === node + 1
  }

  /** The nodes that limit what goes through `leaf`, from itself up to the root. */
  path(leaf: number): number[] {
    const nodes: number[] = []
    for (let node: number | null = leaf; node !== null; node = this.parent(node)) {
      if (!this.isExempt(leaf, node)) nodes.push(node)
    }
    return nodes
  }

  /** 1 is normal, twice as much gets twice the share. @throws RangeError unless above 0 */
  setWeight(node: number, weight: number): void {
    if (!(weight > 0 && Number.isFinite(weight))) throw new RangeError(`A weight must be above 0, not ${weight}.`)
    this.#store(node, WEIGHT, Math.max(1, Math.round(weight * WEIGHT_SCALE)))
  }

  weight(node: number): number {
    return this.#load(node, WEIGHT) / WEIGHT_SCALE
  }

  /** Over how many connections a leaf is spread at the moment: they share its weight. */
  setConnections(leaf: number, connections: number): void {
    this.#store(leaf, CONNECTIONS, Math.max(1, connections))
  }

  /** What one connection of this leaf weighs among its siblings, so that a transfer gets its weight however many it has. */
  weightPerConnection(leaf: number): number {
    return this.weight(leaf) / this.#load(leaf, CONNECTIONS)
  }

  /**
   * What part of the connections at work, by weight, is each thread's, 0..1: that of its part of a node's quantum.
   * @param leavesByThread the leaf of each connection at work
   */
  shares(leavesByThread: readonly (readonly number[])[]): number[] {
    const connections = new Map<number, number>()
    const groups = new Map<number, number>()
    const groupOf = (leaf: number) => this.parent(leaf) ?? leaf
    for (const leaf of leavesByThread.flat()) {
      const count = connections.get(leaf) ?? 0
      connections.set(leaf, count + 1)
      if (count === 0) groups.set(groupOf(leaf), (groups.get(groupOf(leaf)) ?? 0) + this.weight(leaf))
    }
    let total = 0
    for (const group of groups.keys()) total += this.weight(group)
    if (total === 0) return leavesByThread.map(() => 1)
    return leavesByThread.map((leaves) => {
      let share = 0
      for (const leaf of leaves) {
        const ofGroup = this.weight(leaf) / (groups.get(groupOf(leaf)) ?? 1) / (connections.get(leaf) ?? 1)
        share += (this.weight(groupOf(leaf)) / total) * ofGroup
      }
      return share
    })
  }

  #load(node: number, cell: number): number {
    return Number(Atomics.load(this.#cells, cellsOf(node) + cell))
  }

  #store(node: number, cell: number, value: number): void {
    Atomics.store(this.#cells, cellsOf(node) + cell, BigInt(value))
  }
}
