import { expect, it } from 'vitest'
import { cellTime, movedHead, paint, runsOf } from '../../src/renderer/schedule-grid.ts'
import { formatTimetable, parseTimetable } from '../../src/shared/timetable.ts'
import type { TimetableGrid } from '../../src/shared/timetable-grid.ts'
import { GRID_CELLS, gridOf, timetableFromGrid } from '../../src/shared/timetable-grid.ts'

const EMPTY: TimetableGrid = Array.from({ length: GRID_CELLS }, () => null)
const cellAt = (day: number, hour: number) => day * 48 + hour * 2

/** What the dialog keeps of a painted grid. */
function textOf(grid: TimetableGrid): string {
  const timetable = timetableFromGrid(grid)
  if (!timetable.ok) throw new Error(timetable.message)
  return formatTimetable(timetable.value)
}

it('paints the same hours on all days of a rectangle, from whichever corner', () => {
  const down = paint(EMPTY, { anchor: cellAt(0, 8), head: cellAt(4, 18) - 1 }, 4e6)
  const up = paint(EMPTY, { anchor: cellAt(4, 18) - 1, head: cellAt(0, 8) }, 4e6)
  expect(up).toEqual(down)
  expect(down.filter((limit) => limit === 4e6)).toHaveLength(5 * 20)
  expect(runsOf(down, 0)).toEqual([
    { first: 0, count: 16, limit: null },
    { first: 16, count: 20, limit: 4e6 },
    { first: 36, count: 12, limit: null },
  ])
  expect(runsOf(down, 5)).toEqual([{ first: 0, count: 48, limit: null }])
})

it('gives a text that draws the same week again', () => {
  const week = paint(EMPTY, { anchor: cellAt(0, 8), head: cellAt(4, 18) - 1 }, 4e6)
  const withPause = paint(week, { anchor: cellAt(2, 12), head: cellAt(2, 13) - 1 }, 0)
  const read = parseTimetable(textOf(withPause))
  expect(read.ok && gridOf(read.value).cells).toEqual(withPause)
  expect(textOf(paint(EMPTY, { anchor: 0, head: GRID_CELLS - 1 }, 2e6))).toBe('2MB/s')
})

it('moves by keys and stays within the week', () => {
  const monday8 = cellAt(0, 8)
  expect(movedHead('ArrowRight', monday8)).toBe(monday8 + 1)
  expect(movedHead('ArrowDown', monday8)).toBe(cellAt(1, 8))
  expect(movedHead('ArrowUp', monday8)).toBe(monday8)
  expect(movedHead('ArrowRight', cellAt(1, 0) - 1)).toBe(cellAt(1, 0) - 1)
  expect(movedHead('End', monday8)).toBe(47)
  expect(movedHead('PageDown', monday8)).toBe(cellAt(6, 8))
  expect(movedHead('a', monday8)).toBeNull()
})

it('names the boundaries of a day', () => {
  expect([0, 17, 48].map(cellTime)).toEqual(['00:00', '08:30', '24:00'])
})
