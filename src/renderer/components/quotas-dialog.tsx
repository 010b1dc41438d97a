import type { ReactNode } from 'react'
import { useRef, useState } from 'react'
import type { CommandInput } from '../../shared/contract.ts'
import type { QuotaView } from '../../shared/settings.ts'
import { formatBytes } from '../../shared/units.ts'
import { call } from '../bridge.ts'
import { clockText } from '../limit-reason.ts'
import { setState, useApp } from '../store.ts'
import { formatCount } from '../strings/count.ts'
import { strings } from '../strings.ts'
import { useNow } from '../use-now.ts'
import { Button } from './button.tsx'
import { SegmentedChoice, TextField } from './form.tsx'
import { FormDialog } from './form-dialog.tsx'
import './quotas-dialog.css'

const text = strings.quotas

type Draft = Pick<QuotaView, 'name' | 'text' | 'mode' | 'destinationId'>
const EMPTY: Draft = { name: '', text: '', mode: 'stop', destinationId: null }

/** Budgets over a moving window: how they stand, and one form that adds one or changes the one of that name. */
export function QuotasDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }): ReactNode {
  const quotas = useApp((state) => state.quotas)
  const destinations = useApp((state) => state.destinations)
  const [draft, setDraft] = useState(EMPTY)
  const [problem, setProblem] = useState<string | null>(null)
  const box = useRef<HTMLInputElement>(null)
  const isKnown = quotas.some(({ name }) => name === draft.name.trim())

  function edit(change: Partial<Draft>): void {
    setDraft((before) => ({ ...before, ...change }))
    setProblem(null)
  }
  async function send(change: CommandInput<'changeQuotas'>): Promise<void> {
    const result = await call('changeQuotas', change)
    if (!result.ok) {
      setProblem(result.error.message)
      box.current?.focus()
      return
    }
    setState({ quotas: result.value })
    if (change.kind === 'set' || change.name === draft.name) edit(EMPTY)
  }

  return (
    <FormDialog
      open={open}
      title={text.title}
      size="wide"
      initialFocus={box}
      bodyClass="quotas"
      problem={problem}
      submitLabel={isKnown ? text.change : text.add}
      cancelLabel={text.close}
      onSubmit={() => void send({ kind: 'set', ...draft })}
      onClose={onClose}
    >
      {quotas.length === 0 ? (
        <p className="form-hint">{text.none}</p>
      ) : (
        <ul className="quota-list" aria-label={text.title}>
          {quotas.map((quota) => (
            <QuotaLine
              key={quota.name}
              quota={quota}
              onChange={() => {
                const { name, text, mode, destinationId } = quota
                edit({ name, text, mode, destinationId })
                box.current?.focus()
              }}
              onRemove={() => void send({ kind: 'remove', name: quota.name })}
            />
          ))}
        </ul>
      )}
      <div className="form">
        <TextField
          ref={box}
          label={text.amount}
          hint={text.amountHint}
          placeholder={text.amountExample}
          value={draft.text}
          onText={(next) => edit({ text: next })}
        />
        <TextField
          label={text.name}
          hint={isKnown ? text.nameKnown : text.nameHint}
          value={draft.name}
          onText={(name) => edit({ name })}
        />
        <SegmentedChoice
          legend={text.mode}
          value={draft.mode}
          choices={[
            ['stop', text.stop],
            ['spread', text.spread],
          ]}
          onChoice={(mode) => edit({ mode })}
        />
        <label className="form-field">
          <span className="form-label">{text.where}</span>
          <select
            className="field"
            value={draft.destinationId ?? ''}
            onChange={(event) => edit({ destinationId: event.currentTarget.value || null })}
          >
            <option value="">{text.everywhere}</option>
            {destinations.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
    </FormDialog>
  )
}

interface QuotaLineProps {
  readonly quota: QuotaView
  readonly onChange: () => void
  readonly onRemove: () => void
}

function QuotaLine({ quota, onChange, onRemove }: QuotaLineProps): ReactNode {
  const where = useApp((state) => state.destinations.find(({ id }) => id === quota.destinationId)?.name ?? null)
  const nowMs = useNow(quota.blockedUntilMs !== null)
  const facts = [
    quota.name === quota.text ? null : quota.text,
    where === null ? null : text.only(where),
    quota.mode === 'spread' ? text.isSpread : null,
  ]
  return (
    <li className="quota">
      <span className="quota-name">{quota.name}</span>
      <span className="quota-facts">{facts.filter((fact) => fact !== null).join(' · ')}</span>
      <meter
        className="quota-bar"
        aria-label={text.used(quota.name)}
        max={quota.amount}
        value={Math.min(quota.used, quota.amount)}
      />
      <span className="quota-stand" data-blocked={quota.blockedUntilMs !== null}>
        {standText(quota, nowMs)}
      </span>
      <span className="quota-actions">
        <Button look="quiet" aria-label={text.changeOne(quota.name)} onClick={onChange}>
          {text.change}
        </Button>
        <Button look="quiet" aria-label={text.removeOne(quota.name)} onClick={onRemove}>
          {text.remove}
        </Button>
      </span>
    </li>
  )
}

/** `12 GB used, 8 GB left`, and until when nothing new begins. */
function standText({ unit, mode, used, left, blockedUntilMs }: QuotaView, nowMs: number): string {
  const shown = (amount: number) => (unit === 'bytes' ? formatBytes(amount) : formatCount(amount))
  const stand = text.stand(shown(used), shown(left))
  return mode === 'spread' || blockedUntilMs === null ? stand : text.usedUp(stand, clockText(blockedUntilMs, nowMs))
}
