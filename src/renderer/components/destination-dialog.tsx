import type { FormEvent, ReactNode } from 'react'
import { useRef, useState } from 'react'
import type { TestResult } from '../../shared/contract.ts'
import { takeDestination } from '../actions.ts'
import { call, perform } from '../bridge.ts'
import type { DestinationForm } from '../destination-form.ts'
import { formOf, inputOf, problemOf } from '../destination-form.ts'
import type { OpenDialog } from '../store.ts'
import { openDialog } from '../store.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import { DestinationFields } from './destination-fields.tsx'
import { DialogFrame } from './dialog-frame.tsx'
import { TestSteps } from './test-steps.tsx'

const text = strings.destinationDialog

interface DestinationDialogProps {
  readonly open: boolean
  readonly dialog: Extract<OpenDialog, { kind: 'destination' }>
  readonly onClose: () => void
}

type Busy = 'no' | 'testing' | 'saving'

/** Adds or edits a destination, and tests it before anything is kept. */
export function DestinationDialog({ open, dialog, onClose }: DestinationDialogProps): ReactNode {
  const { destination, askSecret } = dialog
  const [form, setForm] = useState<DestinationForm>(() => formOf(destination))
  const [busy, setBusy] = useState<Busy>('no')
  const [problem, setProblem] = useState<string | null>(null)
  const [test, setTest] = useState<TestResult | null>(null)
  const nameBox = useRef<HTMLInputElement>(null)
  const secretBox = useRef<HTMLInputElement>(null)

  function change(part: Partial<DestinationForm>): void {
    setForm((before) => ({ ...before, ...part }))
    setTest(null)
    setProblem(null)
  }
  function isComplete(): boolean {
    const found = problemOf(form)
    setProblem(found)
    return found === null
  }
  async function runTest(): Promise<void> {
    if (!isComplete()) return
    setTest(null)
    setBusy('testing')
    const result = await call('testDestination', inputOf(form))
    setBusy('no')
    if (result.ok) setTest(result.value)
    else setProblem(result.error.message)
  }
  async function save(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (busy !== 'no' || !isComplete()) return
    setBusy('saving')
    const result = await call('saveDestination', inputOf(form))
    setBusy('no')
    if (!result.ok) {
      setProblem(result.error.message)
      return
    }
    onClose()
    if (destination === null) await takeDestination(result.value)
    // Keys or an address were changed for a reason: what waited for them may go on.
    else if (destination.blocked) await perform('unblockDestination', { id: destination.id })
  }

  return (
    <DialogFrame
      open={open}
      title={destination ? text.editTitle : text.addTitle}
      onClose={onClose}
      initialFocus={askSecret ? secretBox : nameBox}
    >
      <form className="dialog-form" onSubmit={(event) => void save(event)} noValidate>
        <div className="dialog-body">
          <DestinationFields form={form} onChange={change} nameBox={nameBox} secretBox={secretBox} />
          <TestSteps test={test} busy={busy === 'testing'} />
        </div>
        {problem && (
          <p className="dialog-problem dialog-problem-line" role="alert">
            {problem}
          </p>
        )}
        <div className="dialog-foot">
          <Button disabled={busy !== 'no'} onClick={() => void runTest()}>
            {busy === 'testing' ? text.testing : text.test}
          </Button>
          {destination && (
            <Button look="quiet" onClick={() => askRemove(destination.id, destination.name)}>
              {text.remove}
            </Button>
          )}
          <span className="dialog-space" />
          <Button onClick={onClose}>{text.cancel}</Button>
          <Button type="submit" look="primary" disabled={busy !== 'no'}>
            {busy === 'saving' ? text.saving : text.save}
          </Button>
        </div>
      </form>
    </DialogFrame>
  )
}

function askRemove(id: string, name: string): void {
  openDialog({
    kind: 'confirm',
    title: strings.destinations.removeTitle(name),
    text: strings.destinations.removeText,
    confirmLabel: strings.destinations.remove,
    cancelLabel: strings.dialogs.keep,
    onConfirm: () => void perform('removeDestination', { id }),
  })
}
