import { Toast } from '@base-ui/react/toast'

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
