import { AlertDialog } from '@base-ui/react/alert-dialog'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import './dialog.css'
import './confirm-box.css'

interface ConfirmBoxProps {
  readonly open: boolean
  readonly title: string
  readonly text: string
  readonly confirmLabel: string
  readonly cancelLabel: string
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** One question before something that cannot be undone; it may stand above another dialog, which it leaves as it is. */
export function ConfirmBox(props: ConfirmBoxProps): ReactNode {
  const { open, title, text, confirmLabel, cancelLabel, onConfirm, onClose } = props
  const confirm = () => {
    onClose()
    onConfirm()
  }
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="dialog-backdrop confirm-backdrop" forceRender />
        <AlertDialog.Popup className="dialog dialog-small">
          <AlertDialog.Title className="dialog-title">{title}</AlertDialog.Title>
          <div className="dialog-body">
            <AlertDialog.Description>{text}</AlertDialog.Description>
          </div>
          <div className="dialog-foot">
            <span className="dialog-space" />
            <Button onClick={onClose}>{cancelLabel}</Button>
            <Button look="danger" onClick={confirm}>
              {confirmLabel}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
