/**
 * What a timetable says at a moment, from the wall clock alone: nothing is remembered, so a restart, a sleep over a
 * boundary and a clock that jumps need no care.
 *
 * When the zone's clock skips an hour, a boundary in it takes effect at the jump. When an hour comes twice, a
 * boundary in it takes effect the first time and stays in force the second time.
 */

import type { Timetable, TimetableSlot } from '../../shared/timetable.ts'
import { MINUTES_PER_WEEK } from '../../shared/timetable.ts'
import { firstReachedMs, MAX_DATE_MS, zoneOffsetMs } from './zone-time.ts'

const MINUTE_MS = 60_000
const WEEK_MS = MINUTES_PER_WEEK * MINUTE_MS
/** 1970-01-01 was a Thursday: the Monday before it. */
const FIRST_MONDAY_MS = -3 * 86_400_000

export interface TimetableNow {
  /** Bytes per second; null is unlimited, 0 is paused. */
  readonly limitBytesPerSecond: number | null
  /** When this limit began, epoch ms; null when the timetable never changes. */
  readonly sinceMs: number | null
  /** When another limit begins, epoch ms, later than the moment asked for; null when none does. */
  readonly untilMs: number | null
}

/**
 * The limit at `wallMs` (epoch ms) and the span in which it holds. Entries that change nothing are no boundary.
 * `timeZone` is an IANA name, `null` the system's. Costs about 25 µs, and 150 µs on the days of a clock change: call
 * it at boundaries and about once a minute, not per ticket. Throws `RangeError` for an unknown zone or a time that is
 * not a number.
 */
export function limitAt(timetable: Timetable, wallMs: number, timeZone: string | null = null): TimetableNow {
  if (Number.isNaN(wallMs)) throw new RangeError('The time of day is not a number.')
  const nowMs = Math.max(-MAX_DATE_MS, Math.min(MAX_DATE_MS, wallMs))
  const changes = timetable.filter((slot, index) => {
    return slot.limitBytesPerSecond !== timetable.at(index - 1)?.limitBytesPerSecond
  })
  if (changes.length === 0) {
    return { limitBytesPerSecond: timetable[0]?.limitBytesPerSecond ?? null, sinceMs: null, untilMs: null }
  }

  const localMs = nowMs + zoneOffsetMs(nowMs, timeZone)
  const week = Math.floor((localMs - FIRST_MONDAY_MS) / WEEK_MS)
  const minute = Math.floor((localMs - FIRST_MONDAY_MS - week * WEEK_MS) / MINUTE_MS)
  // A reading that the clock has reached is past; one it has not reached may be past too, when the clock went back.
  let turn = week * changes.length + changes.findLastIndex((slot) => slot.minuteOfWeek <= minute)
  let untilMs = boundaryMs(changes, turn + 1, timeZone)
  while (untilMs <= nowMs) {
    turn += 1
    untilMs = boundaryMs(changes, turn + 1, timeZone)
  }
  const { limitBytesPerSecond } = changeOf(changes, turn)
  return { limitBytesPerSecond, sinceMs: boundaryMs(changes, turn, timeZone), untilMs }
}

/** The next moment after `wallMs` at which the timetable's limit changes, epoch ms; null when it never does. */
export function nextBoundaryMs(timetable: Timetable, wallMs: number, timeZone: string | null = null): number | null {
  return limitAt(timetable, wallMs, timeZone).untilMs
}

/** Turns count the changes from the week of FIRST_MONDAY_MS on, through all weeks. */
function boundaryMs(changes: Timetable, turn: number, timeZone: string | null): number {
  const week = Math.floor(turn / changes.length)
  const localMs = FIRST_MONDAY_MS + week * WEEK_MS + changeOf(changes, turn).minuteOfWeek * MINUTE_MS
  return firstReachedMs(localMs, timeZone)
}

function changeOf(changes: Timetable, turn: number): TimetableSlot {
  const slot = changes[((turn % changes.length) + changes.length) % changes.length]
  if (slot === undefined) throw new RangeError('The timetable is empty.')
  return slot
}
