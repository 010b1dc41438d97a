/** One who waits for a turn. */
export interface Turn {
  /** Whose turns are kept: any object of its own. */
  readonly connection: object
  readonly weight: number
  /** What it belongs to: a batch, say. Groups share by their weights, whatever the number of those in them. */
  readonly group: number
  readonly groupWeight: number
  /** All bytes of the body that begins with this turn; 0 in the middle of one. */
  readonly beginsBytes: number
}

interface Group<T> {
  /** Each with the place where its turn starts; lower goes first. */
  readonly waiting: Map<T, number>
  /** Where each connection's last turn ended. */
  readonly ends: WeakMap<object, number>
  /** The turn in the group that was served last: newcomers start here, without credit for their absence. */
  now: number
  /** The turn in the group that a body began with last. */
  begun: number
  /** Where the group's next turn starts, among the groups. */
  start: number
}

/**
 * Who is next, by start-time fair queueing (Goyal, Vin, Cheng 1996), twice: among the groups, then among the
 * connections of the one whose turn it is. A turn moves on by bytes over weight, so shares are exact whatever the sizes
 * of the writes, and what one does not use goes to the others of its group first.
 *
 * Bodies of a group begin one after another, some way apart. Parts are as large as each other: those that begin together end
 * together, and while all of their connections wait for answers and make ready what is next, the line would be empty.
 */
export class FairTurns<T extends Turn> {
  readonly #groups = new Map<number, Group<T>>()
  /** The group's turn that was served last. */
  #now = 0
  readonly #apartBytes: () => number

  /** @param apartBytes what the node gives between the beginnings of two bodies, where they are long enough */
  constructor(apartBytes: () => number) {
    this.#apartBytes = apartBytes
  }

  add(turn: T): void {
    let group = this.#groups.get(turn.group)
    if (group === undefined) {
      group = { waiting: new Map(), ends: new WeakMap(), now: 0, begun: Number.NEGATIVE_INFINITY, start: 0 }
      this.#groups.set(turn.group, group)
    }
    if (group.waiting.size === 0) group.start = Math.max(this.#now, group.start)
    group.waiting.set(turn, Math.max(group.now, group.ends.get(turn.connection) ?? 0))
  }

  /** It leaves without having been served: as if it had never joined. */
  remove(turn: T): void {
    this.#groups.get(turn.group)?.waiting.delete(turn)
  }

  /** It is served so many bytes, and leaves. */
  serve(turn: T, bytes: number): void {
    const group = this.#groups.get(turn.group)
    const added = group?.waiting.get(turn)
    if (group === undefined || added === undefined) return
    const start = this.#startOf(turn, added, group)
    if (turn.beginsBytes > 0) group.begun = start
    group.waiting.delete(turn)
    group.ends.set(turn.connection, start + bytes / turn.weight)
    // Who begins further on than its turn was, since nobody else waited, holds nobody up.
    group.now = Math.max(group.now, added)
    this.#now = group.start
    group.start += bytes / turn.groupWeight
  }

  /** The next in turn; null when nobody waits. */
  first(): T | null {
    let best: Group<T> | null = null
    for (const [key, group] of this.#groups) {
      if (group.waiting.size === 0) {
        // Nothing of it is left to remember: it would start at `#now` again.
        if (group.start <= this.#now) this.#groups.delete(key)
      } else if (best === null || group.start < best.start) {
        best = group
      }
    }
    if (best === null) return null
    let first: T | null = null
    let least = Number.POSITIVE_INFINITY
    for (const [turn, added] of best.waiting) {
      const start = this.#startOf(turn, added, best)
      if (start >= least) continue
      first = turn
      least = start
    }
    return first
  }

  /** Where the turn starts by now: one that begins a body, some way after the last that began. All who wait fit half of a body. */
  #startOf({ beginsBytes, weight }: T, added: number, { waiting, begun }: Group<T>): number {
    if (beginsBytes === 0) return added
    return Math.max(added, begun + Math.min(this.#apartBytes(), beginsBytes / 2) / (waiting.size * weight))
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const group of this.#groups.values()) yield* group.waiting.keys()
  }
}
