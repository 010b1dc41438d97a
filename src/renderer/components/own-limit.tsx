import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import type { TransferRow } from '../../shared/contract.ts'
import { isEnded } from '../../shared/transfer.ts'
import { parseRate } from '../../shared/units.ts'
import { perform } from '../bridge.ts'
import { rateText } from '../pace-form.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'

/** The limit of one transfer, beside that of all uploads; an empty field takes it away. */
export function OwnLimit({ row }: { readonly row: TransferRow }): ReactNode {
  /** What is being typed, or null while the box shows the limit. */
  const [draft, setDraft] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (draft === null) return
    const parsed = draft.trim() === '' ? { ok: true as const, value: null } : parseRate(draft)
    setProblem(parsed.ok ? null : parsed.message)
    if (!parsed.ok) return
    const result = await perform('setTransferLimit', { id: row.id, limitBytesPerSecond: parsed.value })
    if (result.ok) setDraft(null)
  }

  return (
    <form className="own-limit" onSubmit={(event) => void save(event)} noValidate>
      <input
        className="field"
        aria-label={strings.details.limit}
        aria-invalid={problem !== null}
        placeholder={strings.transferLimit.none}
        spellCheck={false}
        autoComplete="off"
        disabled={isEnded(row.phase)}
        value={draft ?? rateText(row.limitBytesPerSecond)}
        onChange={(event) => {
          setDraft(event.currentTarget.value)
          setProblem(null)
        }}
      />
      <Button type="submit" disabled={isEnded(row.phase)}>
        {strings.limit.set}
      </Button>
      {problem && (
        <p className="own-limit-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  )
}
