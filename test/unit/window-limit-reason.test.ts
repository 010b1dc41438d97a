import { describe, expect, it } from 'vitest'
import { bindingText, countdown, sourceText } from '../../src/renderer/limit-reason.ts'
import { parsePace, rateText } from '../../src/renderer/pace-form.ts'
import { untilClock } from '../../src/renderer/timers.ts'
import type { LimitPlan } from '../../src/shared/limit-plan.ts'
import { DEFAULT_LIMIT_PLAN } from '../../src/shared/limit-plan.ts'

const NOW_MS = new Date(2026, 10, 20, 14, 0).getTime()
const at = (hour: number, minute = 0, day = 20) => new Date(2026, 10, day, hour, minute).getTime()
const MINUTE_MS = 60_000

type Facts = Parameters<typeof bindingText>[0]
const facts = (part: Partial<Facts>): Facts => ({
  limitBytesPerSecond: 1e6,
  limitedBy: 'global',
  limitSource: 'manual',
  limitUntilMs: null,
  paused: false,
  quotaUntilMs: null,
  ...part,
})

describe('the chip', () => {
  it.each<[Partial<Facts>, string]>([
    [{}, 'limited by: your limit'],
    [{ limitSource: 'schedule', limitUntilMs: at(18) }, 'limited by: schedule until 18:00'],
    [{ limitSource: 'schedule', limitUntilMs: at(8, 0, 23) }, 'limited by: schedule until Mon 08:00'],
    [{ limitSource: 'override', limitUntilMs: at(18) }, 'limited by: your limit until 18:00'],
    [{ limitSource: 'timed', limitUntilMs: NOW_MS + 42 * MINUTE_MS }, 'limited by: 1 MB/s for 42 min more'],
    [{ limitSource: 'alternative' }, 'limited by: the alternative limit'],
    [{ limitedBy: 'destination' }, 'limited by: this destination'],
    [{ limitedBy: 'requests' }, 'limited by: requests per second'],
    [{ limitedBy: 'quota' }, 'limited by: a quota'],
    [{ limitedBy: 'quota', quotaUntilMs: at(18) }, 'limited by: quota until 18:00'],
    [{ limitedBy: 'transfer' }, 'limited by: a transfer’s own limit'],
    [{ limitedBy: 'server', limitBytesPerSecond: null }, 'limited by: the server asked for less'],
    [{ limitedBy: 'nothing' }, 'not limited at the moment'],
    [{ limitedBy: 'nothing', limitBytesPerSecond: null }, 'no limit'],
    [{ paused: true, limitedBy: 'paused', limitSource: 'paused' }, 'paused'],
    [
      { paused: true, limitedBy: 'paused', limitSource: 'paused', limitUntilMs: NOW_MS + 30 * MINUTE_MS },
      'paused for 30 min more',
    ],
    [{ paused: true, limitSource: 'schedule', limitUntilMs: at(18) }, 'paused by the schedule until 18:00'],
  ])('names what binds: %o', (part, text) => {
    expect(bindingText(facts(part), NOW_MS)).toBe(text)
  })
})

describe('the line under the limit', () => {
  const timed = facts({ limitSource: 'timed', limitUntilMs: NOW_MS + 90 * MINUTE_MS })
  const lineUnder = (plan: Partial<LimitPlan>) => sourceText(timed, { ...DEFAULT_LIMIT_PLAN, ...plan }, NOW_MS)

  it('says what comes after a timed limit', () => {
    expect(lineUnder({ manual: 5e6 })).toBe('For 1 h 30 min more, then 5 MB/s')
    expect(lineUnder({})).toBe('For 1 h 30 min more, then unlimited')
    expect(lineUnder({ alternative: { limitBytesPerSecond: 2e6, on: true } })).toBe('For 1 h 30 min more, then 2 MB/s')
    const schedule = { timetable: '3MB/s', timeZone: null, on: true }
    expect(lineUnder({ schedule })).toBe('For 1 h 30 min more, then the schedule')
    expect(lineUnder({ schedule: { ...schedule, on: false }, manual: 5e6 })).toBe('For 1 h 30 min more, then 5 MB/s')
  })

  it('is silent about a limit that the slider shows', () => {
    expect(sourceText(facts({}), DEFAULT_LIMIT_PLAN, NOW_MS)).toBeNull()
  })
})

it('counts down in whole minutes, and in seconds at the end', () => {
  expect(countdown(30 * MINUTE_MS)).toBe('30 min')
  expect(countdown(30 * MINUTE_MS - 1)).toBe('30 min')
  expect(countdown(2 * 60 * MINUTE_MS)).toBe('2 h')
  expect(countdown(59_001)).toBe('60 s')
  expect(countdown(-5)).toBe('0 s')
})

it('takes "until" as the next time the clock shows it', () => {
  expect(untilClock('18:30', NOW_MS)).toBe(at(18, 30) - NOW_MS)
  expect(untilClock('13:59', NOW_MS)).toBe(at(13, 59, 21) - NOW_MS)
  expect(untilClock('14:00', NOW_MS)).toBe(at(14, 0, 21) - NOW_MS)
  expect(untilClock('', NOW_MS)).toBeNull()
})

describe('the limits of a destination', () => {
  const pace = (limit: string, requestsPerSecond = '', filesPerSecond = '') =>
    parsePace({ limit, requestsPerSecond, filesPerSecond })

  it('are read from text, an empty field being none', () => {
    expect(pace('40 Mb/s', '10', '.5 /s')).toEqual({
      ok: true,
      value: { limitBytesPerSecond: 5e6, requestsPerSecond: 10, filesPerSecond: 0.5 },
    })
    expect(pace(' ')).toEqual({
      ok: true,
      value: { limitBytesPerSecond: null, requestsPerSecond: null, filesPerSecond: null },
    })
  })

  it('are refused in one sentence that names the field', () => {
    for (const text of ['0', '-1', '1e3', 'many', '1,5', '2000000']) {
      const refused = pace('', text)
      expect(refused).toMatchObject({ ok: false, message: expect.stringMatching(/^Requests per second: ".*\.$/) })
    }
    expect(pace('5 XB')).toMatchObject({ ok: false, message: expect.stringContaining('"XB"') })
  })

  it('are shown as text that reads back to the byte', () => {
    expect(rateText(5e6)).toBe('5 MB/s')
    expect(rateText(1_234_567)).toBe('1234567 B/s')
    expect(rateText(null)).toBe('')
  })
})
