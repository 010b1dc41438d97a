import type { ReactNode } from 'react'
import { useEffect, useRef, useState } from 'react'
import type { OpenUpload, UploadOwner } from '../../shared/open-uploads.ts'
import { ABORTS_AT_ONCE, mayAbort } from '../../shared/open-uploads.ts'
import { call } from '../bridge.ts'
import { heldText } from '../open-uploads.ts'
import type { OpenDialog } from '../store.ts'
import { strings } from '../strings.ts'
import type { OpenUploadsFound } from '../use-open-uploads.ts'
import { useOpenUploads } from '../use-open-uploads.ts'
import { Button } from './button.tsx'
import { ConfirmBox } from './confirm-box.tsx'
import { DialogFrame } from './dialog-frame.tsx'
import { OpenUploadList } from './open-upload-list.tsx'
import './open-uploads.css'

const text = strings.openUploads

interface DialogProps {
  readonly open: boolean
  readonly dialog: Extract<OpenDialog, { kind: 'open-uploads' }>
  readonly onClose: () => void
}

/** Uploads that never ended: what they hold, whose they are, and an end to those that a person chooses. */
export function OpenUploadsDialog({ open, dialog, onClose }: DialogProps): ReactNode {
  const { destinationId, name } = dialog
  const [attempt, setAttempt] = useState(0)
  const found = useOpenUploads(destinationId, attempt)
  /** What a person has changed; else our own leftovers are chosen, and never those of other programs. */
  const [changed, setChanged] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [asking, setAsking] = useState(false)
  const [progress, setProgress] = useState<{ readonly done: number; readonly of: number } | null>(null)
  const [outcome, setOutcome] = useState<{ readonly told: string; readonly problem: string | null } | null>(null)
  const closed = useRef(new AbortController())
  useEffect(() => {
    const mine = new AbortController()
    closed.current = mine
    return () => mine.abort()
  }, [])

  const isChosen = ({ uploadId, owner }: OpenUpload) => mayAbort(owner) && (changed.get(uploadId) ?? owner === 'left')
  const free = found.uploads.filter(({ owner }) => mayAbort(owner))
  const chosen = found.uploads.filter(isChosen)
  const chosenIds = new Set(chosen.map(({ uploadId }) => uploadId))
  const toggle = (uploadId: string) => setChanged((before) => new Map(before).set(uploadId, !chosenIds.has(uploadId)))
  const chooseAll = (all: boolean) => setChanged(new Map(free.map(({ uploadId }) => [uploadId, all])))
  function lookAgain(): void {
    setChanged(new Map())
    setAttempt((before) => before + 1)
  }

  async function abort(): Promise<void> {
    setOutcome(null)
    const end = await abortInTurns(destinationId, chosen, closed.current.signal, (done) =>
      setProgress({ done, of: chosen.length }),
    )
    setProgress(null)
    setOutcome({ told: text.aborted(end.aborted, end.inUse), problem: end.problem })
    lookAgain()
  }

  const problem = outcome?.problem ?? found.problem
  const told = progress === null ? outcome?.told : text.aborting(progress.done, progress.of)
  return (
    <DialogFrame open={open} title={text.title(name)} size="broad" onClose={onClose}>
      <div className="dialog-body open-uploads">
        <p className="form-hint">{text.intro}</p>
        <p role="status">
          {told && <span className="open-uploads-told">{told} </span>}
          {sentenceOf(found)}
        </p>
        {problem && (
          <p className="dialog-problem" role="alert">
            {problem}
          </p>
        )}
        {found.uploads.length > 0 && (
          <>
            <label className="open-uploads-all">
              <input
                type="checkbox"
                checked={free.length > 0 && chosen.length === free.length}
                disabled={free.length === 0 || progress !== null}
                onChange={(event) => chooseAll(event.currentTarget.checked)}
              />
              {text.all(free.length)}
            </label>
            <OpenUploadList uploads={found.uploads} chosen={chosenIds} disabled={progress !== null} onToggle={toggle} />
          </>
        )}
      </div>
      <div className="dialog-foot">
        <p className="dialog-note">
          {chosen.length === 0 ? text.noneChosen : text.chosen(chosen.length, heldText(chosen))}
        </p>
        <Button look="quiet" disabled={found.state === 'looking' || progress !== null} onClick={lookAgain}>
          {text.again}
        </Button>
        <Button onClick={onClose}>{text.close}</Button>
        <Button look="danger" disabled={chosen.length === 0 || progress !== null} onClick={() => setAsking(true)}>
          {text.abort(chosen.length)}
        </Button>
      </div>
      <ConfirmBox
        open={asking}
        title={text.confirmTitle(chosen.length)}
        text={text.confirmText(chosen.length, heldText(chosen), countOf(chosen, 'other'), countOf(chosen, 'resumable'))}
        confirmLabel={text.confirm(chosen.length)}
        cancelLabel={text.keep}
        onConfirm={() => void abort()}
        onClose={() => setAsking(false)}
      />
    </DialogFrame>
  )
}

function countOf(uploads: readonly OpenUpload[], owner: UploadOwner): number {
  return uploads.filter((one) => one.owner === owner).length
}

function sentenceOf({ uploads, state, problem }: OpenUploadsFound): string {
  if (state === 'looking') return text.looking(uploads.length)
  if (uploads.length === 0) return problem === null ? text.none : ''
  const total = text.total(uploads.length, heldText(uploads))
  return state === 'more' ? `${total} ${text.tooMany(uploads.length)}` : total
}

/** A few at a time, so that its progress is seen; the first failure ends it, and so does a dialog that was closed. */
async function abortInTurns(
  destinationId: string,
  uploads: readonly OpenUpload[],
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<{ readonly aborted: number; readonly inUse: number; readonly problem: string | null }> {
  let aborted = 0
  let inUse = 0
  for (let at = 0; at < uploads.length && !signal.aborted; at += ABORTS_AT_ONCE) {
    onProgress(at)
    const some = uploads.slice(at, at + ABORTS_AT_ONCE).map(({ key, uploadId }) => ({ key, uploadId }))
    const answer = await call('abortOpenUploads', { destinationId, uploads: some })
    if (!answer.ok) return { aborted, inUse, problem: answer.error.message }
    aborted += answer.value.aborted
    inUse += answer.value.inUse
    if (answer.value.problem !== null) return { aborted, inUse, problem: answer.value.problem }
  }
  return { aborted, inUse, problem: null }
}
