/**
 * Rates, sizes and durations as people write and read them: one grammar for the window, the
 * command line and the settings.
 *
 * Number + unit, space optional. `B KB MB GB TB` and bare `k M G T` are powers of 1000 bytes, `KiB MiB GiB TiB`
 * of 1024, `b Kb Mb Gb kbit Mbit Gbit kbps Mbps Gbps` bits; a bare number is bytes. A rate may end in `/s`, `/min`,
 * `/h` or `/day`. Spellings that people read in two ways, such as `mb`, are refused with both readings named.
 */

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string }

/** The lowest limit that can be kept without a server giving up on a silent connection. */
export const MIN_LIMIT_BYTES_PER_SECOND = 1024
/** Above this a limit limits nothing; the contract's schema has the same bound. */
const MAX_LIMIT_BYTES_PER_SECOND = 1e12
const MAX_DURATION_MS = 365 * 86_400_000

const RATE_EXAMPLES = 'write for example 5 MB/s, 600 KB/s or 40 Mb/s'
const SIZE_EXAMPLES = 'write for example 8 MiB or 64 MB'
const DURATION_EXAMPLES = 'write for example 30s, 5m or 1h30m'

const POWERS = ['', 'k', 'M', 'G', 'T'] as const
const PER_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  h: 3600,
  hour: 3600,
  d: 86_400,
  day: 86_400,
}
const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
}

/** A limit in bytes per second, whole; null is `unlimited`, or `off` as in timetables. Never throws. */
export function parseRate(text: string): Parsed<number | null> {
  const trimmed = text.trim()
  if (/^(unlimited|off|∞)$/i.test(trimmed)) return { ok: true, value: null }
  const amount = parseAmount(trimmed, 'rate')
  if (!amount.ok) return amount
  const bytesPerSecond = Math.round(amount.value)
  if (amount.value === 0) return refuse('a limit of 0 would stop everything: use pause')
  if (bytesPerSecond < MIN_LIMIT_BYTES_PER_SECOND) {
    return refuse(`${quote(text)} is too low: the lowest limit is 1 KiB/s (1024 bytes a second)`)
  }
  if (bytesPerSecond > MAX_LIMIT_BYTES_PER_SECOND) {
    return refuse(`${quote(text)} is too high: the highest limit is 1 TB/s, and "unlimited" takes the limit away`)
  }
  return { ok: true, value: bytesPerSecond }
}

/** A size in bytes, whole, 0 allowed. Never throws. */
export function parseSize(text: string): Parsed<number> {
  const amount = parseAmount(text.trim(), 'size')
  if (!amount.ok) return amount
  const bytes = Math.round(amount.value)
  return bytes <= Number.MAX_SAFE_INTEGER ? { ok: true, value: bytes } : refuse(`${quote(text)} is too large a size`)
}

/** A duration in milliseconds: `30s`, `5m`, `1h30m`, `2d`, `1.5h`. Never throws. */
export function parseDuration(text: string): Parsed<number> {
  const trimmed = text.trim()
  const wrong = badNumber(trimmed, 'duration', DURATION_EXAMPLES)
  if (wrong !== null) return refuse(wrong)
  if (/^[\d.]+$/.test(trimmed)) return refuse(`${quote(text)} has no unit: ${DURATION_EXAMPLES}`)
  const piece = /(\d+(?:\.\d+)?)\s*([a-z]+)\s*/giy
  let totalMs = 0
  let end = 0
  for (const match of trimmed.matchAll(piece)) {
    const unitMs = DURATION_MS[(match[2] ?? '').toLowerCase()]
    if (unitMs === undefined)
      return refuse(`${quote(text)} has the unknown unit ${quote(match[2] ?? '')}: ${DURATION_EXAMPLES}`)
    totalMs += Number(match[1]) * unitMs
    end = match.index + match[0].length
  }
  if (end === 0 || end < trimmed.length) return refuse(`${quote(text)} is not a duration: ${DURATION_EXAMPLES}`)
  if (totalMs > MAX_DURATION_MS) return refuse(`${quote(text)} is too long: at most 365d`)
  return { ok: true, value: Math.round(totalMs) }
}

/** `5 MB/s`: three significant digits, powers of 1000; null is `unlimited`. */
export function formatRate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? 'unlimited' : `${formatBytes(bytesPerSecond)}/s`
}

/** `40 Mb/s`: the same rate in bits; null is `unlimited`. */
export function formatRateBits(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? 'unlimited' : `${scaled(bytesPerSecond * 8, 'b')}/s`
}

/** `1.5 GB`: three significant digits, powers of 1000. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 'B')
}

/** `42s`, `5m 3s`, `1h 30m`, `2d 4h`: the two largest units, which `parseDuration` reads back. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds === 0) return ms > 0 ? '<1s' : '0s'
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const pieces: [number, string][] = [
    [days, 'd'],
    [hours, 'h'],
    [minutes, 'm'],
    [seconds % 60, 's'],
  ]
  const first = pieces.findIndex(([count]) => count > 0)
  return pieces
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ')
}

/** Bytes (for a rate: per second) as written, not yet rounded. */
function parseAmount(text: string, what: 'rate' | 'size'): Parsed<number> {
  const examples = what === 'rate' ? RATE_EXAMPLES : SIZE_EXAMPLES
  const wrong = badNumber(text, what, examples)
  if (wrong !== null) return refuse(wrong)
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*(?:\/\s*([a-z]+))?$/i.exec(text)
  if (match === null) return refuse(`${quote(text)} is not a ${what}: ${examples}`)
  const [, digits = '', unitText = '', per] = match
  const unit = readUnit(unitText, examples)
  if (!unit.ok) return refuse(`${quote(text)} ${unit.message}`)
  const timed = unit.value.perSecond || per !== undefined
  if (what === 'size' && timed) return refuse(`${quote(text)} is a rate, not a size: ${examples}`)
  if (unit.value.perSecond && per !== undefined) return refuse(`${quote(text)} names the time twice: ${examples}`)
  const seconds = per === undefined ? 1 : PER_SECONDS[per.toLowerCase()]
  if (seconds === undefined) {
    return refuse(`${quote(text)} has the unknown time ${quote(`/${per}`)}: use /s, /min, /h or /day`)
  }
  const amount = (Number(digits) * unit.value.bytes) / seconds
  return Number.isFinite(amount) ? { ok: true, value: amount } : refuse(`${quote(text)} is too large a number`)
}

/** One sentence for the ways in which a number itself is wrong, or null. */
function badNumber(text: string, what: string, examples: string): string | null {
  if (text === '') return `a ${what} is missing: ${examples}`
  if (/^[-−]\s*[\d.]/.test(text)) return `${quote(text)} is negative: ${examples}`
  if (/^[-+−]?inf/i.test(text) && what === 'rate') return `${quote(text)} is not a rate: write "unlimited" for no limit`
  if (/^\d*[.]?\d*,\d/.test(text)) return `${quote(text)} has a comma: use a point, such as 1.5, and no other separator`
  if (/^[\d.]+e[-+]?\d/i.test(text)) return `${quote(text)} has an exponent: write the number in plain digits`
  return null
}

interface Unit {
  readonly bytes: number
  /** The unit itself says "a second", as `Mbps` does. */
  readonly perSecond: boolean
}

/**
 * Case carries meaning only in b against B. Where the case of the whole is sloppy (`mb`, `MBPS`) it cannot be
 * trusted to carry it, and the spelling is refused. A refusal is a clause that follows the quoted text.
 */
function readUnit(text: string, examples: string): Parsed<Unit> {
  const wrong = (clause: string): Parsed<Unit> => ({ ok: false, message: clause })
  const match = /^([kmgt]?)(i?)(bytes?|bits?|b?)(ps)?$/i.exec(text)
  if (match === null) return wrong(`has the unknown unit ${quote(text)}: ${examples}`)
  const [, prefix = '', binary = '', base = '', ps = ''] = match
  const power = POWERS.findIndex((name) => name.toLowerCase() === prefix.toLowerCase())
  const big = prefix === 'k' ? 'k' : prefix.toUpperCase()
  const spelledOut = base.length > 1
  const sloppyPrefix = prefix !== big
  if ((binary !== '' && (prefix === '' || base === '')) || (ps !== '' && base === '')) {
    return wrong(`has the unknown unit ${quote(text)}: ${examples}`)
  }
  const lazyLower = base !== 'B' && (sloppyPrefix || text === 'kb')
  if (!spelledOut && prefix !== '' && (lazyLower || ps === 'PS' || (base === 'b' && binary !== ''))) {
    const capital = prefix.toUpperCase()
    const bytesUnit = `${capital}${binary === '' ? '' : 'i'}B`
    return wrong(`can be read in two ways: write ${bytesUnit} for bytes or ${capital}b for bits`)
  }
  const isBits = spelledOut ? /^bit/i.test(base) : base === 'b'
  const bytes = (binary === '' ? 1000 : 1024) ** power / (isBits ? 8 : 1)
  return { ok: true, value: { bytes, perSecond: ps !== '' } }
}

function scaled(value: number, unit: string): string {
  let amount = value
  let power = 0
  while (power < POWERS.length - 1 && Number(amount.toPrecision(3)) >= 1000) {
    amount /= 1000
    power += 1
  }
  const shown = Number(amount.toPrecision(3)) >= 1000 ? Math.round(amount) : Number(amount.toPrecision(3))
  return `${power === 0 ? Math.round(shown) : shown} ${(POWERS[power] ?? '').toUpperCase()}${unit}`
}

/** The text in quotation marks, on one line and cut to 40 characters, for the sentence of an error. */
export function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would break the one line of a message
  const shown = text.replace(/[\u0000-\u001f\u007f]/g, '?')
  return `"${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}"`
}

function refuse(clause: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message: `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.` }
}
