import type { Transfer } from './transfer-record.ts'

/** A removal can be undone this long: somewhat longer than the window offers it. */
const UNDO_MS = 30_000

/** What was taken off the list last: that can be undone for a moment. */
export class LastRemoved {
  #transfers: readonly Transfer[] = []
  #timer: NodeJS.Timeout | null = null

  /** Instead of what was kept before; an empty list forgets it. */
  keep(transfers: readonly Transfer[]): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#transfers = transfers
    this.#timer = transfers.length === 0 ? null : setTimeout(() => this.keep([]), UNDO_MS)
    this.#timer?.unref()
  }

  /** Each is handed out once. */
  take(): readonly Transfer[] {
    const taken = this.#transfers
    this.keep([])
    return taken
  }
}
