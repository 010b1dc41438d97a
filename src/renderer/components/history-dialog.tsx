import type { ReactNode } from 'react'
import { useEffect, useRef, useState } from 'react'
import type { EndedBatch } from '../../shared/contract.ts'
import { formatBytes } from '../../shared/units.ts'
import { perform } from '../bridge.ts'
import { foundBatches } from '../history-search.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { showInfo } from '../toast-manager.ts'
import { visibleName } from '../visible-name.ts'
import { Button } from './button.tsx'
import { DialogFrame } from './dialog-frame.tsx'
import { TextField } from './form.tsx'
import './history-dialog.css'

const text = strings.history
const FORMATS = ['csv', 'json'] as const
/** Drawn at a time; a search leads to the others. */
const SHOWN = 100

/** Batches that have ended: what became of them, a receipt of each, and a way to forget them. */
export function HistoryDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }): ReactNode {
  const [batches, setBatches] = useState<readonly EndedBatch[] | null>(null)
  const [search, setSearch] = useState('')
  const destinations = useApp((state) => state.destinations)
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => {
    void perform('listHistory', {}).then((answer) => answer.ok && setBatches(answer.value))
  }, [])

  const nameOf = (id: string) => destinations.find((one) => one.id === id)?.name ?? id
  const found = foundBatches(batches ?? [], search, nameOf)
  async function forget(ids: readonly number[]): Promise<void> {
    const answer = await perform('forgetBatches', { batchIds: [...ids] })
    if (!answer.ok) return
    setBatches((before) => before?.filter(({ batchId }) => !ids.includes(batchId)) ?? null)
    box.current?.focus()
  }

  return (
    <DialogFrame open={open} title={text.title} size="broad" initialFocus={box} onClose={onClose}>
      <div className="dialog-body history">
        <TextField ref={box} label={text.search} placeholder={text.searchHint} value={search} onText={setSearch} />
        <p className="form-hint" role="status">
          {batches === null ? '' : found.length === 0 ? nothing(batches.length, search) : text.count(found.length)}
        </p>
        <ul className="history-list" aria-label={text.title}>
          {found.slice(0, SHOWN).map((batch) => (
            <BatchLine
              key={batch.batchId}
              batch={batch}
              destination={nameOf(batch.destinationId)}
              onForget={() => void forget([batch.batchId])}
            />
          ))}
        </ul>
      </div>
    </DialogFrame>
  )
}

function nothing(all: number, search: string): string {
  return all === 0 ? text.none : text.noMatch(search.trim())
}

interface BatchLineProps {
  readonly batch: EndedBatch
  readonly destination: string
  readonly onForget: () => void
}

function BatchLine({ batch, destination, onForget }: BatchLineProps): ReactNode {
  const { names, sources, files, bytes, completed, failed, finishedAtMs } = batch
  const name = text.name(visibleName(names[0] ?? ''), sources - 1)
  return (
    <li className="history-batch">
      <span className="history-name" title={names.join('\n')}>
        {name}
      </span>
      <span className="history-facts">
        <time dateTime={new Date(finishedAtMs).toISOString()}>{new Date(finishedAtMs).toLocaleString('en-GB')}</time>
        {` · ${destination} · ${text.facts(files, formatBytes(bytes))}`}
      </span>
      <span className="history-ends" data-failed={failed > 0}>
        {text.ends(completed, failed, files - completed - failed)}
      </span>
      <span className="history-actions">
        {FORMATS.map((format) => (
          <Button
            key={format}
            look="quiet"
            aria-label={text.receiptOf(format.toUpperCase(), name)}
            onClick={() => void exportReceipt(batch.batchId, format)}
          >
            {text.receipt(format.toUpperCase())}
          </Button>
        ))}
        <Button look="quiet" aria-label={text.forgetOne(name)} onClick={onForget}>
          {text.forget}
        </Button>
      </span>
    </li>
  )
}

async function exportReceipt(batchId: number, format: (typeof FORMATS)[number]): Promise<void> {
  const answer = await perform('exportReceipt', { batchId, format })
  if (answer.ok && 'path' in answer.value) showInfo(text.saved(answer.value.path))
}
