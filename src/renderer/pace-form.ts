import type { Destination } from '../shared/destination.ts'
import type { Parsed } from '../shared/units.ts'
import { formatRate, parseRate, quote } from '../shared/units.ts'
import { strings } from './strings.ts'

/** What a destination is held to, as text while it is edited; an empty field is no limit. */
export interface PaceForm {
  readonly limit: string
  readonly requestsPerSecond: string
  readonly filesPerSecond: string
}

type Pace = Destination['pace']

/** The contract's bounds on requests and files per second. */
const LOWEST_PER_SECOND = 0.01
const HIGHEST_PER_SECOND = 1e6

export function paceFormOf(pace: Pace): PaceForm {
  const { limitBytesPerSecond, requestsPerSecond, filesPerSecond } = pace
  return {
    limit: rateText(limitBytesPerSecond),
    requestsPerSecond: requestsPerSecond?.toString() ?? '',
    filesPerSecond: filesPerSecond?.toString() ?? '',
  }
}

/** One sentence for the first field that cannot be read. */
export function parsePace(form: PaceForm): Parsed<Pace> {
  const labels = strings.destinationDialog
  const limit = form.limit.trim() === '' ? { ok: true as const, value: null } : parseRate(form.limit)
  if (!limit.ok) return limit
  const requests = parsePerSecond(form.requestsPerSecond, labels.requestsPerSecond)
  if (!requests.ok) return requests
  const files = parsePerSecond(form.filesPerSecond, labels.filesPerSecond)
  if (!files.ok) return files
  return {
    ok: true,
    value: { limitBytesPerSecond: limit.value, requestsPerSecond: requests.value, filesPerSecond: files.value },
  }
}

/** A limit as the text of a field that reads it back to the byte; '' is no limit. */
export function rateText(limitBytesPerSecond: number | null): string {
  if (limitBytesPerSecond === null) return ''
  const short = formatRate(limitBytesPerSecond)
  const read = parseRate(short)
  return read.ok && read.value === limitBytesPerSecond ? short : `${limitBytesPerSecond} B/s`
}

function parsePerSecond(text: string, label: string): Parsed<number | null> {
  const trimmed = text.trim().replace(/\s*\/\s*s$/, '')
  if (trimmed === '') return { ok: true, value: null }
  const value = /^(\d+(\.\d*)?|\.\d+)$/.test(trimmed) ? Number(trimmed) : Number.NaN
  if (value >= LOWEST_PER_SECOND && value <= HIGHEST_PER_SECOND) return { ok: true, value }
  return { ok: false, message: strings.destinationDialog.badPerSecond(label, quote(text)) }
}
