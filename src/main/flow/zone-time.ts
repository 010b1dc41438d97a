/**
 * The wall clock of a named time zone, by way of `Intl`: no table of our own, no dependency, and right as soon as the
 * runtime's zone data is.
 */

const HOUR_MS = 3_600_000
/** The last moment that a `Date` can hold. */
export const MAX_DATE_MS = 8.64e15

const formatters = new Map<string, Intl.DateTimeFormat>()

/** An IANA name such as `Europe/Berlin`, or a fixed offset such as `+01:00`. Never throws. */
export function isTimeZone(name: string): boolean {
  try {
    formatterOf(name)
    return true
  } catch {
    return false
  }
}

/**
 * How far the zone's clock is ahead of UTC at that moment, in milliseconds; `null` is the system's zone, which may
 * change while the program runs. Costs about 1.2 µs. Throws `RangeError` for an unknown zone.
 */
export function zoneOffsetMs(atMs: number, timeZone: string | null): number {
  const moment = Math.max(-MAX_DATE_MS, Math.min(MAX_DATE_MS, atMs))
  if (timeZone === null) return -new Date(moment).getTimezoneOffset() * 60_000
  const text = formatterOf(timeZone).format(moment)
  const match = /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(text)
  const [, sign, hours = 0, minutes = 0, seconds = 0] = match ?? []
  const ahead = Number(hours) * HOUR_MS + Number(minutes) * 60_000 + Number(seconds) * 1000
  return sign === '-' ? -ahead : ahead
}

/**
 * The first moment (epoch ms) at which the zone's clock shows `localMs` or later, where `localMs` is that reading
 * written as if it were UTC. So a reading that the clock skips is reached when the clock jumps,
 * and of a reading that comes twice the first one counts. Never falls as `localMs` rises.
 */
export function firstReachedMs(localMs: number, timeZone: string | null): number {
  // Zones lie between UTC-12 and UTC+14, so the moment itself and any change that moves it are in here.
  let beforeMs = localMs - 16 * HOUR_MS
  let afterMs = localMs + 14 * HOUR_MS
  const earlier = zoneOffsetMs(beforeMs, timeZone)
  const later = zoneOffsetMs(afterMs, timeZone)
  if (earlier === later) return localMs - earlier

  while (afterMs - beforeMs > 1000) {
    const middleMs = beforeMs + Math.floor((afterMs - beforeMs) / 2000) * 1000
    if (zoneOffsetMs(middleMs, timeZone) === earlier) beforeMs = middleMs
    else afterMs = middleMs
  }
  const reachedMs = localMs - earlier
  return reachedMs < afterMs ? reachedMs : Math.max(afterMs, localMs - later)
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', year: 'numeric' })
  formatters.set(timeZone, made)
  return made
}
