import { perform } from './bridge.ts'
import { latestWins } from './latest-wins.ts'
import { getState, setState, shownLimit } from './store.ts'

/** Changes closer together than this are one gesture: undo goes back to where the drag began. */
const GESTURE_MS = 1000
/** Longer than patches take to come round; a limit that was not taken by then is shown as the host has it. */
const ECHO_MS = 1500

let lastChangeMs = Number.NEGATIVE_INFINITY
let echoTimer: ReturnType<typeof setTimeout> | undefined

const send = latestWins(async (limitBytesPerSecond: number | null) => {
  const result = await perform('setLimit', { limitBytesPerSecond })
  clearTimeout(echoTimer)
  if (result.ok) echoTimer = setTimeout(forgetDesired, ECHO_MS)
  else forgetDesired()
})

function forgetDesired(): void {
  setState({ desiredLimit: undefined })
}

/** Sets the limit of all uploads, in bytes per second, null unlimited. Shown at once, sent as fast as the host answers. */
export function changeLimit(limitBytesPerSecond: number | null): void {
  const before = shownLimit(getState())
  if (limitBytesPerSecond === before) return
  const nowMs = performance.now()
  const isNewGesture = nowMs - lastChangeMs > GESTURE_MS
  lastChangeMs = nowMs
  clearTimeout(echoTimer)
  setState({ desiredLimit: limitBytesPerSecond, ...(isNewGesture && { undoLimit: before }) })
  send(limitBytesPerSecond)
}

/** Goes back to the limit before the last gesture; once more goes forth again. */
export function undoLimitChange(): void {
  const { undoLimit } = getState()
  if (undoLimit === undefined) return
  lastChangeMs = Number.NEGATIVE_INFINITY
  changeLimit(undoLimit)
  lastChangeMs = Number.NEGATIVE_INFINITY
}
