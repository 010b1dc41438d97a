import type { TransferRow, Which } from '../shared/contract.ts'
import type { DestinationView } from '../shared/destination.ts'
import type { Appearance } from '../shared/settings.ts'
import { isEnded } from '../shared/transfer.ts'
import { formatBytes } from '../shared/units.ts'
import { perform } from './bridge.ts'
import type { RowAction } from './phases.ts'
import { mayAdd } from './preflight.ts'
import { selectedPhases, unfinishedIn } from './selected-totals.ts'
import { clearSelection } from './selection.ts'
import { getState, openDialog, selectedDestination, setState } from './store.ts'
import { strings } from './strings.ts'
import { showAction, showError, showInfo } from './toast-manager.ts'

/** The contract's bound on one `addPaths`. */
const MAX_PATHS = 10_000

/** Adds files and folders by their paths on the host; without a destination they wait for one. */
export async function addPaths(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return
  const destination = selectedDestination(getState())
  if (!destination) {
    setState({ pendingPaths: paths })
    return
  }
  const asks = getState().askBeforeUpload && paths.length <= MAX_PATHS
  if (asks && !(await mayAdd(paths, destination))) return
  for (let i = 0; i < paths.length; i += MAX_PATHS) {
    const result = await perform('addPaths', { paths: paths.slice(i, i + MAX_PATHS), destinationId: destination.id })
    if (!result.ok) return
  }
}

/** "Add files" and "Add folder": the system's dialog where there is one, else our own picker. */
export async function choose(mode: 'files' | 'folder'): Promise<void> {
  const state = getState()
  const destination = selectedDestination(state)
  if (!destination) return showInfo(strings.add.noDestination)
  if (!state.nativeDialogs) return openDialog({ kind: 'picker', mode, destinationId: destination.id })
  const chosen = await perform('choosePaths', { what: mode })
  if (chosen.ok) await addPaths(chosen.value.paths)
}

/** One click to somewhere: starts the demo bucket and sends there what was waiting. */
export async function startDemo(): Promise<void> {
  const result = await perform('startDemo', {})
  if (result.ok) await takeDestination(result.value)
}

/** A destination that was just made: known at once, though the event that tells of it may come after the answer. */
export async function takeDestination(destination: DestinationView): Promise<void> {
  setState(({ destinations }) => ({
    destinations: destinations.some(({ id }) => id === destination.id) ? destinations : [...destinations, destination],
  }))
  await selectDestination(destination.id)
}

export async function selectDestination(id: string): Promise<void> {
  const result = await perform('selectDestination', { id })
  if (!result.ok) return
  setState({ selectedDestinationId: id })
  const waiting = getState().pendingPaths
  if (waiting.length === 0 || !selectedDestination(getState())) return
  setState({ pendingPaths: [] })
  await addPaths(waiting)
}

/** A first upload for those who have no file at hand. */
export async function sendSample(): Promise<void> {
  const made = await perform('makeSample', {})
  if (made.ok) await addPaths([made.value.path])
}

export async function togglePaused(): Promise<void> {
  const paused = getState().summary?.paused ?? false
  await perform('setPaused', { paused: !paused })
}

export async function setAppearance(appearance: Appearance): Promise<void> {
  setState({ appearance })
  await perform('saveSettings', { appearance })
}

/** A report for a maintainer; the person is told where it is and what is in it. */
export async function saveDiagnostics(): Promise<void> {
  const result = await perform('exportDiagnostics', {})
  if (result.ok) showInfo(strings.menu.diagnosticsSaved(result.value.path))
}

/** A row's own button or key, or the bulk bar's. `overwrite` and `keepBoth` answer "that key exists". */
export async function act(
  action: RowAction | 'overwrite' | 'keepBoth' | 'pauseAfterParts',
  which: Which,
): Promise<void> {
  switch (action) {
    case 'pause': {
      const paused = await perform('pauseTransfers', { which, mode: 'now' })
      if (paused.ok && paused.value.resentBytes > 0) {
        showInfo(strings.queue.pausedNow(formatBytes(paused.value.resentBytes)))
      }
      return
    }
    case 'pauseAfterParts': {
      const paused = await perform('pauseTransfers', { which, mode: 'after-parts' })
      if (paused.ok) showInfo(strings.queue.pausedAfterParts)
      return
    }
    case 'resume':
      await perform('resumeTransfers', { which })
      return
    case 'cancel':
      await perform('cancelTransfers', { which })
      return
    case 'retry':
      await perform('retryTransfers', { which, overwrite: false })
      return
    case 'overwrite':
      await perform('retryTransfers', { which, overwrite: true })
      return
    case 'keepBoth':
      await perform('retryTransfers', { which, overwrite: false, keepBoth: true })
      return
    case 'remove': {
      const done = await perform('removeTransfers', { which })
      if (done.ok && done.value.removed > 0) {
        showAction(strings.queue.removed(done.value.removed), strings.queue.undo, () => void perform('undoRemove', {}))
      }
      if (which.kind === 'filter' || getState().selection.kind === 'picked') clearSelection()
      return
    }
  }
}

/** Throwing away many unfinished uploads asks first; one, or ended ones, do not. */
export function actOnMany(action: RowAction, which: Which): void {
  const affected = unfinishedIn(getState(), which)
  if ((action !== 'cancel' && action !== 'remove') || affected < 2) {
    void act(action, which)
    return
  }
  openDialog({
    kind: 'confirm',
    title: action === 'cancel' ? strings.queue.confirmCancel(affected) : strings.queue.confirmRemove(affected),
    text: strings.queue.confirmText,
    confirmLabel: action === 'cancel' ? strings.queue.confirmCancelLabel : strings.queue.confirmRemoveLabel,
    cancelLabel: strings.queue.keepThem,
    onConfirm: () => void act(action, which),
  })
}

/** Space: what runs or could run is paused; if nothing selected does, everything selected goes on. */
export function togglePauseOf(which: Which): void {
  const someRun = selectedPhases(getState()).some((phase) => phase !== 'paused' && !isEnded(phase))
  void act(someRun ? 'pause' : 'resume', which)
}

/** Delete: unfinished ones are cancelled; what has ended leaves the list. */
export function deleteThose(which: Which): void {
  actOnMany(unfinishedIn(getState(), which) > 0 ? 'cancel' : 'remove', which)
}

/** Everything a person would put into a report about one row. */
export async function copyDetails(row: TransferRow): Promise<void> {
  const { destinations } = getState()
  const destination = destinations.find((one) => one.id === row.destinationId)
  const lines = [
    `File: ${row.path}`,
    `Key: ${row.key}`,
    `Destination: ${destination ? `${destination.name} (${destination.endpoint ?? 'AWS'}, ${destination.bucket})` : row.destinationId}`,
    `Phase: ${row.phase}, ${row.confirmedBytes} of ${row.sizeBytes} bytes confirmed, ${row.resentBytes} sent again`,
    ...(row.error ? [`Error: ${row.error.code}: ${row.error.message}`] : []),
    ...(row.error?.detail ? [`Detail: ${row.error.detail}`] : []),
  ]
  await copy(lines.join('\n'), strings.queue.copied)
}

/** Puts a text on the clipboard, and says so. */
export async function copy(text: string, copied: string = strings.queue.copiedText): Promise<void> {
  if (await copyText(text)) showInfo(copied)
  else showError(strings.errors.copyFailed)
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Shells refuse every permission, the clipboard's too; copying a selection needs none.
    const box = document.createElement('textarea')
    box.value = text
    box.className = 'visually-hidden'
    const focused = document.activeElement
    document.body.append(box)
    box.select()
    const done = document.execCommand('copy')
    box.remove()
    if (focused instanceof HTMLElement) focused.focus()
    return done
  }
}
