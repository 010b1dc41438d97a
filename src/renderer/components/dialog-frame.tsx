import { Dialog } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode, RefObject } from 'react'
import { strings } from '../strings.ts'
import './dialog.css'

export interface FrameProps {
  readonly open: boolean
  readonly title: string
  readonly onClose: () => void
  readonly size?: 'small' | 'medium' | 'wide' | 'broad'
  readonly initialFocus?: RefObject<HTMLElement | null>
  readonly children: ReactNode
}

/** A modal dialog with a title and a way out; focus stays inside and returns where it was. */
export function DialogFrame({ open, title, onClose, size = 'medium', initialFocus, children }: FrameProps): ReactNode {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="dialog-backdrop" />
        <Dialog.Popup className={`dialog dialog-${size}`} {...(initialFocus && { initialFocus })}>
          <div className="dialog-head">
            <Dialog.Title className="dialog-title">{title}</Dialog.Title>
            <Dialog.Close className="button icon-button" aria-label={strings.dialogs.close}>
              <X size={16} aria-hidden />
            </Dialog.Close>
          </div>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
