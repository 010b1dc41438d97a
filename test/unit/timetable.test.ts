import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Timetable } from '../../src/shared/timetable.ts'
import { formatTimetable, MINUTES_PER_WEEK, parseTimetable } from '../../src/shared/timetable.ts'
import { GRID_CELLS, gridOf, timetableFromGrid } from '../../src/shared/timetable-grid.ts'

/** Canonical text, or the sentence of a refusal. */
function understood(text: string): string {
  const parsed = parseTimetable(text)
  return parsed.ok ? formatTimetable(parsed.value) : parsed.message
}

function slotsOf(text: string): Timetable {
  const parsed = parseTimetable(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.value
}

const anyLimit = fc.oneof(
  fc.constantFrom(null, 0, 1024, 512_000, 524_288, 1_500_000, 1_048_576, 1e12),
  fc.integer({ min: 1024, max: 1e12 }),
)
/** Few times of day and few limits, so that days share entries. */
const anyTimetable: fc.Arbitrary<Timetable> = fc
  .uniqueArray(
    fc.record({
      minuteOfWeek: fc.oneof(
        fc.integer({ min: 0, max: MINUTES_PER_WEEK - 1 }),
        fc.tuple(fc.nat(6), fc.constantFrom(0, 480, 1439)).map(([day, minute]) => day * 1440 + minute),
      ),
      limitBytesPerSecond: fc.oneof(fc.constantFrom(null, 0, 1_000_000), anyLimit),
    }),
    { selector: (slot) => slot.minuteOfWeek, minLength: 1, maxLength: 40 },
  )
  .map((slots) => slots.sort((a, b) => a.minuteOfWeek - b.minuteOfWeek))

describe('a timetable as text', () => {
  it.each([
    ['Mon-08:00,512k 12:00,10M 19:00,off', '12:00,10MB/s 19:00,off Mon-08:00,512KB/s'],
    ['08:00,5 MB/s; sunday-8:00,OFF\n19:00,pause', '08:00,5MB/s 19:00,pause Sun-08:00,off'],
    ['08:00,5MiB/s 09:00,5 MB/s 10:00,600k 11:00,40 Mb/s', '08:00,5MiB/s 09:00,5MB/s 10:00,600KB/s 11:00,5MB/s'],
    ['22:00,off 06:00,512k', '06:00,512KB/s 22:00,off'],
    ['08:00,1234567', '08:00,1234567B/s'],
    ['08:00, 1.25 MB / s', '08:00,1.25MB/s'],
    ['  512k ', '512KB/s'],
    ['unlimited', 'off'],
    ['0', 'pause'],
    ['Mon-00:00,1M', '1MB/s'],
  ])('reads %j as %j', (text, canonical) => {
    expect(understood(text)).toBe(canonical)
  })

  it.each([
    ['', 'A timetable is missing: '],
    [' ; \n', 'A timetable is missing: '],
    ['08:00,1M Mon-25:00,512k', '"Mon-25:00,512k" has no valid time: times go from 00:00 to 23:59.'],
    ['24:00,1M', '"24:00,1M" has no valid time: '],
    ['08:60,1M', '"08:60,1M" has no valid time: '],
    ['Mo-08:00,1M', '"Mo-08:00,1M" has the unknown day "Mo": '],
    ['Mon-Fri-08:00,1M', '"Mon-Fri-08:00,1M" has the unknown day "Mon-Fri": '],
    ['08:00 512k', '"08:00 512k" is not an entry of a timetable, '],
    ['Mon 08:00,1M', '"Mon" is not an entry of a timetable, '],
    ['08:00,5 mb', 'In the entry "08:00,5 mb": "5 mb" can be read in two ways: '],
    ['08:00,1M 12:00,1,5M', 'In the entry "12:00,1,5M": "1,5M" has a comma: '],
    ['08:00,-1M', 'In the entry "08:00,-1M": "-1M" is negative: '],
    ['08:00,512', 'In the entry "08:00,512": "512" is too low: '],
    ['08:00,1e400', 'In the entry "08:00,1e400": "1e400" has an exponent: '],
    ['08:00,NaN', 'In the entry "08:00,NaN": "NaN" is not a rate: '],
    ['08:00,', 'In the entry "08:00,": A rate is missing: '],
    ['08:00,10M:1M', 'In the entry "08:00,10M:1M": "10M:1M" sets two directions: '],
    ['08:00,1M 8:00,2M', 'Two entries set the same time, "08:00,1M" and "8:00,2M": keep one of them.'],
    ['Mon-08:00,1M Monday-08:00,1M', 'Two entries set the same time, "Mon-08:00,1M" and "Monday-08:00,1M": '],
    ['5', '"5" is too low: '],
    ['-5M', '"-5M" is negative: '],
  ])('refuses %j in one sentence', (text, sentence) => {
    expect(parseTimetable(text).ok).toBe(false)
    expect(understood(text).slice(0, sentence.length)).toBe(sentence)
    expect(understood(text)).toMatch(/^[^\n]+\.$/)
  })

  it('refuses what is far too long to be a week', () => {
    expect(understood('08:00,1M '.repeat(40_000))).toBe('The timetable is too long to be one week.')
  })

  it('repeats an entry without a day on all seven, where the entry of one day takes its place', () => {
    const slots = slotsOf('Sun-08:00,off 08:00,1M')
    expect(slots).toHaveLength(7)
    expect(slots[0]).toEqual({ minuteOfWeek: 480, limitBytesPerSecond: 1_000_000 })
    expect(slots[6]).toEqual({ minuteOfWeek: 6 * 1440 + 480, limitBytesPerSecond: null })
  })

  it('keeps every slot through its canonical text', () => {
    fc.assert(
      fc.property(anyTimetable, (timetable) => {
        expect(slotsOf(formatTimetable(timetable))).toEqual(timetable)
      }),
    )
  })

  it('answers a timetable or one sentence for any text', () => {
    const pieces = fc.array(
      fc.constantFrom(
        'Mon',
        'sunday',
        '-',
        ':',
        ',',
        ' ',
        ';',
        '08',
        '8',
        '00',
        '5M',
        '512k',
        'off',
        '0',
        '\n',
        '\0',
        '∞',
      ),
      { maxLength: 24 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          pieces.map((list) => list.join('')),
        ),
        (text) => {
          const parsed = parseTimetable(text)
          if (!parsed.ok) {
            expect(parsed.message).toMatch(/^[^\n\0]+\.$/)
            return
          }
          const minutes = parsed.value.map((slot) => slot.minuteOfWeek)
          expect(minutes).toEqual([...new Set(minutes)].sort((a, b) => a - b))
          expect(slotsOf(formatTimetable(parsed.value))).toEqual(parsed.value)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('a timetable as a grid', () => {
  it('becomes the fewest entries that paint it', () => {
    const office = Array.from({ length: GRID_CELLS }, (_, cell) =>
      cell < 240 && cell % 48 >= 18 && cell % 48 < 34 ? 1024 : null,
    )
    const made = timetableFromGrid(office)
    expect(made.ok && formatTimetable(made.value)).toBe(
      ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'].map((day) => `${day}-09:00,1KiB/s ${day}-17:00,off`).join(' '),
    )
    const always = timetableFromGrid(office.map(() => 5_000_000))
    expect(always.ok && formatTimetable(always.value)).toBe('5MB/s')
  })

  it('comes back as it was painted', () => {
    const runs = fc.array(fc.tuple(fc.constantFrom(null, 0, 1024, 1_000_000), fc.integer({ min: 1, max: 100 })), {
      minLength: 1,
    })
    fc.assert(
      fc.property(runs, (lengths) => {
        const grid = lengths.flatMap(([limit, length]) => new Array<number | null>(length).fill(limit))
        while (grid.length < GRID_CELLS) grid.push(...grid)
        const cells = grid.slice(0, GRID_CELLS)
        const made = timetableFromGrid(cells)
        expect(made.ok && gridOf(made.value)).toEqual({ cells, exact: true })
      }),
    )
  })

  it('says when an entry falls within a half hour', () => {
    const { cells, exact } = gridOf(slotsOf('08:15,1M 19:00,off'))
    expect(exact).toBe(false)
    expect(cells.slice(15, 18)).toEqual([null, null, 1_000_000])
    expect(cells[0]).toBe(null)
  })

  it.each([
    [new Array<null>(335).fill(null), 'A week has 336 half hours, and this grid has 335.'],
    [[...new Array<null>(335).fill(null), Number.NaN], 'Half hour 336 of the grid has no valid limit.'],
    [[-1, ...new Array<null>(335).fill(null)], 'Half hour 1 of the grid has no valid limit.'],
  ])('refuses a grid that is no week (%#)', (grid, message) => {
    expect(timetableFromGrid(grid)).toEqual({ ok: false, message })
  })
})
