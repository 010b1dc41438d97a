import { Toast } from '@base-ui/react/toast'

/** Long enough to read a sentence and to reach its button, by keyboard too (F6). */
export const ACTION_MS = 10_000

/** One manager for the window, so that code outside React can speak to the person. */
export const toastManager = Toast.createToastManager()

/** Stays until dismissed: an error must not pass while nobody looks. */
export function showError(message: string): void {
  toastManager.add({ id: message, description: message, type: 'error', timeout: 0, priority: 'high' })
}

/** Goes by itself after a few seconds. */
export function showInfo(message: string): void {
  toastManager.add({ id: message, description: message, type: 'info', timeout: 6000 })
}

/** With a button, such as Undo, for some seconds. */
export function showAction(message: string, label: string, onAction: () => void): void {
  const id = toastManager.add({
    id: message,
    description: message,
    type: 'info',
    timeout: ACTION_MS,
    actionProps: {
      children: label,
      onClick: () => {
        toastManager.close(id)
        onAction()
      },
    },
  })
}
