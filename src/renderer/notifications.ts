import { perform } from './bridge.ts'
import { getState, setState } from './store.ts'
import { strings } from './strings.ts'
import { showError } from './toast-manager.ts'

/** Notifications by the browser that shows the window. Electron's shell has the desktop's own, and does without these. */

export function isAllowed(): boolean {
  return Notification.permission === 'granted'
}

/** The switch in the menu: browsers want to be asked from a click, and may refuse. */
export async function setNotifyBatchEnd(wanted: boolean): Promise<void> {
  if (wanted && (await Notification.requestPermission()) !== 'granted') {
    showError(strings.notifications.refused)
    return
  }
  const before = getState().notifyBatchEnd
  setState({ notifyBatchEnd: wanted })
  const saved = await perform('saveSettings', { notifyBatchEnd: wanted })
  if (!saved.ok) setState({ notifyBatchEnd: before })
}

/** One notification a batch. Someone who looks at the window sees it there. */
export function tellBatchEnd(failed: number, text: string): void {
  if (getState().notifyBatchEnd !== true || !isAllowed() || document.hasFocus()) return
  const notification = new Notification(failed > 0 ? strings.notifications.failed : strings.notifications.ended, {
    body: text,
  })
  notification.addEventListener('click', () => {
    window.focus()
    notification.close()
  })
}
