import type { KeyboardEvent, ReactNode } from 'react'
import { useId, useRef, useState } from 'react'
import { formatRate, formatRateBits, parseRate } from '../../shared/units.ts'
import { changeLimit } from '../limit.ts'
import { strings } from '../strings.ts'
import { LIMIT_BOX_ID } from '../use-shortcuts.ts'
import { LimitSource } from './limit-source.tsx'

/** The limit as text, `5 Mb/s` or `600 KB/s`; what it cannot read it explains in one sentence below. */
export function LimitBox({ limit }: { readonly limit: number | null }): ReactNode {
  /** What is being typed, or null while the box shows the limit. */
  const [draft, setDraft] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const noteId = useId()
  /** Escape leaves the box without what was typed. */
  const givesUp = useRef(false)

  function apply(): boolean {
    if (draft === null) return true
    const parsed = draft.trim() === '' ? { ok: true as const, value: null } : parseRate(draft)
    if (!parsed.ok) {
      setProblem(sentence(parsed.message))
      return false
    }
    changeLimit(parsed.value)
    reset()
    return true
  }
  function reset(): void {
    setDraft(null)
    setProblem(null)
  }
  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.key === 'Enter' && apply()) event.currentTarget.select()
    if (event.key === 'Escape') {
      givesUp.current = true
      event.currentTarget.blur()
    }
  }
  function onBlur(): void {
    if (givesUp.current) reset()
    else apply()
    givesUp.current = false
  }
  const preview = previewOf(draft) ?? limit

  return (
    <div className="limit-box">
      <input
        id={LIMIT_BOX_ID}
        className="field"
        aria-label={strings.limit.box}
        aria-invalid={problem !== null}
        aria-describedby={noteId}
        placeholder={strings.limit.placeholder}
        value={draft ?? (limit === null ? '' : formatRate(limit))}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setDraft(event.currentTarget.value)
          setProblem(null)
        }}
        onKeyDown={onKeyDown}
        onBlur={onBlur}
      />
      <p
        id={noteId}
        className="limit-note"
        data-problem={problem !== null}
        role={problem === null ? undefined : 'alert'}
      >
        {problem ??
          (preview === null ? strings.limit.none : strings.limit.both(formatRate(preview), formatRateBits(preview)))}
      </p>
      {problem === null && draft === null && <LimitSource />}
    </div>
  )
}

/** What the text so far means, shown in both units before it is set. */
function previewOf(draft: string | null): number | null {
  if (draft === null) return null
  const parsed = parseRate(draft)
  return parsed.ok ? parsed.value : null
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`
}
