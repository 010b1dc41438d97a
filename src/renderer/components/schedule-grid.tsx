// biome-ignore-all lint/a11y/useSemanticElements: a table of 336 cells that are painted by dragging is the grid pattern of ARIA
// biome-ignore-all lint/a11y/useFocusableInteractive: focus stays on the grid, which names its cell by aria-activedescendant
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'
import { memo, useEffect, useState } from 'react'
import type { TimetableGrid } from '../../shared/timetable-grid.ts'
import { formatRate } from '../../shared/units.ts'
import type { Area } from '../schedule-grid.ts'
import { boundsOf, cellTime, DAY_CELLS, movedHead, runsOf } from '../schedule-grid.ts'
import { strings } from '../strings.ts'

const text = strings.schedule
/** Monday 08:00: where people begin. */
const FIRST_CELL = 16
/** A label in a stretch of fewer half hours would be cut to nothing. */
const LABEL_CELLS = 4

interface GridProps {
  readonly cells: TimetableGrid
  readonly onPaint: (area: Area) => void
}

/** The week as 7 × 48 half hours. Drag, or arrows with Shift and then Space, paints a rectangle. */
export function ScheduleGrid({ cells, onPaint }: GridProps): ReactNode {
  const [area, setArea] = useState<Area>({ anchor: FIRST_CELL, head: FIRST_CELL })
  const [dragging, setDragging] = useState(false)

  // The pointer may be let go anywhere.
  useEffect(() => {
    if (!dragging) return
    const controller = new AbortController()
    const end = () => {
      setDragging(false)
      onPaint(area)
    }
    document.addEventListener('pointerup', end, { signal: controller.signal })
    document.addEventListener('pointercancel', () => setDragging(false), { signal: controller.signal })
    return () => controller.abort()
  }, [dragging, area, onPaint])

  function onPointer(event: PointerEvent, begins: boolean): void {
    const target = event.target instanceof Element ? event.target.closest('[data-cell]') : null
    if (target === null || event.button > 0 || !(begins || dragging)) return
    const head = Number(target.getAttribute('data-cell'))
    if (begins) setDragging(true)
    if (begins || head !== area.head) setArea((before) => ({ anchor: begins ? head : before.anchor, head }))
  }
  function onKeyDown(event: KeyboardEvent): void {
    const head = movedHead(event.key, area.head)
    if (head !== null) setArea({ anchor: event.shiftKey ? area.anchor : head, head })
    else if (event.key === ' ' || event.key === 'Enter') onPaint(area)
    else return
    event.preventDefault()
  }

  const { firstDay, lastDay, firstCell, lastCell } = boundsOf(area)
  return (
    <div className="week">
      <div className="week-hours" aria-hidden>
        {[0, 3, 6, 9, 12, 15, 18, 21, 24].map((hour) => (
          <span key={hour} style={{ '--at': hour / 24 }}>
            {hour}
          </span>
        ))}
      </div>
      <div
        role="grid"
        className="week-grid"
        aria-label={text.grid}
        aria-multiselectable
        aria-activedescendant={cellId(area.head)}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => onPointer(event, true)}
        onPointerMove={(event) => onPointer(event, false)}
      >
        {text.days.map((name, day) => (
          <Day
            key={name}
            name={name}
            day={day}
            limits={dayKey(cells, day)}
            chosenFrom={day >= firstDay && day <= lastDay ? firstCell : -1}
            chosenTo={day >= firstDay && day <= lastDay ? lastCell : -1}
          />
        ))}
      </div>
      <p className="form-hint week-readout">{readoutOf(area, cells)}</p>
    </div>
  )
}

interface DayProps {
  readonly name: string
  readonly day: number
  /** The day's limits as one string, so that a day that did not change is not drawn again. */
  readonly limits: string
  readonly chosenFrom: number
  readonly chosenTo: number
}

const Day = memo(function Day({ name, day, limits, chosenFrom, chosenTo }: DayProps): ReactNode {
  const cells: TimetableGrid = JSON.parse(limits)
  return (
    <div role="row" className="week-day">
      <span role="rowheader" className="week-name">
        {name.slice(0, 3)}
      </span>
      <div role="presentation" className="week-cells">
        {cells.map((limit, cell) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place in the week
            key={cell}
            id={cellId(day * DAY_CELLS + cell)}
            role="gridcell"
            aria-label={text.cell(name, cellTime(cell), limitText(limit))}
            aria-selected={cell >= chosenFrom && cell <= chosenTo}
            data-cell={day * DAY_CELLS + cell}
            className="week-cell"
            data-tone={toneOf(limit)}
            style={{ '--level': levelOf(limit) }}
          />
        ))}
        {runsOf(cells, 0)
          .filter(({ count, limit }) => limit !== null && count >= LABEL_CELLS)
          .map(({ first, count, limit }) => (
            <span
              key={first}
              className="week-label"
              aria-hidden
              style={{ '--at': first / DAY_CELLS, '--width': count / DAY_CELLS }}
            >
              {limitText(limit)}
            </span>
          ))}
      </div>
    </div>
  )
})

function dayKey(cells: TimetableGrid, day: number): string {
  return JSON.stringify(cells.slice(day * DAY_CELLS, (day + 1) * DAY_CELLS))
}

function cellId(cell: number): string {
  return `half-hour-${cell}`
}

function limitText(limit: number | null): string {
  return limit === 0 ? text.brushPause : limit === null ? text.brushOff : formatRate(limit)
}

function toneOf(limit: number | null): string {
  return limit === null ? 'off' : limit === 0 ? 'pause' : 'rate'
}

/** 0 for 100 MB/s and more to 1 for 100 KB/s and less: what a limit takes away is the strength of its colour. */
function levelOf(limit: number | null): number {
  if (limit === null || limit === 0) return 0
  return Math.min(1, Math.max(0, (8 - Math.log10(limit)) / 3))
}

/** `Mon–Fri 08:00–18:00`, and the limit when it is one. */
function readoutOf(area: Area, cells: TimetableGrid): string {
  const { firstDay, lastDay, firstCell, lastCell } = boundsOf(area)
  const short = (day: number) => text.days[day]?.slice(0, 3) ?? ''
  const days = firstDay === lastDay ? short(firstDay) : `${short(firstDay)}–${short(lastDay)}`
  const limit = cells[area.head] ?? null
  const one = area.anchor === area.head ? ` · ${limitText(limit)}` : ''
  return `${days} ${cellTime(firstCell)}–${cellTime(lastCell + 1)}${one}`
}
