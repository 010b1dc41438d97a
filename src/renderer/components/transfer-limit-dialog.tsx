import type { FormEvent, ReactNode } from 'react'
import { useRef, useState } from 'react'
import { parseRate } from '../../shared/units.ts'
import { call } from '../bridge.ts'
import { rateText } from '../pace-form.ts'
import type { OpenDialog } from '../store.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import { DialogFrame } from './dialog-frame.tsx'
import { TextField } from './form.tsx'

const text = strings.transferLimit

interface TransferLimitProps {
  readonly open: boolean
  readonly dialog: Extract<OpenDialog, { kind: 'transfer-limit' }>
  readonly onClose: () => void
}

/** A limit for single transfers, beside that of all uploads; an empty field takes it away. */
export function TransferLimitDialog({ open, dialog, onClose }: TransferLimitProps): ReactNode {
  const { ids, limitBytesPerSecond } = dialog
  const [rate, setRate] = useState(rateText(limitBytesPerSecond))
  const [problem, setProblem] = useState<string | null>(null)
  const box = useRef<HTMLInputElement>(null)

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault()
    const parsed = rate.trim() === '' ? { ok: true as const, value: null } : parseRate(rate)
    if (!parsed.ok) {
      setProblem(parsed.message)
      return
    }
    const answers = await Promise.all(
      ids.map((id) => call('setTransferLimit', { id, limitBytesPerSecond: parsed.value })),
    )
    const refused = answers.find((answer) => !answer.ok)
    if (refused && !refused.ok) setProblem(refused.error.message)
    else onClose()
  }

  return (
    <DialogFrame open={open} title={text.title(ids.length)} size="small" onClose={onClose} initialFocus={box}>
      <form className="dialog-form" onSubmit={(event) => void save(event)} noValidate>
        <div className="dialog-body">
          <TextField
            ref={box}
            label={text.limit}
            hint={text.hint}
            placeholder={text.none}
            value={rate}
            onText={(next) => {
              setRate(next)
              setProblem(null)
            }}
          />
        </div>
        {problem && (
          <p className="dialog-problem dialog-problem-line" role="alert">
            {problem}
          </p>
        )}
        <div className="dialog-foot">
          <span className="dialog-space" />
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button type="submit" look="primary">
            {text.save}
          </Button>
        </div>
      </form>
    </DialogFrame>
  )
}
