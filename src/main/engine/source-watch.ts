import type { TransferError } from '../../shared/errors.ts'
import { SluiceError } from '../../shared/errors.ts'
import type { EngineContext } from './engine-context.ts'
import { errorFromThrown } from './s3-errors.ts'
import { readIdentity } from './source-file.ts'
import type { Transfer } from './transfer-record.ts'
import { MAX_OWN_FAILURES } from './transfer-rests.ts'

/** A volume that was plugged in again is noticed within this time. */
const LOOK_MS = 2_000
/** Looks in vain in one round: what waits may be a million files of one volume. */
const MAX_LOOKS = 16

/** Transfers whose volume is gone, until it is back: looks for their files, and lets those go on that are found. */
export class SourceWatch {
  readonly #engine: EngineContext
  /** Since when each one waits, epoch ms; those looked at longest ago first. */
  readonly #waiting = new Map<Transfer, number>()
  #timer: NodeJS.Timeout | null = null

  constructor(engine: EngineContext) {
    this.#engine = engine
  }

  /** Transfers that will go on by themselves once their files are back. */
  get waiting(): number {
    this.#forgetOthers()
    return this.#waiting.size
  }

  wait(transfer: Transfer, error: TransferError): void {
    this.#engine.apply(transfer, { type: 'source-away', error })
    if (!isWaiting(transfer) || this.#waiting.has(transfer)) return
    if (this.waiting === 0) {
      const message = `The volume that holds ${transfer.path} is gone; what it holds waits for its return.`
      this.#engine.emit({ type: 'notice', level: 'info', message })
    }
    this.#waiting.set(transfer, Date.now())
    this.#timer ??= setTimeout(() => void this.#look(), LOOK_MS)
  }

  async #look(): Promise<void> {
    let looks = 0
    for (const [transfer, sinceMs] of [...this.#waiting]) {
      if (!isWaiting(transfer)) continue
      this.#waiting.delete(transfer)
      if (!(await this.#isBack(transfer, sinceMs)) && isWaiting(transfer)) {
        this.#waiting.set(transfer, sinceMs)
        if (++looks === MAX_LOOKS) break
      }
      this.#engine.settled(transfer)
    }
    this.#timer = this.waiting === 0 ? null : setTimeout(() => void this.#look(), LOOK_MS)
  }

  /** True when the transfer waits no more, whatever became of it. */
  async #isBack(transfer: Transfer, sinceMs: number): Promise<boolean> {
    const { identity, options } = transfer
    const { recovery } = this.#engine
    try {
      const found = await readIdentity(transfer.path, identity)
      if (!isWaiting(transfer)) return true
      if (found.sizeBytes !== identity.sizeBytes || found.mtimeNs !== identity.mtimeNs) {
        const message = 'The volume is back, and the file on it is another: start it again if that is the one you want.'
        recovery.onFailure(transfer, { code: 'source-changed', message })
        return true
      }
      // Inode and device are another mount's.
      this.#engine.queue.setIdentity(transfer, found)
      // A disk that can be listed and not read would come and go for ever.
      if (++transfer.attempts >= MAX_OWN_FAILURES) {
        const message = 'The file cannot be read from its volume, though it is there.'
        recovery.onFailure(transfer, { code: 'source-unreadable', message })
      } else this.#engine.apply(transfer, { type: 'unblocked' })
      return true
    } catch (thrown) {
      if (!isWaiting(transfer)) return true
      const error = errorFromThrown(thrown, '')
      const { giveUpAfterMs } = options
      if (thrown instanceof SluiceError && error.code === 'source-away') {
        if (giveUpAfterMs === null || Date.now() - sinceMs < giveUpAfterMs) return false
        const message = 'The volume that holds the file is gone, and did not come back in time.'
        this.#engine.apply(transfer, { type: 'failed', error: { ...error, code: 'source-missing', message } })
      } else recovery.onFailure(transfer, error)
      return true
    }
  }

  #forgetOthers(): void {
    for (const transfer of this.#waiting.keys()) if (!isWaiting(transfer)) this.#waiting.delete(transfer)
  }
}

/** A pause, a cancel or a destination that is blocked has taken over otherwise. */
function isWaiting({ state }: Transfer): boolean {
  return state.phase === 'waiting' && state.reason === 'source'
}
