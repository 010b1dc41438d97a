import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { strings } from '../strings.ts'
import { toastManager } from '../toast-manager.ts'
import './toasts.css'

/** Notices in the corner. F6 goes to them from the keyboard. */
export function Toasts(): ReactNode {
  return (
    <Toast.Provider toastManager={toastManager} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className="toasts" aria-label={strings.toasts.label}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List(): ReactNode {
  const { toasts } = Toast.useToastManager()
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className="toast"
      aria-label={toast.type === 'error' ? strings.toasts.problem : strings.toasts.notice}
      swipeDirection="right"
    >
      <Toast.Content className="toast-content">
        <Toast.Description className="toast-text" />
        {toast.actionProps && <Toast.Action className="button" />}
        <Toast.Close className="button icon-button" aria-label={strings.toasts.dismiss}>
          <X size={14} aria-hidden />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ))
}
