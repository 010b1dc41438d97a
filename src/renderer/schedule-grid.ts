import type { TimetableGrid } from '../shared/timetable-grid.ts'

/** A week of half hours as people paint it: seven rows of 48 cells, Monday 00:00 first. */
export const DAY_CELLS = 48
export const WEEK_DAYS = 7

/** A rectangle of cells: the same hours on some days. `anchor` and `head` are opposite corners. */
export interface Area {
  readonly anchor: number
  readonly head: number
}

/** A stretch of one day under one limit; `first` counts within the day. */
export interface Run {
  readonly first: number
  readonly count: number
  /** Bytes per second; null is unlimited, 0 is paused. */
  readonly limit: number | null
}

interface Bounds {
  readonly firstDay: number
  readonly lastDay: number
  readonly firstCell: number
  readonly lastCell: number
}

/** Both ends included; days from Monday on, cells within the day. */
export function boundsOf({ anchor, head }: Area): Bounds {
  const days = [Math.floor(anchor / DAY_CELLS), Math.floor(head / DAY_CELLS)]
  const cells = [anchor % DAY_CELLS, head % DAY_CELLS]
  return {
    firstDay: Math.min(...days),
    lastDay: Math.max(...days),
    firstCell: Math.min(...cells),
    lastCell: Math.max(...cells),
  }
}

/** The same grid with `limit` in every cell of the area. */
export function paint(grid: TimetableGrid, area: Area, limit: number | null): TimetableGrid {
  const { firstDay, lastDay, firstCell, lastCell } = boundsOf(area)
  return grid.map((before, index) => {
    const day = Math.floor(index / DAY_CELLS)
    const cell = index % DAY_CELLS
    return day >= firstDay && day <= lastDay && cell >= firstCell && cell <= lastCell ? limit : before
  })
}

/** What a day's row shows: its stretches, in order, without gaps. */
export function runsOf(grid: TimetableGrid, day: number): Run[] {
  const runs: Run[] = []
  for (let cell = 0; cell < DAY_CELLS; cell++) {
    const limit = grid[day * DAY_CELLS + cell] ?? null
    const last = runs.at(-1)
    if (last !== undefined && last.limit === limit) runs[runs.length - 1] = { ...last, count: last.count + 1 }
    else runs.push({ first: cell, count: 1, limit })
  }
  return runs
}

/** Where a key leads from `head`; stays within the week. Null for keys that move nothing. */
export function movedHead(key: string, head: number): number | null {
  const day = Math.floor(head / DAY_CELLS)
  const cell = head % DAY_CELLS
  const at = (toDay: number, toCell: number) =>
    Math.min(WEEK_DAYS - 1, Math.max(0, toDay)) * DAY_CELLS + Math.min(DAY_CELLS - 1, Math.max(0, toCell))
  switch (key) {
    case 'ArrowLeft':
      return at(day, cell - 1)
    case 'ArrowRight':
      return at(day, cell + 1)
    case 'ArrowUp':
      return at(day - 1, cell)
    case 'ArrowDown':
      return at(day + 1, cell)
    case 'Home':
      return at(day, 0)
    case 'End':
      return at(day, DAY_CELLS - 1)
    case 'PageUp':
      return at(0, cell)
    case 'PageDown':
      return at(WEEK_DAYS - 1, cell)
    default:
      return null
  }
}

/** `08:30` for the boundary before a cell of the day; 48 is `24:00`. */
export function cellTime(cell: number): string {
  return `${String(Math.floor(cell / 2)).padStart(2, '0')}:${cell % 2 === 0 ? '00' : '30'}`
}
