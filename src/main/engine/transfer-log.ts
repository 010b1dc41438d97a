import type { LogEntry, LoggedEvent } from '../../shared/transfer-details.ts'
import { MAX_LOG_ENTRIES } from '../../shared/transfer-details.ts'
import type { TransferEvent } from '../core/transition.ts'

/** Transfers whose past is kept: of a million small files nobody reads each. */
const MAX_TRANSFERS = 1_000

/** What happened to transfers, for their panel: the last 100 events of each of the last 1 000. In memory only. */
export class TransferLog {
  readonly #entries = new Map<number, LogEntry[]>()

  note(id: number, what: LoggedEvent, message: string | null = null, attempt = 0): void {
    const entry = { atMs: Date.now(), what, message, attempt }
    const known = this.#entries.get(id)
    if (known === undefined) {
      if (this.#entries.size >= MAX_TRANSFERS) this.#forgetOldest()
      this.#entries.set(id, [entry])
      return
    }
    known.push(entry)
    if (known.length > MAX_LOG_ENTRIES) known.shift()
  }

  /** An event that changed the transfer's state. */
  noteEvent(id: number, event: TransferEvent): void {
    const message = 'error' in event ? event.error.message : null
    this.note(id, event.type, message, event.type === 'retry-later' ? event.attempt : 0)
  }

  /** Oldest first. */
  of(id: number): readonly LogEntry[] {
    return this.#entries.get(id) ?? []
  }

  #forgetOldest(): void {
    for (const id of this.#entries.keys()) {
      this.#entries.delete(id)
      return
    }
  }
}
