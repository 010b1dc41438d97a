/**
 * The weekly timetable of limits, in the syntax of rclone's `--bwlimit`: `Mon-08:00,512k 12:00,10M 19:00,off`.
 *
 * Entries are `day-HH:MM,rate`, separated by spaces, semicolons or lines. An entry without a day counts for every day,
 * and an entry for one day takes its place on that day. An entry holds until the next one, across
 * midnight and from Sunday to Monday. A rate alone means always.
 *
 * Rates follow `parseRate`, not rclone: `512k` is 512 000 bytes a second (rclone: 512 KiB), a bare number is bytes
 * (rclone: KiB), `off` takes the limit away, and `0` or `pause` stops (rclone: 0 is unlimited). `formatTimetable`
 * spells the units out, so show its text to people: it says what was understood.
 */

import type { Parsed } from './units.ts'
import { parseRate, quote } from './units.ts'

/** From this local minute on, the limit holds: bytes per second, null is unlimited, 0 is paused. */
export interface TimetableSlot {
  /** Minutes since Monday 00:00 of the zone's clock, 0 to 10 079. */
  readonly minuteOfWeek: number
  readonly limitBytesPerSecond: number | null
}

/** One week, in rising order of `minuteOfWeek`, each at most once. An empty one limits nothing. */
export type Timetable = readonly TimetableSlot[]

export const MINUTES_PER_DAY = 1440
export const MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const
const EXAMPLE = 'write for example "Mon-08:00,512k 12:00,10M 19:00,off"'
/** A whole week of one-minute entries fits; a file pasted by mistake does not. */
const MAX_TEXT_LENGTH = 300_000

interface Entry {
  readonly text: string
  /** Monday is 0; null is every day. */
  readonly day: number | null
  readonly minuteOfDay: number
  readonly limitBytesPerSecond: number | null
}

/**
 * Reads a timetable. Never throws; a refusal is one sentence that names the entry.
 *
 * ```ts
 * const table = parseTimetable('08:00,512k 19:00,off Sun-08:00,off')
 * if (table.ok) formatTimetable(table.value) // '08:00,512KB/s 19:00,off Sun-08:00,off'
 * ```
 */
export function parseTimetable(text: string): Parsed<Timetable> {
  if (text.length > MAX_TEXT_LENGTH) return refuse('The timetable is too long to be one week.')
  const entries = splitEntries(text)
  const [first] = entries
  if (first === undefined) return refuse(`A timetable is missing: ${EXAMPLE}, or one rate alone for always.`)
  if (entries.length === 1 && !/:|^[a-z]+-/i.test(first)) {
    const always = parseLimit(first)
    return always.ok ? { ok: true, value: [{ minuteOfWeek: 0, limitBytesPerSecond: always.value }] } : always
  }
  const byTime = new Map<string, Entry>()
  for (const entryText of entries) {
    const entry = parseEntry(entryText)
    if (!entry.ok) return entry
    const key = `${entry.value.day} ${entry.value.minuteOfDay}`
    const other = byTime.get(key)
    if (other !== undefined) {
      return refuse(`Two entries set the same time, ${quote(other.text)} and ${quote(entryText)}: keep one of them.`)
    }
    byTime.set(key, entry.value)
  }
  return { ok: true, value: expand([...byTime.values()]) }
}

/**
 * The canonical text, which `parseTimetable` reads back to the same slots as long as limits are ones that it accepts.
 * What all seven days share is one entry without a day, then follow the days' own entries.
 */
export function formatTimetable(timetable: Timetable): string {
  const [first] = timetable
  if (first === undefined) return 'off'
  if (timetable.length === 1 && first.minuteOfWeek === 0) return limitText(first.limitBytesPerSecond)

  const byTime = Map.groupBy(timetable, (slot) => slot.minuteOfWeek % MINUTES_PER_DAY)
  const daily: string[] = []
  const common = new Map<number, number | null>()
  for (const minuteOfDay of [...byTime.keys()].sort((a, b) => a - b)) {
    const slots = byTime.get(minuteOfDay) ?? []
    if (slots.length < DAYS.length) continue
    const limit = mostFrequent(slots.map((slot) => slot.limitBytesPerSecond))
    common.set(minuteOfDay, limit)
    daily.push(`${timeText(minuteOfDay)},${limitText(limit)}`)
  }
  const ownDays = timetable
    .filter((slot) => common.get(slot.minuteOfWeek % MINUTES_PER_DAY) !== slot.limitBytesPerSecond)
    .map(({ minuteOfWeek, limitBytesPerSecond }) => {
      const day = DAYS[Math.floor(minuteOfWeek / MINUTES_PER_DAY)]?.slice(0, 3) ?? ''
      return `${day}-${timeText(minuteOfWeek % MINUTES_PER_DAY)},${limitText(limitBytesPerSecond)}`
    })
  return [...daily, ...ownDays].join(' ')
}

/** Words belong to the entry before them (`08:00,5 MB/s` is two) unless they begin one: a colon, or a day. */
function splitEntries(text: string): string[] {
  const entries: string[] = []
  for (const word of text.split(/[\s;]+/)) {
    if (word === '') continue
    const last = entries.at(-1)
    if (last === undefined || word.includes(':') || /^[a-z]+[-,]/i.test(word)) entries.push(word)
    else entries[entries.length - 1] = `${last} ${word}`
  }
  return entries
}

function parseEntry(text: string): Parsed<Entry> {
  const match = /^(?:([^\d:,]*)-)?(\d{1,2}):(\d\d) ?,(.*)$/s.exec(text)
  if (match === null) {
    return refuse(`${quote(text)} is not an entry of a timetable, which is a time, a comma and a rate: ${EXAMPLE}.`)
  }
  const [, dayText, hourText, minuteText, rateText = ''] = match
  const day = dayText === undefined ? null : dayOf(dayText)
  if (day === -1) {
    const names = DAYS.map((name) => name.slice(0, 3)).join(', ')
    return refuse(`${quote(text)} has the unknown day ${quote(dayText ?? '')}: write one of ${names}, or none for all.`)
  }
  const [hour, minute] = [Number(hourText), Number(minuteText)]
  if (hour > 23 || minute > 59) return refuse(`${quote(text)} has no valid time: times go from 00:00 to 23:59.`)
  const limit = parseLimit(rateText.trim())
  if (!limit.ok) return refuse(`In the entry ${quote(text)}: ${limit.message}`)
  return { ok: true, value: { text, day, minuteOfDay: hour * 60 + minute, limitBytesPerSecond: limit.value } }
}

function parseLimit(text: string): Parsed<number | null> {
  if (/^off$/i.test(text)) return { ok: true, value: null }
  if (/^(0|paused?)$/i.test(text)) return { ok: true, value: 0 }
  if (text.includes(':')) return refuse(`${quote(text)} sets two directions: write the rate of uploads alone.`)
  return parseRate(text)
}

/** Monday is 0; -1 is no day. */
function dayOf(text: string): number {
  const name = text.toLowerCase()
  return DAYS.findIndex((day) => day.toLowerCase() === name || day.slice(0, 3).toLowerCase() === name)
}

/** Every day's entries first, so that a day's own take their place. */
function expand(entries: readonly Entry[]): Timetable {
  const limits = new Map<number, number | null>()
  for (const { day, minuteOfDay, limitBytesPerSecond } of entries) {
    if (day !== null) continue
    for (let each = 0; each < DAYS.length; each++) limits.set(each * MINUTES_PER_DAY + minuteOfDay, limitBytesPerSecond)
  }
  for (const { day, minuteOfDay, limitBytesPerSecond } of entries) {
    if (day !== null) limits.set(day * MINUTES_PER_DAY + minuteOfDay, limitBytesPerSecond)
  }
  return [...limits]
    .map(([minuteOfWeek, limitBytesPerSecond]) => ({ minuteOfWeek, limitBytesPerSecond }))
    .sort((a, b) => a.minuteOfWeek - b.minuteOfWeek)
}

/** The first of the most frequent. */
function mostFrequent(limits: readonly (number | null)[]): number | null {
  let best: readonly (number | null)[] = []
  for (const equal of Map.groupBy(limits, (limit) => limit).values()) if (equal.length > best.length) best = equal
  return best[0] ?? null
}

function timeText(minuteOfDay: number): string {
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** Exact, other than `formatRate`: the largest unit that needs at most two decimals, or none of 1024. */
function limitText(limit: number | null): string {
  if (limit === null) return 'off'
  if (limit === 0) return 'pause'
  for (let power = 4; power > 0; power--) {
    const prefix = 'KMGT'.charAt(power - 1)
    const hundredths = limit / 10 ** (3 * power - 2)
    if (Number.isInteger(hundredths) && hundredths >= 100) return `${hundredths / 100}${prefix}B/s`
    if (limit % 1024 ** power === 0) return `${limit / 1024 ** power}${prefix}iB/s`
  }
  return `${limit}B/s`
}

function refuse(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message }
}
