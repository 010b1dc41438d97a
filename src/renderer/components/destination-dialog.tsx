import type { ReactNode } from 'react'
import { useRef, useState } from 'react'
import type { TestResult } from '../../shared/contract.ts'
import { takeDestination } from '../actions.ts'
import { call, perform } from '../bridge.ts'
import type { DestinationForm } from '../destination-form.ts'
import { formOf, inputOf, problemOf } from '../destination-form.ts'
import { withRegion } from '../provider-choice.ts'
import type { OpenDialog } from '../store.ts'
import { openDialog } from '../store.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import { DestinationFields } from './destination-fields.tsx'
import { FormDialog } from './form-dialog.tsx'
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
    const elsewhere = ['provider', 'endpoint', 'bucket', 'pathStyle'].some((field) => field in part)
    setForm((before) => ({ ...before, ...part, ...(elsewhere ? { found: null } : {}) }))
    setTest(null)
    setProblem(null)
  }
  function isComplete(): boolean {
    const found = problemOf(form)
    setProblem(found)
    return found === null
  }
  /** One click mends a wrong region: the field says it, and the same test runs again. */
  function takeRegion(region: string): void {
    const part = withRegion(form, region)
    change(part)
    void runTest({ ...form, ...part })
  }
  async function runTest(tested: DestinationForm): Promise<void> {
    if (!isComplete()) return
    setTest(null)
    setBusy('testing')
    const result = await call('testDestination', inputOf(tested))
    setBusy('no')
    if (result.ok) {
      const { found } = result.value
      setTest(result.value)
      setForm((before) => ({ ...before, found: found ?? before.found }))
    } else setProblem(result.error.message)
  }
  async function save(): Promise<void> {
    if (!isComplete()) return
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
    <FormDialog
      open={open}
      title={destination ? text.editTitle : text.addTitle}
      initialFocus={askSecret ? secretBox : nameBox}
      problem={problem}
      busy={busy !== 'no'}
      submitLabel={busy === 'saving' ? text.saving : text.save}
      cancelLabel={text.cancel}
      actions={
        <>
          <Button disabled={busy !== 'no'} onClick={() => void runTest(form)}>
            {busy === 'testing' ? text.testing : text.test}
          </Button>
          {destination && (
            <Button look="quiet" onClick={() => askRemove(destination.id, destination.name)}>
              {text.remove}
            </Button>
          )}
        </>
      }
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <DestinationFields form={form} onChange={change} nameBox={nameBox} secretBox={secretBox} />
      <TestSteps test={test} busy={busy === 'testing'} found={form.found} onUseRegion={takeRegion} />
    </FormDialog>
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
