import type { LogEntry, LoggedEvent } from '../../shared/transfer-details.ts'
import { MAX_LOG_ENTRIES } from '../../shared/transfer-details.ts'
import type { TransferEvent } from '../core/transition.ts'

/** Transfers whose past is kept: of a million small files nobody reads each. */
const MAX_TRANSFERS = 1_000

/** More than are under way at a time, in any sensible run. */
const MAX_LOOKED = 64

const OVER: ReadonlySet<LoggedEvent> = new Set(['completed', 'skipped', 'aborted', 'cancel'])

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

  /** One that is over, if there is any: thousands of small files must not push out a large one that is under way. */
  #forgetOldest(): void {
    let oldest: number | null = null
    let looked = 0
    for (const [id, entries] of this.#entries) {
      oldest ??= id
      // A bound: pausing a million would look at a thousand each time.
      if (!OVER.has(entries.at(-1)?.what ?? 'start')) {
        if (++looked === MAX_LOOKED) break
        continue
      }
      oldest = id
      break
    }
    if (oldest !== null) this.#entries.delete(oldest)
  }
}
