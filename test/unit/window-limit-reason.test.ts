import { describe, expect, it } from 'vitest'
import type { Named } from '../../src/renderer/limit-reason.ts'
import { bindingText, countdown, sourceText } from '../../src/renderer/limit-reason.ts'
import { parsePace, rateText } from '../../src/renderer/pace-form.ts'
import { untilClock } from '../../src/renderer/timers.ts'
import type { LimitPlan } from '../../src/shared/limit-plan.ts'
import { DEFAULT_LIMIT_PLAN } from '../../src/shared/limit-plan.ts'
import type { QuotaView } from '../../src/shared/settings.ts'

const NOW_MS = new Date(2026, 10, 20, 14, 0).getTime()
const at = (hour: number, minute = 0, day = 20) => new Date(2026, 10, day, hour, minute).getTime()
const MINUTE_MS = 60_000

type Facts = Parameters<typeof bindingText>[0]
const QUOTA: QuotaView = {
  name: '20 GB per day',
  text: '20 GB per day',
  unit: 'bytes',
  amount: 20e9,
  windowMs: 86_400_000,
  mode: 'spread',
  destinationId: null,
  used: 12e9,
  left: 8e9,
  blockedUntilMs: null,
}
const NAMED: Named = { destinations: [{ id: 'archive', name: 'Archive' }], quotas: [QUOTA] }
const NOBODY: Named = { destinations: [], quotas: [] }
const facts = (part: Partial<Facts>): Facts => ({
  limitBytesPerSecond: 1e6,
  limitedBy: 'global',
  limitSource: 'manual',
  limitUntilMs: null,
  paused: false,
  quotaUntilMs: null,
  limitedTransfer: { name: 'reel.mov', destinationId: 'archive' },
  slowness: { cause: 'none' },
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
    [{ limitedBy: 'destination' }, 'limited by: the limit of Archive'],
    [{ limitedBy: 'requests' }, 'limited by: requests per second of Archive'],
    [{ limitedBy: 'quota' }, 'limited by: quota 20 GB per day, 8 GB left'],
    [{ limitedBy: 'quota', quotaUntilMs: at(18) }, 'limited by: quota 20 GB per day, 8 GB left, until 18:00'],
    [{ limitedBy: 'transfer' }, 'limited by: the limit of reel.mov'],
    [{ limitedBy: 'server', limitBytesPerSecond: null }, 'limited by: Archive asked for less'],
    [{ limitedBy: 'nothing' }, 'not limited at the moment'],
    [{ limitedBy: 'nothing', slowness: { cause: 'network' } }, 'limited by: the network'],
    [{ limitedBy: 'nothing', slowness: { cause: 'small-files' } }, 'limited by: many small files'],
    [{ limitedBy: 'nothing', limitBytesPerSecond: null }, 'no limit'],
    [{ paused: true, limitedBy: 'paused', limitSource: 'paused' }, 'paused'],
    [
      { paused: true, limitedBy: 'paused', limitSource: 'paused', limitUntilMs: NOW_MS + 30 * MINUTE_MS },
      'paused for 30 min more',
    ],
    [{ paused: true, limitSource: 'schedule', limitUntilMs: at(18) }, 'paused by the schedule until 18:00'],
  ])('names what binds: %o', (part, text) => {
    expect(bindingText(facts(part), NAMED, NOW_MS)).toBe(text)
  })

  it('names the quota that is used up before one that is spread', () => {
    const used = { ...QUOTA, name: 'calls', unit: 'requests', mode: 'stop', left: 0, blockedUntilMs: at(18) } as const
    const quota = facts({ limitedBy: 'quota', quotaUntilMs: at(18) })
    expect(bindingText(quota, { ...NAMED, quotas: [QUOTA, used] }, NOW_MS)).toBe(
      'limited by: quota calls, 0 left, until 18:00',
    )
  })

  it.each<[Partial<Facts>, string]>([
    [{ limitedBy: 'destination' }, 'limited by: a destination’s limit'],
    [{ limitedBy: 'transfer', limitedTransfer: null }, 'limited by: a transfer’s own limit'],
    [{ limitedBy: 'quota', quotaUntilMs: at(18) }, 'limited by: quota until 18:00'],
  ])('says what it can while names are not known: %o', (part, text) => {
    expect(bindingText(facts(part), NOBODY, NOW_MS)).toBe(text)
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
