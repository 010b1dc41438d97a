import type { FormEvent, ReactNode } from 'react'
import { Button } from './button.tsx'
import type { FrameProps } from './dialog-frame.tsx'
import { DialogFrame } from './dialog-frame.tsx'

interface FormDialogProps extends FrameProps {
  readonly onSubmit: () => void
  /** What is wrong, in one sentence above the buttons. */
  readonly problem: string | null
  readonly submitLabel: string
  readonly cancelLabel: string
  /** While it works: the form cannot be sent a second time. */
  readonly busy?: boolean
  /** The layout of the fields. */
  readonly bodyClass?: string
  /** Buttons at the left of the foot. */
  readonly actions?: ReactNode
}

/** A dialog with fields: body, one sentence when something is wrong, and a foot with the way out and the way on. */
export function FormDialog(props: FormDialogProps): ReactNode {
  const {
    onSubmit,
    problem,
    submitLabel,
    cancelLabel,
    busy = false,
    bodyClass = '',
    actions,
    children,
    ...frame
  } = props
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (!busy) onSubmit()
  }
  return (
    <DialogFrame {...frame}>
      <form className="dialog-form" onSubmit={submit} noValidate>
        <div className={`dialog-body ${bodyClass}`}>{children}</div>
        {problem && (
          <p className="dialog-problem dialog-problem-line" role="alert">
            {problem}
          </p>
        )}
        <div className="dialog-foot">
          {actions}
          <span className="dialog-space" />
          <Button onClick={frame.onClose}>{cancelLabel}</Button>
          <Button type="submit" look="primary" disabled={busy}>
            {submitLabel}
          </Button>
        </div>
      </form>
    </DialogFrame>
  )
}
