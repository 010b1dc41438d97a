import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluatePlan, scheduledPauseWithin, scheduleProblem, settlePlan } from '../../src/main/flow/limit-plan.ts'
import {
  endTimed,
  pause,
  pauseFor,
  resume,
  setAlternative,
  setFor,
  setLimit,
  setTimetable,
  switchSchedule,
  toggleAlternative,
} from '../../src/main/flow/limit-plan-commands.ts'
import type { LimitPlan } from '../../src/shared/limit-plan.ts'
import { DEFAULT_LIMIT_PLAN } from '../../src/shared/limit-plan.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** A Friday, 13:00 in Berlin. */
const NOW_MS = Date.parse('2026-11-20T12:00Z')

function scheduled(text: string, plan: LimitPlan = DEFAULT_LIMIT_PLAN): LimitPlan {
  const made = setTimetable(plan, text, 'Europe/Berlin')
  if (!made.ok) throw new Error(made.message)
  return made.value
}

/** `[limit, source, minutes until it ends]`. */
function held(plan: LimitPlan, nowMs: number) {
  const { limitBytesPerSecond, source, untilMs } = evaluatePlan(plan, nowMs)
  return [limitBytesPerSecond, source, untilMs === null ? null : (untilMs - nowMs) / MINUTE_MS]
}

/** What a restart does to a plan. */
const restarted = (plan: LimitPlan): LimitPlan => JSON.parse(JSON.stringify(plan))

// Full speed at night, 1 MB/s by day, and a pause over lunch.
const day = scheduled('08:00,1M 14:00,pause 15:00,2M 19:00,off', setLimit(DEFAULT_LIMIT_PLAN, 500_000, NOW_MS))

describe('the limit that holds', () => {
  it('is the manual one unless something stronger is set', () => {
    expect(held(DEFAULT_LIMIT_PLAN, NOW_MS)).toEqual([null, 'manual', null])
    expect(held(setLimit(DEFAULT_LIMIT_PLAN, 5000, NOW_MS), NOW_MS)).toEqual([5000, 'manual', null])
    expect(held(day, NOW_MS)).toEqual([1_000_000, 'schedule', 60])
    expect(held(toggleAlternative(day), NOW_MS)).toEqual([1_000_000, 'alternative', null])
    expect(held(setFor(toggleAlternative(day), 3000, HOUR_MS, NOW_MS), NOW_MS)).toEqual([3000, 'timed', 60])
    expect(held(pause(setFor(day, 3000, HOUR_MS, NOW_MS)), NOW_MS)).toEqual([0, 'paused', null])
  })

  it('lasts for the time asked for, then what was comes back: the override, the alternative or the schedule', () => {
    const overridden = setLimit(day, 9000, NOW_MS)
    const timed = setFor(overridden, 3000, 10 * MINUTE_MS, NOW_MS)
    expect(held(timed, NOW_MS + 10 * MINUTE_MS - 1)[1]).toBe('timed')
    expect(held(timed, NOW_MS + 10 * MINUTE_MS)).toEqual([9000, 'override', 50])
    expect(held(timed, NOW_MS + HOUR_MS)).toEqual([0, 'schedule', 60])
    const onAlternative = setFor(setAlternative(toggleAlternative(day), 7000), 3000, MINUTE_MS, NOW_MS)
    expect(held(onAlternative, NOW_MS + MINUTE_MS)).toEqual([7000, 'alternative', null])
  })

  it('set by hand under a schedule holds until the next boundary and leaves the manual one alone', () => {
    const overridden = setLimit(day, 9000, NOW_MS)
    expect(held(overridden, NOW_MS)).toEqual([9000, 'override', 60])
    expect(held(overridden, NOW_MS + HOUR_MS)).toEqual([0, 'schedule', 60])
    // Asleep over several boundaries, and even on a later day's same entry.
    expect(held(overridden, NOW_MS + 3 * HOUR_MS)).toEqual([2_000_000, 'schedule', 180])
    expect(held(overridden, NOW_MS + DAY_MS)).toEqual([1_000_000, 'schedule', 60])
    expect(held(switchSchedule(overridden, false), NOW_MS)).toEqual([500_000, 'manual', null])
  })

  it('set by hand in the repeated hour ends at the boundary’s first occurrence', () => {
    const plan = setLimit(scheduled('02:30,1M 12:00,off'), 9000, Date.parse('2026-10-25T00:10Z'))
    expect(held(plan, Date.parse('2026-10-25T00:29Z'))).toEqual([9000, 'override', 1])
    expect(held(plan, Date.parse('2026-10-25T01:10Z'))).toEqual([1_000_000, 'schedule', 590])
  })

  it('pauses for a time, over a timed limit that runs on', () => {
    const plan = pauseFor(setFor(day, 3000, 30 * MINUTE_MS, NOW_MS), 10 * MINUTE_MS, NOW_MS)
    expect(held(plan, NOW_MS)).toEqual([0, 'paused', 10])
    expect(held(plan, NOW_MS + 10 * MINUTE_MS)).toEqual([3000, 'timed', 20])
    expect(held(resume(plan, NOW_MS), NOW_MS + MINUTE_MS)).toEqual([3000, 'timed', 29])
  })

  it('is the same after a restart in mid-timer', () => {
    const plan = pauseFor(setFor(setLimit(day, 9000, NOW_MS), 3000, 30 * MINUTE_MS, NOW_MS), 10 * MINUTE_MS, NOW_MS)
    for (let minute = 0; minute < 120; minute++) {
      const atMs = NOW_MS + minute * MINUTE_MS
      expect(evaluatePlan(restarted(plan), atMs)).toEqual(evaluatePlan(plan, atMs))
    }
  })
})

describe('the newest command', () => {
  it('setting a limit ends a timed one and the alternative, and keeps a pause', () => {
    const busy = setFor(toggleAlternative(DEFAULT_LIMIT_PLAN), 3000, HOUR_MS, NOW_MS)
    expect(held(setLimit(busy, 4000, NOW_MS), NOW_MS)).toEqual([4000, 'manual', null])
    expect(held(setLimit(pause(busy), 4000, NOW_MS), NOW_MS)).toEqual([0, 'paused', null])
  })

  it('switching the alternative on ends a timed limit; off again brings back the override', () => {
    const timed = setFor(setLimit(day, 9000, NOW_MS), 3000, HOUR_MS, NOW_MS)
    const slow = toggleAlternative(timed)
    expect(held(slow, NOW_MS)).toEqual([1_000_000, 'alternative', null])
    expect(toggleAlternative(slow, true)).toEqual(slow)
    expect(held(toggleAlternative(slow), NOW_MS)).toEqual([9000, 'override', 60])
  })

  it('ends what was set for a time', () => {
    const timed = setFor(setLimit(day, 9000, NOW_MS), 3000, HOUR_MS, NOW_MS)
    expect(held(endTimed(timed), NOW_MS)).toEqual([1_000_000, 'schedule', 60])
  })

  it('resume goes on even while the schedule says pause, until its next boundary', () => {
    const lunchMs = NOW_MS + HOUR_MS
    expect(held(resume(day, lunchMs), lunchMs)).toEqual([500_000, 'override', 60])
    expect(held(resume(day, lunchMs), lunchMs + HOUR_MS)).toEqual([2_000_000, 'schedule', 240])
    expect(resume(pause(day), NOW_MS)).toEqual(day)
  })

  it('takes 0 for a pause', () => {
    expect(setLimit(day, 0, NOW_MS)).toEqual(pause(day))
    expect(setFor(day, 0, HOUR_MS, NOW_MS)).toEqual(pauseFor(day, HOUR_MS, NOW_MS))
    expect(() => setAlternative(day, 0)).toThrow('The alternative limit cannot be 0: use pause.')
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 1e300])('refuses the limit %s', (limit) => {
    for (const set of [setLimit, (plan: LimitPlan, rate: number) => setFor(plan, rate, 1000, NOW_MS), setAlternative]) {
      expect(() => set(day, limit, NOW_MS)).toThrow(
        new RangeError('A limit is a whole number of bytes a second, or none.'),
      )
    }
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 0, -1])('refuses the duration %s', (durationMs) => {
    expect(() => pauseFor(day, durationMs, NOW_MS)).toThrow(new RangeError('A timer needs a duration above 0.'))
    expect(() => setFor(day, 5000, durationMs, NOW_MS)).toThrow(RangeError)
  })
})

describe('the schedule of a plan', () => {
  it('is kept in canonical text, with its zone', () => {
    expect(day.schedule).toEqual({
      timetable: '08:00,1MB/s 14:00,pause 15:00,2MB/s 19:00,off',
      timeZone: 'Europe/Berlin',
      on: true,
    })
    const changed = setTimetable(setLimit(day, 9000, NOW_MS), '9:00,3M 10:00,off')
    expect(changed.ok && changed.value.schedule?.timeZone).toBe('Europe/Berlin')
    expect(changed.ok && changed.value.override).toBe(null)
    expect(setTimetable(day, null)).toEqual({ ok: true, value: { ...day, schedule: null } })
  })

  it('is switched off and on without being lost', () => {
    expect(held(switchSchedule(day, false), NOW_MS)).toEqual([500_000, 'manual', null])
    expect(switchSchedule(switchSchedule(day, false), true)).toEqual(day)
    expect(switchSchedule(DEFAULT_LIMIT_PLAN, true)).toBe(DEFAULT_LIMIT_PLAN)
  })

  it('is refused in one sentence', () => {
    const wrongDay = setTimetable(day, 'Mo-08:00,1M')
    expect(!wrongDay.ok && wrongDay.message).toContain('"Mo-08:00,1M" has the unknown day "Mo"')
    expect(setTimetable(day, '08:00,1M', 'Berlin')).toEqual({
      ok: false,
      message: '"Berlin" is not a time zone of this computer: write for example Europe/Berlin.',
    })
  })

  it('that cannot be read is passed over, and the reason can be shown', () => {
    const schedule = { timetable: '08:00,1M', timeZone: 'Mars/Olympus', on: true }
    const broken = { ...day, schedule }
    expect(held(broken, NOW_MS)).toEqual([500_000, 'manual', null])
    expect(held(setLimit(broken, 4000, NOW_MS), NOW_MS)).toEqual([4000, 'manual', null])
    expect(scheduleProblem(schedule)).toContain('"Mars/Olympus" is not a time zone')
    expect(scheduleProblem({ ...schedule, timetable: 'x:y', timeZone: null })).toContain('"x:y" is not an entry')
    expect(day.schedule && scheduleProblem(day.schedule)).toBe(null)
  })
})

describe('a scheduled pause', () => {
  it('is known before it begins', () => {
    expect(scheduledPauseWithin(day, NOW_MS)).toBe(NOW_MS + HOUR_MS)
    expect(scheduledPauseWithin(day, NOW_MS, HOUR_MS)).toBe(NOW_MS + HOUR_MS)
    expect(scheduledPauseWithin(day, NOW_MS, HOUR_MS - 1)).toBe(null)
    expect(scheduledPauseWithin(day, NOW_MS + 2 * HOUR_MS)).toBe(NOW_MS + 25 * HOUR_MS)
    expect(scheduledPauseWithin(day, NOW_MS + 90 * MINUTE_MS)).toBe(NOW_MS + 90 * MINUTE_MS)
    expect(scheduledPauseWithin(scheduled('Mon-08:00,0 Mon-09:00,off'), NOW_MS)).toBe(Date.parse('2026-11-23T07:00Z'))
  })

  it('is put off by a timed limit, and by the alternative for good', () => {
    expect(scheduledPauseWithin(setFor(day, 9000, 90 * MINUTE_MS, NOW_MS), NOW_MS)).toBe(NOW_MS + 90 * MINUTE_MS)
    expect(scheduledPauseWithin(setFor(day, 9000, 3 * HOUR_MS, NOW_MS), NOW_MS)).toBe(NOW_MS + 25 * HOUR_MS)
    expect(scheduledPauseWithin(setLimit(day, 9000, NOW_MS), NOW_MS)).toBe(NOW_MS + HOUR_MS)
    expect(scheduledPauseWithin(toggleAlternative(day), NOW_MS)).toBe(null)
  })

  it('never comes where the schedule has none', () => {
    expect(scheduledPauseWithin(DEFAULT_LIMIT_PLAN, NOW_MS)).toBe(null)
    expect(scheduledPauseWithin(scheduled('08:00,1M 19:00,off'), NOW_MS, Number.POSITIVE_INFINITY)).toBe(null)
  })
})

describe('a clock that jumps', () => {
  const timed = setFor(day, 3000, 30 * MINUTE_MS, NOW_MS)

  it('forward past the end ends a timer, and back again does not revive it once settled', () => {
    const after = settlePlan(timed, NOW_MS + DAY_MS)
    expect(after).toEqual(day)
    expect(held(after, NOW_MS + MINUTE_MS)).toEqual([1_000_000, 'schedule', 59])
  })

  it('back before its start restarts a timer with its own duration, and it then ends', () => {
    for (const backMs of [1, HOUR_MS, 3650 * DAY_MS]) {
      const thenMs = NOW_MS - backMs
      const settled = settlePlan(timed, thenMs)
      expect(held(timed, thenMs)).toEqual([3000, 'timed', 30])
      expect(held(settled, thenMs + 29 * MINUTE_MS)).toEqual([3000, 'timed', 1])
      expect(held(settled, thenMs + 30 * MINUTE_MS)[1]).toBe('schedule')
      const paused = settlePlan(pauseFor(day, 30 * MINUTE_MS, NOW_MS), thenMs)
      expect(held(paused, thenMs + 30 * MINUTE_MS)[1]).toBe('schedule')
    }
  })

  it('back ends an override at the next boundary of the clock as it is now', () => {
    const settled = settlePlan(setLimit(day, 9000, NOW_MS), NOW_MS - 10 * DAY_MS)
    expect(held(settled, NOW_MS - 10 * DAY_MS)).toEqual([9000, 'override', 60])
    expect(held(settled, NOW_MS - 10 * DAY_MS + HOUR_MS)).toEqual([0, 'schedule', 60])
  })

  it('leaves the very same plan when nothing is over', () => {
    expect(settlePlan(timed, NOW_MS + MINUTE_MS)).toBe(timed)
    expect(settlePlan(day, NOW_MS - DAY_MS)).toBe(day)
  })
})

describe('any plan on any clock', () => {
  const ms = fc.oneof(
    fc.integer({ min: NOW_MS - 2 * DAY_MS, max: NOW_MS + 2 * DAY_MS }),
    fc.constantFrom(0, -1, 8.64e15, -8.64e15, 1e300, -1e300),
  )
  const limit = fc.constantFrom(null, 0, 1024, 1_000_000)
  const plan: fc.Arbitrary<LimitPlan> = fc.record({
    manual: limit,
    alternative: fc.record({ limitBytesPerSecond: limit, on: fc.boolean() }),
    schedule: fc.constantFrom(null, day.schedule, { timetable: '?', timeZone: 'x', on: true }),
    override: fc.option(fc.record({ limitBytesPerSecond: limit, setAtMs: ms })),
    timed: fc.option(fc.record({ limitBytesPerSecond: limit, setAtMs: ms, untilMs: ms })),
    paused: fc.oneof(fc.boolean(), fc.record({ setAtMs: ms, untilMs: ms })),
  })

  it('has a limit whose end lies ahead, and settles once', () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: NOW_MS - DAY_MS, max: NOW_MS + DAY_MS }), (any, nowMs) => {
        const settled = settlePlan(any, nowMs)
        expect(settlePlan(settled, nowMs)).toBe(settled)
        const now = evaluatePlan(any, nowMs)
        expect(evaluatePlan(settled, nowMs)).toEqual(now)
        expect(evaluatePlan(restarted(settled), nowMs)).toEqual(now)
        if (now.untilMs !== null) expect(now.untilMs).toBeGreaterThan(nowMs)
        const pauseMs = scheduledPauseWithin(any, nowMs)
        if (pauseMs !== null) expect(evaluatePlan(settled, pauseMs).limitBytesPerSecond).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('keeps a timed limit no longer than its duration from any moment on, however the clock jumps', () => {
    const jumps = fc.array(fc.integer({ min: -400 * DAY_MS, max: 2 * DAY_MS }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(jumps, fc.integer({ min: 1, max: 100 }), (list, minutes) => {
        let nowMs = NOW_MS
        let current = setFor(day, 3000, minutes * MINUTE_MS, nowMs)
        for (const jump of list) {
          nowMs += jump
          current = settlePlan(current, nowMs)
          const { source, untilMs } = evaluatePlan(current, nowMs)
          if (source === 'timed')
            expect((untilMs ?? Number.POSITIVE_INFINITY) - nowMs).toBeLessThanOrEqual(minutes * MINUTE_MS)
        }
        expect(evaluatePlan(current, nowMs + minutes * MINUTE_MS).source).toBe('schedule')
      }),
    )
  })
})
