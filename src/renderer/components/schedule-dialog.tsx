import type { ReactNode } from 'react'
import { useRef, useState } from 'react'
import type { CommandInput } from '../../shared/contract.ts'
import type { Timetable } from '../../shared/timetable.ts'
import { formatTimetable, parseTimetable } from '../../shared/timetable.ts'
import type { TimetableGrid } from '../../shared/timetable-grid.ts'
import { GRID_CELLS, gridOf, timetableFromGrid } from '../../shared/timetable-grid.ts'
import type { Parsed } from '../../shared/units.ts'
import { parseRate } from '../../shared/units.ts'
import { call } from '../bridge.ts'
import type { Area } from '../schedule-grid.ts'
import { paint } from '../schedule-grid.ts'
import { getState } from '../store.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import { SegmentedChoice, TextField } from './form.tsx'
import { FormDialog } from './form-dialog.tsx'
import { ScheduleGrid } from './schedule-grid.tsx'
import './schedule.css'

const text = strings.schedule
const EMPTY = { cells: Array.from({ length: GRID_CELLS }, () => null) as TimetableGrid, exact: true }

type Brush = 'rate' | 'pause' | 'off'

interface ScheduleDialogProps {
  readonly open: boolean
  readonly onClose: () => void
}

/** The week's limits, painted or as text: both show the same timetable, and the text is what is kept. */
export function ScheduleDialog({ open, onClose }: ScheduleDialogProps): ReactNode {
  const [schedule] = useState(() => getState().plan?.schedule ?? null)
  const [draft, setDraft] = useState(schedule?.timetable ?? '')
  const [grid, setGrid] = useState(() => {
    const read = parseTimetable(draft)
    return read.ok ? gridOf(read.value) : EMPTY
  })
  const [timeZone, setTimeZone] = useState(schedule?.timeZone ?? null)
  const [on, setOn] = useState(schedule?.on ?? true)
  const [brush, setBrush] = useState<Brush>('rate')
  const [rate, setRate] = useState('1 MB/s')
  const [problem, setProblem] = useState<string | null>(null)
  const textBox = useRef<HTMLTextAreaElement>(null)

  const parsed = parseTimetable(draft)
  const isWrong = draft.trim() !== '' && !parsed.ok

  function changeText(next: string): void {
    setDraft(next)
    setProblem(null)
    // While the text cannot be read, the grid stays as it was: a slip of a finger must not wipe the week.
    const read = parseTimetable(next)
    if (read.ok) setGrid(gridOf(read.value))
    else if (next.trim() === '') setGrid(EMPTY)
  }
  function paintArea(area: Area): void {
    const limit = brush === 'rate' ? parseRate(rate) : { ok: true as const, value: brush === 'pause' ? 0 : null }
    const timetable = limit.ok ? timetableFromGrid(paint(grid.cells, area, limit.value)) : limit
    if (timetable.ok) changeText(formatTimetable(timetable.value))
    else setProblem(timetable.message)
  }
  async function change(input: CommandInput<'changePlan'>): Promise<boolean> {
    const result = await call('changePlan', input)
    if (!result.ok) setProblem(result.error.message)
    return result.ok
  }
  async function save(): Promise<void> {
    if (!parsed.ok) {
      setProblem(parsed.message)
      textBox.current?.focus()
      return
    }
    const kept = await change({ kind: 'timetable', timetable: draft.trim(), timeZone })
    if (kept && (on || (await change({ kind: 'schedule', on })))) onClose()
  }
  async function remove(): Promise<void> {
    if (await change({ kind: 'timetable', timetable: null, timeZone: null })) onClose()
  }

  return (
    <FormDialog
      open={open}
      title={text.title}
      size="broad"
      initialFocus={textBox}
      bodyClass="schedule"
      problem={problem}
      submitLabel={text.save}
      cancelLabel={text.cancel}
      actions={
        schedule && (
          <Button look="quiet" onClick={() => void remove()}>
            {text.remove}
          </Button>
        )
      }
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <div className="schedule-brush">
        <SegmentedChoice
          legend={text.brush}
          value={brush}
          choices={[
            ['rate', text.brushRate],
            ['pause', text.brushPause],
            ['off', text.brushOff],
          ]}
          onChoice={setBrush}
        />
        <TextField
          label={text.rate}
          value={rate}
          disabled={brush !== 'rate'}
          onText={(next) => {
            setRate(next)
            setProblem(null)
          }}
        />
        <p className="form-hint schedule-keys">{text.keys}</p>
      </div>
      <ScheduleGrid cells={grid.cells} onPaint={paintArea} />
      <label className="form-field">
        <span className="form-label">{text.asText}</span>
        <textarea
          ref={textBox}
          className="field schedule-text"
          rows={2}
          spellCheck={false}
          placeholder={text.placeholder}
          aria-invalid={isWrong}
          aria-describedby="schedule-note"
          value={draft}
          onChange={(event) => changeText(event.currentTarget.value)}
        />
      </label>
      <p id="schedule-note" className="form-hint schedule-note" data-problem={isWrong} aria-live="polite">
        {noteOf(draft, parsed, grid.exact)}
      </p>
      <div className="schedule-foot">
        <ZoneField timeZone={timeZone} onZone={setTimeZone} />
        <label className="form-check">
          <input type="checkbox" checked={on} onChange={(event) => setOn(event.currentTarget.checked)} />
          <span>{text.follow}</span>
        </label>
      </div>
    </FormDialog>
  )
}

/** What was understood, or why nothing was. */
function noteOf(draft: string, parsed: Parsed<Timetable>, exact: boolean): string {
  if (draft.trim() === '') return text.textHint
  if (!parsed.ok) return parsed.message
  const canonical = formatTimetable(parsed.value)
  return exact ? text.understood(canonical) : text.understoodRounded(canonical)
}

interface ZoneProps {
  readonly timeZone: string | null
  readonly onZone: (timeZone: string | null) => void
}

function ZoneField({ timeZone, onZone }: ZoneProps): ReactNode {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone
  // A zone that came from a command need not be one of this list.
  const names = [...new Set([...(timeZone === null ? [] : [timeZone]), 'UTC', ...Intl.supportedValuesOf('timeZone')])]
  return (
    <label className="form-field">
      <span className="form-label">{text.zone}</span>
      <select className="field" value={timeZone ?? ''} onChange={(event) => onZone(event.currentTarget.value || null)}>
        <option value="">{text.ownZone(own)}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
