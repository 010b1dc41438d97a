import type { ReactNode } from 'react'
import { useRef, useState } from 'react'
import { parseRate } from '../../shared/units.ts'
import { call } from '../bridge.ts'
import { rateText } from '../pace-form.ts'
import type { OpenDialog } from '../store.ts'
import { strings } from '../strings.ts'
import { TextField } from './form.tsx'
import { FormDialog } from './form-dialog.tsx'

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

  async function save(): Promise<void> {
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
    <FormDialog
      open={open}
      title={text.title(ids.length)}
      size="small"
      initialFocus={box}
      problem={problem}
      submitLabel={text.save}
      cancelLabel={text.cancel}
      onSubmit={() => void save()}
      onClose={onClose}
    >
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
    </FormDialog>
  )
}
