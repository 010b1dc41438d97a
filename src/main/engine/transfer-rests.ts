import type { TransferError } from '../../shared/errors.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import type { EngineContext } from './engine-context.ts'
import type { Transfer } from './transfer-record.ts'

/** A file's own failures (a checksum that differs, an answer without an ETag) end it after so many in a row. */
export const MAX_OWN_FAILURES = 5

/** Transfers that rest before their next try, each by a timer of its own, while the others go on. */
export class TransferRests {
  readonly #engine: EngineContext
  readonly #timers = new Map<Transfer, NodeJS.Timeout>()
  /** Failures in a row that were not the file's own. */
  readonly #failing = new Map<Transfer, { readonly attempts: number; readonly sinceMs: number }>()

  constructor(engine: EngineContext) {
    this.#engine = engine
  }

  /** False for those that wait for their destination. */
  has(transfer: Transfer): boolean {
    return this.#timers.has(transfer)
  }

  /** The server or the network failed it: tried for as long as allowed. */
  retryAlone(transfer: Transfer, error: TransferError): void {
    if (this.#countsAlready(transfer)) return
    const now = Date.now()
    const { attempts, sinceMs } = this.#failing.get(transfer) ?? { attempts: 0, sinceMs: now }
    this.#failing.set(transfer, { attempts: attempts + 1, sinceMs })
    const { giveUpAfterMs } = transfer.options
    const givenUp = giveUpAfterMs !== null && now - sinceMs >= giveUpAfterMs
    if (givenUp) return this.#engine.apply(transfer, { type: 'failed', error })
    this.#retry(transfer, error, attempts + 1)
  }

  /** The failure is the file's own: it ends it after a few. */
  retryOwn(transfer: Transfer, error: TransferError): void {
    if (this.#countsAlready(transfer)) return
    transfer.attempts++
    if (transfer.attempts >= MAX_OWN_FAILURES) return this.#engine.apply(transfer, { type: 'failed', error })
    this.#retry(transfer, error, transfer.attempts)
  }

  /** Calls `act` after `ms`, unless it is forgotten before. */
  until(transfer: Transfer, ms: number, act: () => void): void {
    clearTimeout(this.#timers.get(transfer))
    const end = () => {
      this.#timers.delete(transfer)
      act()
    }
    this.#timers.set(transfer, setTimeout(end, ms))
  }

  /** Those whom the server or the network failed try again within `ms`. */
  endWithin(ms: number): void {
    for (const transfer of this.#failing.keys()) if (this.has(transfer)) this.#retryIn(transfer, Math.random() * ms)
  }

  succeeded(transfer: Transfer): void {
    this.#failing.delete(transfer)
  }

  forget(transfer: Transfer): void {
    clearTimeout(this.#timers.get(transfer))
    this.#timers.delete(transfer)
    this.#failing.delete(transfer)
  }

  /** Several parts of a file fail together: that is one failure, though each of them goes again. */
  #countsAlready(transfer: Transfer): boolean {
    const counts = transfer.state.phase === 'retrying' && this.has(transfer)
    if (counts) this.#engine.tally.retries++
    return counts
  }

  #retry(transfer: Transfer, error: TransferError, attempt: number): void {
    this.#engine.tally.retries++
    const delayMs = retryDelayMs(attempt, Math.random(), error.retryAfterMs)
    this.#engine.apply(transfer, { type: 'retry-later', error, attempt, retryAtMs: Date.now() + delayMs })
    this.#retryIn(transfer, delayMs)
  }

  #retryIn(transfer: Transfer, ms: number): void {
    this.until(transfer, ms, () => {
      this.#engine.apply(transfer, { type: 'retry-due' })
      this.#engine.dispatcher.fill()
    })
  }
}
