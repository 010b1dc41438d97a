import { useEffect } from 'react'
import { addPaths } from './actions.ts'
import { pathsFromText } from './pasted-paths.ts'
import { getState, setState } from './store.ts'
import { strings } from './strings.ts'
import { showError } from './toast-manager.ts'

/** Drop anywhere in the window, and paste: both end in `addPaths`. */
export function useIntake(): void {
  useEffect(() => {
    const controller = new AbortController()
    const on = { signal: controller.signal }
    document.addEventListener('dragenter', showDrag, on)
    document.addEventListener('dragover', showDrag, on)
    document.addEventListener('dragleave', leaveDrag, on)
    document.addEventListener('drop', drop, on)
    // A drag hides the pointer from the page: one that moves again means the drag ended elsewhere or was given up.
    document.addEventListener('pointermove', endDrag, on)
    document.addEventListener('paste', paste, on)
    return () => controller.abort()
  }, [])
}

function carriesPaths(transfer: DataTransfer | null): transfer is DataTransfer {
  return transfer !== null && (transfer.types.includes('Files') || transfer.types.includes('text/uri-list'))
}

function showDrag(event: DragEvent): void {
  if (!carriesPaths(event.dataTransfer)) return
  event.preventDefault()
  event.dataTransfer.dropEffect = 'copy'
  // The names are secret until the drop; the number of things is not.
  const dragCount = Array.from(event.dataTransfer.items).filter((item) => item.kind === 'file').length
  setState((state) => (state.dragCount === dragCount ? state : { dragCount }))
}

function leaveDrag(event: DragEvent): void {
  if (event.relatedTarget === null) endDrag()
}

function endDrag(): void {
  if (getState().dragCount !== null) setState({ dragCount: null })
}

function drop(event: DragEvent): void {
  endDrag()
  if (!carriesPaths(event.dataTransfer)) return
  event.preventDefault()
  void takeIn(event.dataTransfer)
}

function paste(event: ClipboardEvent): void {
  const target = event.target
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) return
  if (!event.clipboardData) return
  event.preventDefault()
  void takeIn(event.clipboardData)
}

/** The `DataTransfer` is empty once its event is over, so everything is read before the first await. */
async function takeIn(transfer: DataTransfer): Promise<void> {
  const files = Array.from(transfer.files)
  const text = transfer.getData('text/uri-list') || transfer.getData('text/plain')
  if (files.length === 0) {
    const paths = pathsFromText(text)
    if (paths.length === 0) showError(strings.errors.nothingToPaste)
    else await addPaths(paths)
    return
  }
  const paths = await window.sluice.pathsOf(files)
  files.forEach((file, i) => {
    if (!paths[i]) showError(strings.errors.noPath(file.name))
  })
  await addPaths(paths.filter((path) => path !== ''))
}
