import type { TransferError } from '../../shared/errors.ts'
import { SluiceError } from '../../shared/errors.ts'
import { isEnded } from '../../shared/transfer.ts'
import { MAX_BESIDE, nextBeside } from '../core/key-beside.ts'
import { keyError } from '../core/target.ts'
import type { EngineContext } from './engine-context.ts'
import type { Transfer } from './transfer-record.ts'
import { mustBeNew } from './transfer-record.ts'

/** The rule "keep both": a key that holds other content is left alone, and the file goes under a name beside it. */

export function keepsBoth(transfer: Transfer): boolean {
  return mustBeNew(transfer) && (transfer.keepBoth || transfer.options.onExists === 'keep-both')
}

/** The key holds other content: the transfer begins again under the next name, or fails where there is none. */
export function keepBeside(engine: EngineContext, transfer: Transfer): void {
  if (isEnded(transfer.state.phase) || transfer.state.phase === 'cancelling') return
  const next = nameAfter(transfer)
  if (typeof next !== 'string') return engine.apply(transfer, { type: 'failed', error: next })
  // First: what was begun is aborted under the key that it was begun for.
  engine.apply(transfer, { type: 'start-over' })
  takeName(engine, transfer, next)
}

/**
 * The next name for a transfer of which nothing is at the server.
 * @throws SluiceError where there is none
 */
export function takeNextName(engine: EngineContext, transfer: Transfer): void {
  const next = nameAfter(transfer)
  if (typeof next !== 'string') throw new SluiceError(next)
  takeName(engine, transfer, next)
}

function nameAfter({ key, beside }: Transfer): string | TransferError {
  const wantedKey = beside?.wantedKey ?? key
  const next = nextBeside(wantedKey, key)
  if (next === null) {
    const message = `Beside ${wantedKey} there are ${MAX_BESIDE - 1} other objects of that name already, and all of them differ from the file.`
    return { code: 'exists', message }
  }
  return keyError(next) ?? next
}

/** Known to the journal before a byte goes out under it, since writes keep their order. */
function takeName(engine: EngineContext, transfer: Transfer, key: string): void {
  const { beside, resentBytes } = transfer
  transfer.beside = { wantedKey: beside?.wantedKey ?? transfer.key, resentBytes }
  transfer.key = key
  engine.queue.version++
  engine.journal.keptBeside(transfer)
  engine.log.note(transfer.id, 'kept-beside', key)
}

/** What was given up, also under other names, goes again from now on. Answers how much, once. */
export function takeLostBytes(transfer: Transfer): number {
  const { beside, lostBytes } = transfer
  if (lostBytes === 0) return 0
  transfer.lostBytes = 0
  if (beside !== null) transfer.beside = { ...beside, resentBytes: beside.resentBytes + lostBytes }
  return lostBytes
}
