import type { EngineContext } from './engine-context.ts'
import type { Transfer } from './transfer-record.ts'

/** A pause is final after this long: until then the requests stay open, in case of a change of mind. */
export const HOLD_MS = 2_000

/** The requests stay open and send nothing; after a moment they are given up. */
export function hold({ dispatcher, limits }: EngineContext, transfer: Transfer): void {
  const { work } = transfer
  dispatcher.withdraw(transfer)
  if (work === null || work.node === null || work.holdTimer !== null) return
  limits.set(work.node, 0)
  dispatcher.wake()
  work.holdTimer = setTimeout(() => {
    work.holdTimer = null
    if (transfer.state.phase === 'paused') dispatcher.stop(work)
    dispatcher.lendLanes()
  }, HOLD_MS)
  dispatcher.lendLanes()
}

/** The change of mind: what is still open goes on. */
export function unhold({ dispatcher, limits }: EngineContext, transfer: Transfer): void {
  const { work } = transfer
  if (work === null) return
  if (work.holdTimer !== null) clearTimeout(work.holdTimer)
  work.holdTimer = null
  if (work.node !== null) limits.set(work.node, transfer.limitBytesPerSecond)
  dispatcher.wake()
  dispatcher.lendLanes()
}
