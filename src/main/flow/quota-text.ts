import type { Parsed } from '../../shared/units.ts'
import { formatBytes, formatDuration, parseDuration, parseSize, quote } from '../../shared/units.ts'
import type { QuotaUnit } from './quota-snapshot.ts'
import { QUOTA_UNITS } from './quota-snapshot.ts'

/** What `parseQuota` reads; name and mode are chosen beside it. */
export interface QuotaAmount {
  readonly amount: number
  readonly unit: QuotaUnit
  readonly windowMs: number
}

const EXAMPLES = 'write for example 20 GB/day, 500 000 requests per hour or 1000 files / 12h'
const MINUTE_MS = 60_000
const LONGEST_WINDOW_MS = 366 * 86_400_000
const COUNT_SCALES: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 }
/** Per second and unit: below it a connection falls silent, or waits for a quarter of an hour. */
export const SLOWEST_SPREAD: Readonly<Record<QuotaUnit, number>> = {
  bytes: 512,
  requests: 1 / 900,
  files: 1 / 900,
  records: 1 / 900,
}
const WINDOW_MS: Readonly<Record<string, number>> = {
  second: 1000,
  sec: 1000,
  s: 1000,
  minute: MINUTE_MS,
  min: MINUTE_MS,
  m: MINUTE_MS,
  hour: 3_600_000,
  h: 3_600_000,
  day: 86_400_000,
  d: 86_400_000,
  week: 604_800_000,
  w: 604_800_000,
}

/**
 * A quota as people write it: an amount, `/` or `per`, a window. The amount is a size (`20 GB`, any spelling that
 * `parseSize` reads) or a count of `requests`, `files` or `records` (`500 000`, `500k`); the window is `hour`, `day`, `week`
 * or a duration (`12h`, `30 days`). Never throws.
 */
export function parseQuota(text: string): Parsed<QuotaAmount> {
  const shown = quote(text)
  const match = /^(.*?)\s*(?:\/|\bper\b)\s*(.*)$/i.exec(text.trim())
  if (match === null) return refuse(`${shown} names no window: ${EXAMPLES}`)
  const [, amountText = '', windowText = ''] = match
  const amount = parseAmount(amountText)
  if (!amount.ok) return amount
  const windowMs = parseWindow(windowText)
  if (windowMs === null) return refuse(`${shown} has the unknown window ${quote(windowText)}: ${EXAMPLES}`)
  const problem = quotaProblem(amount.value.amount, windowMs)
  if (problem !== null) return { ok: false, message: problem }
  return { ok: true, value: { ...amount.value, windowMs } }
}

/** `20 GB per day`, `500 000 requests per hour`, which `parseQuota` reads back. */
export function formatQuota(quota: QuotaAmount): string {
  const amount =
    quota.unit === 'bytes'
      ? formatBytes(quota.amount)
      : `${grouped(quota.amount)} ${unitName(quota.unit, quota.amount)}`
  const names = { minute: MINUTE_MS, hour: 3_600_000, day: 86_400_000, week: 604_800_000 }
  const named = Object.entries(names).find(([, ms]) => ms === quota.windowMs)?.[0]
  return `${amount} per ${named ?? formatDuration(quota.windowMs)}`
}

/** Why there can be no such quota, in one sentence, or null. */
export function quotaProblem(amount: number, windowMs: number): string | null {
  if (amount === 0) return 'A quota of 0 would stop everything for ever: use pause.'
  if (!(Number.isSafeInteger(amount) && amount > 0)) {
    return `A quota must be a whole number above 0, not ${amount}.`
  }
  if (!(windowMs >= MINUTE_MS)) return 'A quota needs a window of a minute or more: for less, set a limit per second.'
  if (windowMs > LONGEST_WINDOW_MS) return 'A quota needs a window of a year or less.'
  return null
}

/** Why this quota cannot be spread evenly over its window, in one sentence; null when it can, or is not to be. */
export function spreadProblem({ mode, ...quota }: QuotaAmount & { readonly mode: 'stop' | 'spread' }): string | null {
  const perSecond = quota.amount / (quota.windowMs / 1000)
  if (mode === 'stop' || perSecond >= SLOWEST_SPREAD[quota.unit] * 1.05) return null
  const slowest = quota.unit === 'bytes' ? '512 bytes a second' : 'one in 15 minutes'
  return `${formatQuota(quota)} is less than ${slowest} when it is spread evenly: let it stop when it is used up instead.`
}

function parseAmount(text: string): Parsed<{ amount: number; unit: QuotaUnit }> {
  const counted = /^(.*?)\s*\b(requests?|files?|records?)$/i.exec(text)
  if (counted === null) {
    const size = parseSize(text)
    return size.ok ? { ok: true, value: { amount: size.value, unit: 'bytes' } } : size
  }
  const [, number = '', name = ''] = counted
  const unit = QUOTA_UNITS.find((known) => known === name.toLowerCase() || known === `${name.toLowerCase()}s`)
  const [, digits = '', scaleText = ''] = /^([\d.\s]*?)\s*([a-z]?)$/i.exec(number) ?? []
  const plain = digits.replace(/(?<=\d)\s(?=\d{3}(?!\d))/g, '')
  const scale = COUNT_SCALES[scaleText] ?? COUNT_SCALES[scaleText.toUpperCase()]
  if (!/^(\d+(\.\d+)?|\.\d+)$/.test(plain) || scale === undefined || unit === undefined) {
    return refuse(`${quote(text)} is not a number of ${unit ?? name}: ${EXAMPLES}`)
  }
  return { ok: true, value: { amount: Math.round(Number(plain) * scale), unit } }
}

function parseWindow(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)?\s*([a-z]+?)s?$/i.exec(text)
  const unitMs = WINDOW_MS[(match?.[2] ?? '').toLowerCase()]
  if (unitMs !== undefined) return Number(match?.[1] ?? 1) * unitMs
  const duration = parseDuration(text)
  return duration.ok ? duration.value : null
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ')
}

function unitName(unit: QuotaUnit, count: number): string {
  return count === 1 ? unit.slice(0, -1) : unit
}

function refuse(clause: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message: `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.` }
}
