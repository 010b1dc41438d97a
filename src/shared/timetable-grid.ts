/** The timetable as a grid of half hours, for a window in which people paint the week. */

import type { Timetable } from './timetable.ts'
import { MINUTES_PER_WEEK } from './timetable.ts'
import type { Parsed } from './units.ts'

const CELL_MINUTES = 30
export const GRID_CELLS = MINUTES_PER_WEEK / CELL_MINUTES

/** 336 limits in bytes per second, from Monday 00:00 on, 48 a day; null is unlimited, 0 is paused. */
export type TimetableGrid = readonly (number | null)[]

/** The timetable with the fewest slots that paints this grid. A wrong grid is refused in one sentence. */
export function timetableFromGrid(grid: TimetableGrid): Parsed<Timetable> {
  if (grid.length !== GRID_CELLS) {
    return { ok: false, message: `A week has ${GRID_CELLS} half hours, and this grid has ${grid.length}.` }
  }
  const wrong = grid.findIndex((limit) => limit !== null && !(Number.isSafeInteger(limit) && limit >= 0))
  if (wrong !== -1) return { ok: false, message: `Half hour ${wrong + 1} of the grid has no valid limit.` }

  const slots = grid.flatMap((limitBytesPerSecond, cell) => {
    const unchanged = limitBytesPerSecond === grid.at(cell - 1)
    return unchanged ? [] : [{ minuteOfWeek: cell * CELL_MINUTES, limitBytesPerSecond }]
  })
  const always = [{ minuteOfWeek: 0, limitBytesPerSecond: grid[0] ?? null }]
  return { ok: true, value: slots.length === 0 ? always : slots }
}

/**
 * The limit at the start of each half hour. `exact` is false when an entry falls within a half hour: a window then says
 * that painting would move it.
 */
export function gridOf(timetable: Timetable): { readonly cells: TimetableGrid; readonly exact: boolean } {
  let limit = timetable.at(-1)?.limitBytesPerSecond ?? null
  let next = 0
  const cells = Array.from({ length: GRID_CELLS }, (_, cell) => {
    for (let slot = timetable[next]; slot !== undefined && slot.minuteOfWeek <= cell * CELL_MINUTES; ) {
      limit = slot.limitBytesPerSecond
      next += 1
      slot = timetable[next]
    }
    return limit
  })
  return { cells, exact: timetable.every((slot) => slot.minuteOfWeek % CELL_MINUTES === 0) }
}
