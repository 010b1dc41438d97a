import type { DestinationView } from '../shared/destination.ts'
import type { Preflight } from '../shared/preflight.ts'
import { isWorthAsking } from '../shared/preflight.ts'
import { call, perform } from './bridge.ts'
import { getState, setState } from './store.ts'

/** Drops of more than a few files are looked through, and begin once the person has seen what will come of it. */

/** A drop that is being looked through, or waits for its answer. */
export interface OpenPreflight {
  readonly destination: DestinationView
  /** null while its folders are still being walked. */
  readonly found: Preflight | null
  readonly decide: (goOn: boolean) => void
}

/** Below this a sheet that opens and goes again by itself would only flash. */
const SHOW_AFTER_MS = 400

let last: Promise<unknown> = Promise.resolve()

/** Whether these are to be added. Of several drops each gets its own answer, one after another. */
export function mayAdd(paths: readonly string[], destination: DestinationView): Promise<boolean> {
  const answer = last.then(() => check(paths, destination))
  last = answer
  return answer
}

async function check(paths: readonly string[], destination: DestinationView): Promise<boolean> {
  const { promise: decided, resolve: decide } = Promise.withResolvers<boolean>()
  const show = (found: Preflight | null) => setState({ preflight: { destination, found, decide } })
  const timer = setTimeout(show, SHOW_AFTER_MS, null)
  try {
    const looked = perform('preflight', { paths: [...paths], destinationId: destination.id })
    const early = await Promise.race([looked, decided])
    if (typeof early === 'boolean') {
      void call('cancelPreflight', {})
      return false
    }
    clearTimeout(timer)
    if (!early.ok || early.value === null) return false
    if (!isWorthAsking(early.value)) return true
    show(early.value)
    return await decided
  } finally {
    clearTimeout(timer)
    setState({ preflight: null })
  }
}

/** "Don't ask again", and its way back. */
export async function setAskBeforeUpload(askBeforeUpload: boolean): Promise<void> {
  const before = getState().askBeforeUpload
  setState({ askBeforeUpload })
  const saved = await perform('saveSettings', { askBeforeUpload })
  if (!saved.ok) setState({ askBeforeUpload: before })
}

/** How long so many bytes take at the limit, or at the present rate where there is no limit; null: nobody knows. */
export function durationMs(bytes: number, limitBytesPerSecond: number | null, bytesPerSecond: number): number | null {
  const rate = limitBytesPerSecond ?? bytesPerSecond
  return rate > 0 ? (bytes / rate) * 1000 : null
}
