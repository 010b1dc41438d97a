import { perform } from './bridge.ts'
import { latestWins } from './latest-wins.ts'
import { getState, setState, shownLimit } from './store.ts'

/** Steps by key or wheel that are closer together than this are one gesture, which undo takes back as a whole. */
const GESTURE_MS = 1000
/** Longer than patches take to come round; a limit that was not taken by then is shown as the host has it. */
const ECHO_MS = 1500

let lastStepMs = Number.NEGATIVE_INFINITY
/** The pointer is down on the slider: however slow, the drag is one gesture. */
let dragging = false
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
  lastStepMs = Number.NEGATIVE_INFINITY
  change(limitBytesPerSecond, true)
}

/** `changeLimit` as one of the steps of a gesture: a drag, or keys and the wheel in quick succession. */
export function stepLimit(limitBytesPerSecond: number | null): void {
  const nowMs = performance.now()
  const goesOn = nowMs - lastStepMs <= GESTURE_MS || (dragging && lastStepMs !== Number.NEGATIVE_INFINITY)
  lastStepMs = nowMs
  change(limitBytesPerSecond, !goesOn)
}

/** The pointer went down on the slider; the gesture ends wherever it is let go. */
export function beginDrag(): void {
  dragging = true
  lastStepMs = Number.NEGATIVE_INFINITY
  document.addEventListener('pointerup', endDrag, { once: true })
}

function endDrag(): void {
  dragging = false
  lastStepMs = Number.NEGATIVE_INFINITY
}

/** Goes back to the limit before the last gesture; once more goes forth again. */
export function undoLimitChange(): void {
  const { undoLimit } = getState()
  if (undoLimit !== undefined) changeLimit(undoLimit)
}

function change(limitBytesPerSecond: number | null, isNewGesture: boolean): void {
  const before = shownLimit(getState())
  if (limitBytesPerSecond === before) return
  clearTimeout(echoTimer)
  setState({ desiredLimit: limitBytesPerSecond, ...(isNewGesture && { undoLimit: before }) })
  send(limitBytesPerSecond)
}
