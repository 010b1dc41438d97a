/**
 * What people do to a limit plan. Each command is pure: plan in, plan out. The newest command wins: setting a limit
 * ends a timed one and the alternative, switching the alternative on ends a timed limit.
 *
 * Limits are bytes per second: null is unlimited, and 0 pauses. Times are epoch ms, durations ms. `RangeError` with one
 * sentence for a limit or a duration that is no valid number.
 */

import type { LimitPlan } from '../../shared/limit-plan.ts'
import { formatTimetable, parseTimetable } from '../../shared/timetable.ts'
import type { Parsed } from '../../shared/units.ts'
import { evaluatePlan, followsSchedule, unknownZone } from './limit-plan.ts'
import { isTimeZone } from './zone-time.ts'

/** A new limit, from now on; while a schedule is on, until its next boundary. 0 is `pause`. */
export function setLimit(plan: LimitPlan, limitBytesPerSecond: number | null, nowMs: number): LimitPlan {
  if (checkLimit(limitBytesPerSecond) === 0) return pause(plan)
  const base = { ...plan, timed: null, alternative: { ...plan.alternative, on: false } }
  if (followsSchedule(plan)) return { ...base, override: { limitBytesPerSecond, setAtMs: nowMs } }
  return { ...base, manual: limitBytesPerSecond }
}

/** A limit for `durationMs`, then back to what was. 0 is `pauseFor`. */
export function setFor(
  plan: LimitPlan,
  limitBytesPerSecond: number | null,
  durationMs: number,
  nowMs: number,
): LimitPlan {
  if (checkLimit(limitBytesPerSecond) === 0) return pauseFor(plan, durationMs, nowMs)
  return { ...plan, timed: { limitBytesPerSecond, ...timer(durationMs, nowMs) } }
}

/** Ends a timed limit and an override: back to the alternative, the schedule or the manual limit. */
export function endTimed(plan: LimitPlan): LimitPlan {
  return { ...plan, timed: null, override: null }
}

export function pause(plan: LimitPlan): LimitPlan {
  return { ...plan, paused: true }
}

/** Pauses for `durationMs`. Timed limits go on running meanwhile. */
export function pauseFor(plan: LimitPlan, durationMs: number, nowMs: number): LimitPlan {
  return { ...plan, paused: timer(durationMs, nowMs) }
}

/** Ends a pause. Where the schedule itself says 0, the manual limit holds until the schedule's next boundary. */
export function resume(plan: LimitPlan, nowMs: number): LimitPlan {
  const going = { ...plan, paused: false }
  const { limitBytesPerSecond, source } = evaluatePlan(going, nowMs)
  if (source !== 'schedule' || limitBytesPerSecond !== 0) return going
  return { ...going, override: { limitBytesPerSecond: plan.manual, setAtMs: nowMs } }
}

/** Switches the alternative limit, to the other side unless told which. */
export function toggleAlternative(plan: LimitPlan, on: boolean = !plan.alternative.on): LimitPlan {
  return { ...plan, alternative: { ...plan.alternative, on }, timed: on ? null : plan.timed }
}

/** Changes the alternative limit without switching it. 0 is refused: a pause is a command of its own. */
export function setAlternative(plan: LimitPlan, limitBytesPerSecond: number | null): LimitPlan {
  if (checkLimit(limitBytesPerSecond) === 0) throw new RangeError('The alternative limit cannot be 0: use pause.')
  return { ...plan, alternative: { ...plan.alternative, limitBytesPerSecond } }
}

/**
 * Sets the schedule and switches it on; null removes it. An override by hand ends. `timeZone` is an IANA name, null
 * the system's zone; the plan keeps the one it had when none is given. The plan's text is canonical: show it, it says
 * what was understood.
 */
export function setTimetable(
  plan: LimitPlan,
  text: string | null,
  timeZone: string | null = plan.schedule?.timeZone ?? null,
): Parsed<LimitPlan> {
  if (text === null) return { ok: true, value: { ...plan, schedule: null, override: null } }
  const timetable = parseTimetable(text)
  if (!timetable.ok) return timetable
  if (timeZone !== null && !isTimeZone(timeZone)) return { ok: false, message: unknownZone(timeZone) }
  const schedule = { timetable: formatTimetable(timetable.value), timeZone, on: true }
  return { ok: true, value: { ...plan, schedule, override: null } }
}

/** Switches a schedule off, or on again, without losing it. An override by hand ends. */
export function switchSchedule(plan: LimitPlan, on: boolean): LimitPlan {
  if (plan.schedule === null) return plan
  return { ...plan, schedule: { ...plan.schedule, on }, override: null }
}

function timer(durationMs: number, nowMs: number): { readonly setAtMs: number; readonly untilMs: number } {
  if (!(Number.isFinite(durationMs) && durationMs > 0)) throw new RangeError('A timer needs a duration above 0.')
  return { setAtMs: nowMs, untilMs: nowMs + durationMs }
}

function checkLimit(limit: number | null): number | null {
  if (limit === null || (Number.isSafeInteger(limit) && limit >= 0)) return limit
  throw new RangeError('A limit is a whole number of bytes a second, or none.')
}
