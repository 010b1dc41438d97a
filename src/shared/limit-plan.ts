/** The shape of a limit plan, apart from its functions (main/flow/limit-plan.ts): settings keep it, the window shows it. */

/** Wall-clock span, epoch ms. The duration is the difference, and is never exceeded from any moment on. */
export interface Timer {
  readonly setAtMs: number
  readonly untilMs: number
}

export interface LimitSchedule {
  /** Canonical text of `formatTimetable`. */
  readonly timetable: string
  /** IANA name; null is the system's zone. */
  readonly timeZone: string | null
  readonly on: boolean
}

/** Limits are bytes per second; null is unlimited. */
export interface LimitPlan {
  readonly manual: number | null
  readonly alternative: { readonly limitBytesPerSecond: number | null; readonly on: boolean }
  readonly schedule: LimitSchedule | null
  /** Holds until the first boundary of the schedule after `setAtMs`. */
  readonly override: { readonly limitBytesPerSecond: number | null; readonly setAtMs: number } | null
  readonly timed: (Timer & { readonly limitBytesPerSecond: number | null }) | null
  readonly paused: boolean | Timer
}

export type LimitSource = 'paused' | 'timed' | 'alternative' | 'override' | 'schedule' | 'manual'

export interface LimitNow {
  /** Bytes per second; null is unlimited, 0 is paused. */
  readonly limitBytesPerSecond: number | null
  readonly source: LimitSource
  /** When the clock alone will change this, epoch ms and later than now; null: only a command will. */
  readonly untilMs: number | null
}

/** Unlimited; the alternative limit, when first switched on, is 1 MB/s. */
export const DEFAULT_LIMIT_PLAN: LimitPlan = {
  manual: null,
  alternative: { limitBytesPerSecond: 1_000_000, on: false },
  schedule: null,
  override: null,
  timed: null,
  paused: false,
}
