import { BrowserWindow, Notification, powerSaveBlocker } from 'electron'
import type { Activity, BatchOutcome } from './app/activity.ts'
import { outcomeText } from './app/activity.ts'
import type { App } from './app/app.ts'
import type { TrayActions } from './desktop-tray.ts'
import { createTray } from './desktop-tray.ts'

/** Between two parts nothing may be in flight for a moment: the computer may sleep once that has lasted so long. */
const REST_MS = 5_000

/** Tray, progress on the dock or taskbar, one notification a batch, and no sleep while bytes are on their way. */
export function showOnDesktop(app: App, actions: Pick<TrayActions, 'show' | 'quit'>): void {
  const setPaused = (paused: boolean) => void app.dispatch('setPaused', { paused })
  const showInTray = createTray({ ...actions, setPaused })
  const keepAwake = sleepBlocker()
  app.onActivity((activity) => {
    showInTray(activity)
    showProgress(activity)
    keepAwake(activity)
  })
  app.onBatchEnded((outcome) => notify(outcome, actions.show))
}

function showProgress({ doneShare, paused }: Activity): void {
  for (const window of BrowserWindow.getAllWindows()) {
    // Below 0 the bar goes away.
    window.setProgressBar(doneShare ?? -1, { mode: paused ? 'paused' : 'normal' })
  }
}

/** Someone who looks at the window sees it there. */
function notify(outcome: BatchOutcome, onClick: () => void): void {
  if (!Notification.isSupported() || BrowserWindow.getFocusedWindow() !== null) return
  const title = outcome.failed > 0 ? 'Some uploads failed' : 'Upload finished'
  const notification = new Notification({ title, body: outcomeText(outcome) })
  notification.on('click', onClick)
  notification.show()
}

function sleepBlocker(): (activity: Activity) => void {
  let id: number | null = null
  let transferredAtMs = 0
  return ({ transferring, paused, unfinished }) => {
    if (transferring) {
      transferredAtMs = Date.now()
      id ??= powerSaveBlocker.start('prevent-app-suspension')
      return
    }
    const rests = paused || unfinished === 0 || Date.now() - transferredAtMs > REST_MS
    if (id === null || !rests) return
    powerSaveBlocker.stop(id)
    id = null
  }
}
