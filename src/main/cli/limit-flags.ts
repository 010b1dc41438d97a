import { formatTimetable, parseTimetable } from '../../shared/timetable.ts'
import { formatDuration, formatRate, formatRateBits, parseDuration, parseRate } from '../../shared/units.ts'
import type { LimitKeeper } from '../app/limit-keeper.ts'
import type { Values } from './flags.ts'
import { must, nonEmpty, Usage } from './flags.ts'

/** What the flags say about the limit. */
export interface LimitFlags {
  /** undefined: not said; null is unlimited. */
  readonly limitBytesPerSecond: number | null | undefined
  /** How long that limit holds; null is for good. */
  readonly forMs: number | null
  readonly schedule: ScheduleFlags | null
}

export interface ScheduleFlags {
  /** Canonical: it says what was understood. */
  readonly timetable: string
  /** As written, so perhaps no zone at all; null is the system's. */
  readonly timeZone: string | null
}

/** Reads `--limit`, `--for`, `--schedule` and `--time-zone`, and refuses what cannot stand together. */
export function readLimit(values: Values): LimitFlags {
  const limit = text(values, 'limit')
  const duration = text(values, 'for')
  const timetable = text(values, 'schedule')
  const timeZone = nonEmpty(values, 'time-zone')
  if (duration !== null && limit === null) throw new Usage('--for says how long a --limit holds: give both')
  if (timeZone !== null && timetable === null) throw new Usage('--time-zone is that of a --schedule: give both')
  if (limit !== null && timetable !== null && duration === null) {
    throw new Usage('--limit and --schedule both set the limit: leave one out, or say --for how long the --limit holds')
  }
  const forMs = duration === null ? null : must(parseDuration(duration), '--for')
  if (forMs === 0) throw new Usage('--for needs a duration above 0')
  return {
    limitBytesPerSecond: limit === null ? undefined : must(parseRate(limit), '--limit'),
    forMs,
    schedule:
      timetable === null
        ? null
        : { timetable: formatTimetable(must(parseTimetable(timetable), '--schedule')), timeZone },
  }
}

/** @throws BadInput with one sentence for a time zone that is none */
export async function applyLimit(keeper: LimitKeeper, limit: LimitFlags): Promise<void> {
  const { limitBytesPerSecond, forMs, schedule } = limit
  if (schedule !== null) await keeper.change({ kind: 'timetable', ...schedule })
  if (limitBytesPerSecond === undefined) return
  if (forMs === null) await keeper.setLimit(limitBytesPerSecond)
  else await keeper.change({ kind: 'for', limitBytesPerSecond, durationMs: forMs })
}

/** For people: what the flags were understood to mean, a line each, so that a wrong unit is seen at once. */
export function understoodLines({ limitBytesPerSecond, forMs, schedule }: LimitFlags): readonly string[] {
  const zone = schedule?.timeZone ?? "this computer's time"
  return [
    ...(limitBytesPerSecond === undefined ? [] : [limitLine(limitBytesPerSecond, forMs)]),
    ...(schedule === null ? [] : [`Schedule: ${schedule.timetable} (${zone})`]),
  ]
}

/** `Limit: 625 KB/s = 5 Mb/s, for 1h`. */
export function limitLine(limitBytesPerSecond: number | null, forMs: number | null = null): string {
  const bits = limitBytesPerSecond === null ? '' : ` = ${formatRateBits(limitBytesPerSecond)}`
  const time = forMs === null ? '' : `, for ${formatDuration(forMs)}`
  return `Limit: ${formatRate(limitBytesPerSecond)}${bits}${time}`
}

function text(values: Values, flag: string): string | null {
  const value = values[flag]
  return typeof value === 'string' ? value : null
}
