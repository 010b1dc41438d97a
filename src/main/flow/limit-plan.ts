/**
 * What limit holds now, and why: plain JSON that settings keep, and pure functions over it.
 *
 * From strongest to weakest: paused · timed ("1 MB/s for an hour") · alternative (a toggle) · override (a limit set
 * by hand while a schedule is on, until the schedule's next boundary) · schedule · manual. What a stronger one hides
 * comes back when it ends.
 *
 * Everything runs on the wall clock, so a timer goes on through a restart or a sleep. A clock that jumps forward past
 * a timer's end ends it. A clock that goes back before a timer's start restarts it there: `settlePlan` moves the
 * timer to now with the duration that it had, so that no jump makes it longer than that. Keep what `settlePlan`
 * returns, at start and whenever the plan is evaluated.
 */

import type { LimitNow, LimitPlan, LimitSchedule, Timer } from '../../shared/limit-plan.ts'
import type { Timetable } from '../../shared/timetable.ts'
import { parseTimetable } from '../../shared/timetable.ts'
import { quote } from '../../shared/units.ts'
import type { TimetableNow } from './timetable-at.ts'
import { limitAt, nextBoundaryMs } from './timetable-at.ts'
import { isTimeZone } from './zone-time.ts'

const WEEK_MS = 7 * 86_400_000

/**
 * The limit at `nowMs` (epoch ms), its source and its end. Look again at `untilMs`, and about once a minute, since
 * the clock can jump. Costs about 25 µs under a schedule. A schedule that cannot be read is passed over
 * (`scheduleProblem` says why).
 *
 * ```ts
 * const plan = setFor(DEFAULT_LIMIT_PLAN, 1_000_000, 3_600_000, Date.now())
 * evaluatePlan(plan, Date.now()) // { limitBytesPerSecond: 1000000, source: 'timed', untilMs: in an hour }
 * ```
 */
export function evaluatePlan(plan: LimitPlan, nowMs: number): LimitNow {
  const { paused, timed, alternative, override, schedule, manual } = settlePlan(plan, nowMs)
  if (paused !== false) {
    return { limitBytesPerSecond: 0, source: 'paused', untilMs: paused === true ? null : paused.untilMs }
  }
  if (timed !== null) {
    return { limitBytesPerSecond: timed.limitBytesPerSecond, source: 'timed', untilMs: timed.untilMs }
  }
  if (alternative.on) {
    return { limitBytesPerSecond: alternative.limitBytesPerSecond, source: 'alternative', untilMs: null }
  }
  const scheduled = scheduledAt(schedule, nowMs)
  if (scheduled === null) return { limitBytesPerSecond: manual, source: 'manual', untilMs: null }
  const [holds, source] = override === null ? ([scheduled, 'schedule'] as const) : ([override, 'override'] as const)
  return { limitBytesPerSecond: holds.limitBytesPerSecond, source, untilMs: scheduled.untilMs }
}

/**
 * The same plan without what is over, and with timers that lie in the future moved to now. Returns `plan` itself when
 * nothing changed, so that the caller knows when to save.
 */
export function settlePlan(plan: LimitPlan, nowMs: number): LimitPlan {
  const paused = typeof plan.paused === 'boolean' ? plan.paused : (settleTimer(plan.paused, nowMs) ?? false)
  const timed = plan.timed === null ? null : settleTimer(plan.timed, nowMs)
  const override = settleOverride(plan, nowMs)
  const same = paused === plan.paused && timed === plan.timed && override === plan.override
  return same ? plan : { ...plan, paused, timed, override }
}

/**
 * When the limit becomes 0 by the clock alone, epoch ms: a pause in the schedule that nothing stronger hides, or one
 * that comes back when a timed limit ends. `nowMs` when it is 0 already, null when that does not come within
 * `withinMs`. The engine starts no part that cannot finish before it, so that a scheduled pause sends no byte twice.
 * Looks no further than a week.
 */
export function scheduledPauseWithin(plan: LimitPlan, nowMs: number, withinMs = WEEK_MS): number | null {
  let current = settlePlan(plan, nowMs)
  let atMs = nowMs
  const lastMs = nowMs + Math.min(withinMs, WEEK_MS)
  while (atMs <= lastMs) {
    const { limitBytesPerSecond, untilMs } = evaluatePlan(current, atMs)
    if (limitBytesPerSecond === 0) return atMs
    if (untilMs === null) return null
    atMs = untilMs
    current = settlePlan(current, atMs)
  }
  return null
}

/** True while a schedule is on, and can be read. */
export function followsSchedule(plan: LimitPlan): boolean {
  return timetableOf(plan.schedule) !== null
}

/** One sentence on why the schedule cannot be followed, or null. For plans that come from a file. */
export function scheduleProblem(schedule: LimitSchedule): string | null {
  const timetable = parseTimetable(schedule.timetable)
  if (!timetable.ok) return timetable.message
  return schedule.timeZone === null || isTimeZone(schedule.timeZone) ? null : unknownZone(schedule.timeZone)
}

/** One sentence. */
export function unknownZone(timeZone: string): string {
  return `${quote(timeZone)} is not a time zone of this computer: write for example Europe/Berlin.`
}

const readSchedules = new WeakMap<LimitSchedule, Timetable | null>()

/** Null when there is no schedule that is on and can be read. Schedules are immutable, so each is read once. */
function timetableOf(schedule: LimitSchedule | null): Timetable | null {
  if (schedule === null || !schedule.on) return null
  const known = readSchedules.get(schedule)
  if (known !== undefined) return known
  const parsed = parseTimetable(schedule.timetable)
  const zoneIsKnown = schedule.timeZone === null || isTimeZone(schedule.timeZone)
  const timetable = parsed.ok && zoneIsKnown ? parsed.value : null
  readSchedules.set(schedule, timetable)
  return timetable
}

function scheduledAt(schedule: LimitSchedule | null, nowMs: number): TimetableNow | null {
  const timetable = timetableOf(schedule)
  return timetable === null ? null : limitAt(timetable, nowMs, schedule?.timeZone ?? null)
}

function settleTimer<T extends Timer>(timer: T, nowMs: number): T | null {
  if (timer.untilMs <= timer.setAtMs) return null
  if (nowMs < timer.setAtMs) return { ...timer, setAtMs: nowMs, untilMs: nowMs + (timer.untilMs - timer.setAtMs) }
  return nowMs < timer.untilMs ? timer : null
}

function settleOverride({ override, schedule }: LimitPlan, nowMs: number): LimitPlan['override'] {
  const timetable = timetableOf(schedule)
  if (override === null || timetable === null) return null
  if (nowMs < override.setAtMs) return { ...override, setAtMs: nowMs }
  const endMs = nextBoundaryMs(timetable, override.setAtMs, schedule?.timeZone ?? null)
  return endMs === null || nowMs < endMs ? override : null
}
