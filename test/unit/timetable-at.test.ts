import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { limitAt, nextBoundaryMs } from '../../src/main/flow/timetable-at.ts'
import { firstReachedMs, isTimeZone } from '../../src/main/flow/zone-time.ts'
import type { Timetable } from '../../src/shared/timetable.ts'
import { MINUTES_PER_WEEK, parseTimetable } from '../../src/shared/timetable.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

function table(text: string): Timetable {
  const parsed = parseTimetable(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.value
}

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString().replace(':00.000Z', 'Z'))

/** `[limit, since, until]`, times in UTC. */
function at(text: string, time: string, timeZone: string | null) {
  const { limitBytesPerSecond, sinceMs, untilMs } = limitAt(table(text), Date.parse(time), timeZone)
  return [limitBytesPerSecond, iso(sinceMs), iso(untilMs)]
}

describe('the limit of a timetable at a moment', () => {
  // 2026-11-20 is a Friday; Berlin is at UTC+1.
  it.each([
    ['within a day', '08:00,1M 19:00,off', '2026-11-20T12:00Z', 1e6, '2026-11-20T07:00Z', '2026-11-20T18:00Z'],
    ['at the boundary', '08:00,1M 19:00,off', '2026-11-20T18:00Z', null, '2026-11-20T18:00Z', '2026-11-21T07:00Z'],
    ['just before it', '08:00,1M 19:00,off', '2026-11-20T17:59:59.999Z', 1e6, '2026-11-20T07:00Z', '2026-11-20T18:00Z'],
    ['across midnight', '22:00,off 06:00,1M', '2026-11-20T23:30Z', null, '2026-11-20T21:00Z', '2026-11-21T05:00Z'],
    ['at midnight', '00:00,1M 12:00,off', '2026-11-20T23:00Z', 1e6, '2026-11-20T23:00Z', '2026-11-21T11:00Z'],
    ['Sunday to Monday', 'Sun-20:00,0 Mon-06:00,1M', '2026-11-22T23:30Z', 0, '2026-11-22T19:00Z', '2026-11-23T05:00Z'],
    [
      'before the first entry',
      'Wed-08:00,1M Fri-08:00,off',
      '2026-11-23T12:00Z',
      null,
      '2026-11-20T07:00Z',
      '2026-11-25T07:00Z',
    ],
    [
      'a gap of nearly a week',
      'Mon-08:00,1M Mon-09:00,off',
      '2026-11-22T12:00Z',
      null,
      '2026-11-16T08:00Z',
      '2026-11-23T07:00Z',
    ],
    [
      'entries that change nothing',
      '08:00,1M 12:00,1M 19:00,off',
      '2026-11-20T11:30Z',
      1e6,
      '2026-11-20T07:00Z',
      '2026-11-20T18:00Z',
    ],
    ['always', '1M', '2026-11-20T11:30Z', 1e6, null, null],
    ['always, written daily', '08:00,1M 19:00,1M', '2026-11-20T11:30Z', 1e6, null, null],
  ])('%s', (_, text, time, limit, since, until) => {
    expect(at(text, time, 'Europe/Berlin')).toEqual([limit, since, until])
  })

  it.each([
    // Berlin skips 02:00–03:00 at 01:00Z on 29 March, and repeats it at 01:00Z on 25 October.
    ['Europe/Berlin', '02:30,1M 12:00,off', '2026-03-29T00:59:59Z', null, '2026-03-28T11:00Z', '2026-03-29T01:00Z'],
    ['Europe/Berlin', '02:30,1M 12:00,off', '2026-03-29T01:00Z', 1e6, '2026-03-29T01:00Z', '2026-03-29T10:00Z'],
    [
      'Europe/Berlin',
      '02:10,1M 02:50,2M 12:00,off',
      '2026-03-29T01:00Z',
      2e6,
      '2026-03-29T01:00Z',
      '2026-03-29T10:00Z',
    ],
    ['Europe/Berlin', '03:00,1M 12:00,off', '2026-03-29T00:30Z', null, '2026-03-28T11:00Z', '2026-03-29T01:00Z'],
    ['Europe/Berlin', '02:30,1M 12:00,off', '2026-10-25T00:29Z', null, '2026-10-24T10:00Z', '2026-10-25T00:30Z'],
    ['Europe/Berlin', '02:30,1M 12:00,off', '2026-10-25T01:10Z', 1e6, '2026-10-25T00:30Z', '2026-10-25T11:00Z'],
    ['Europe/Berlin', '02:30,1M 02:45,0 12:00,off', '2026-10-25T01:35Z', 0, '2026-10-25T00:45Z', '2026-10-25T11:00Z'],
    ['Europe/Berlin', '03:00,1M 12:00,off', '2026-10-25T01:30Z', null, '2026-10-24T10:00Z', '2026-10-25T02:00Z'],
    // New York: 07:00Z on 8 March, 06:00Z on 1 November.
    ['America/New_York', '02:15,1M 12:00,off', '2026-03-08T07:00Z', 1e6, '2026-03-08T07:00Z', '2026-03-08T16:00Z'],
    ['America/New_York', '01:30,1M 12:00,off', '2026-11-01T06:15Z', 1e6, '2026-11-01T05:30Z', '2026-11-01T17:00Z'],
    // Lord Howe moves by half an hour, from 02:00 to 02:30 and back to 01:30.
    ['Australia/Lord_Howe', '02:15,1M 12:00,off', '2026-10-03T15:29Z', null, '2026-10-03T01:30Z', '2026-10-03T15:30Z'],
    ['Australia/Lord_Howe', '02:15,1M 12:00,off', '2026-10-03T15:30Z', 1e6, '2026-10-03T15:30Z', '2026-10-04T01:00Z'],
    ['Australia/Lord_Howe', '01:45,1M 12:00,off', '2027-04-03T15:05Z', 1e6, '2027-04-03T14:45Z', '2027-04-04T01:30Z'],
    // Samoa had no 30 December 2011.
    ['Pacific/Apia', '08:00,1M 19:00,off', '2011-12-30T10:00Z', null, '2011-12-30T10:00Z', '2011-12-30T18:00Z'],
  ])('%s, %s at %s', (zone, text, time, limit, since, until) => {
    expect(at(text, time, zone)).toEqual([limit, since, until])
  })

  const changes = [
    ['Europe/Berlin', '2026-03-29T01:00Z'],
    ['Europe/Berlin', '2026-10-25T01:00Z'],
    ['America/New_York', '2026-03-08T07:00Z'],
    ['America/New_York', '2026-11-01T06:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
    ['Australia/Lord_Howe', '2027-04-03T15:00Z'],
    ['Asia/Kathmandu', '2026-11-20T00:00Z'],
  ] as const

  it.each(changes)('agrees with someone who watches the clock of %s around %s', (zone, time) => {
    const changeMs = Date.parse(time)
    const startMs = changeMs - 9 * DAY_MS
    const readings = readClock(zone, startMs, changeMs + 2 * DAY_MS)
    const nearMinute = fc.integer({ min: -200, max: 200 })
    const slotNear = nearMinute.map((offset) => {
      const local = readings[9 * 1440 + offset] ?? 0
      return minuteOfWeek(local + offset)
    })
    const slots = fc.uniqueArray(
      fc.record({
        minuteOfWeek: fc.oneof(slotNear, fc.nat(MINUTES_PER_WEEK - 1)),
        limitBytesPerSecond: fc.constantFrom(null, 0, 1, 2, 3),
      }),
      { selector: (slot) => slot.minuteOfWeek, minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(slots, fc.array(nearMinute, { minLength: 5 }), (unsorted, offsets) => {
        const timetable = unsorted.sort((a, b) => a.minuteOfWeek - b.minuteOfWeek)
        const seen = watch(timetable, readings)
        for (const offset of offsets) {
          const index = 9 * 1440 + offset
          const now = limitAt(timetable, startMs + index * MINUTE_MS + 30_000, zone)
          expect(now.limitBytesPerSecond).toBe(seen[index])
          if (now.untilMs === null || now.sinceMs === null) continue
          expect(limitAt(timetable, now.sinceMs, zone)).toEqual(now)
          expect(limitAt(timetable, now.untilMs - 1, zone)).toEqual(now)
          expect(limitAt(timetable, now.untilMs, zone).sinceMs).toBe(now.untilMs)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('has boundaries that strictly rise, through years of clock changes', () => {
    const timetable = table('02:15,1M 02:45,off Sun-01:30,0')
    for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe']) {
      let atMs = Date.parse('2026-01-01T00:00Z')
      for (let step = 0; step < 800; step++) {
        const nextMs = nextBoundaryMs(timetable, atMs, zone) ?? 0
        expect(nextMs).toBeGreaterThan(atMs)
        expect(nextMs - atMs).toBeLessThan(2 * DAY_MS)
        atMs = nextMs
      }
    }
  })

  it('does not crash at the ends of time, and refuses a time that is no number', () => {
    const timetable = table('08:00,1M 19:00,off')
    for (const wallMs of [Number.POSITIVE_INFINITY, -1e300, 8.64e15, -8.64e15, 0, -1]) {
      expect([1_000_000, null]).toContain(limitAt(timetable, wallMs, 'Europe/Berlin').limitBytesPerSecond)
    }
    expect(() => limitAt(timetable, Number.NaN, 'Europe/Berlin')).toThrow(RangeError)
    expect(() => limitAt(timetable, 0, 'Nowhere/Land')).toThrow(RangeError)
    expect(limitAt([], 0)).toEqual({ limitBytesPerSecond: null, sinceMs: null, untilMs: null })
  })
})

describe('the zone', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('is the system’s when none is named', () => {
    vi.stubEnv('TZ', 'Asia/Tokyo')
    expect(at('08:00,1M 19:00,off', '2026-11-20T05:00Z', null)).toEqual([1e6, '2026-11-19T23:00Z', '2026-11-20T10:00Z'])
    vi.stubEnv('TZ', 'America/New_York')
    expect(at('08:00,1M 19:00,off', '2026-11-20T05:00Z', null)).toEqual([
      null,
      '2026-11-20T00:00Z',
      '2026-11-20T13:00Z',
    ])
  })

  it('is checked by name', () => {
    expect(['Europe/Berlin', 'UTC', '+01:00', '', 'Nowhere/Land', 'Europe'].map(isTimeZone)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('reaches later readings no earlier, through a clock change', () => {
    for (const [zone, day] of [
      ['Europe/Berlin', '2026-03-29'],
      ['Europe/Berlin', '2026-10-25'],
      ['Pacific/Apia', '2011-12-30'],
    ] as const) {
      let lastMs = 0
      for (let minute = -1440; minute < 2880; minute++) {
        const reachedMs = firstReachedMs(Date.parse(`${day}T00:00Z`) + minute * MINUTE_MS, zone)
        expect(reachedMs).toBeGreaterThanOrEqual(lastMs)
        lastMs = reachedMs
      }
    }
  })
})

/** What the zone's clock shows at each minute, in minutes since 1970 of its own reading. */
function readClock(timeZone: string, startMs: number, endMs: number): number[] {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  const readings: number[] = []
  for (let ms = startMs; ms < endMs; ms += MINUTE_MS) {
    readings.push(Date.parse(`${clock.format(ms).replace(' ', 'T')}Z`) / MINUTE_MS)
  }
  return readings
}

/** Minute of the week of a reading: 1970-01-05 was a Monday. */
function minuteOfWeek(reading: number): number {
  return (((reading - 4 * 1440) % MINUTES_PER_WEEK) + MINUTES_PER_WEEK) % MINUTES_PER_WEEK
}

/** The limit in each minute, for someone who acts on every entry the first time the clock shows it or more. */
function watch(timetable: Timetable, readings: readonly number[]): (number | null)[] {
  const limits = new Map(timetable.map((slot) => [slot.minuteOfWeek, slot.limitBytesPerSecond]))
  let limit = timetable.at(-1)?.limitBytesPerSecond ?? null
  let highest = (readings[0] ?? 0) - 1
  return readings.map((reading) => {
    for (; highest < reading; highest++) {
      const set = limits.get(minuteOfWeek(highest + 1))
      if (set !== undefined) limit = set
    }
    return limit
  })
}
