import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { QuotaAmount } from '../../src/main/flow/quota-text.ts'
import { formatQuota, parseQuota } from '../../src/main/flow/quota-text.ts'

const HOUR = 3_600_000
const DAY = 86_400_000

describe('a quota in words', () => {
  const read: readonly [string, QuotaAmount, string][] = [
    ['20 GB/day', { amount: 20e9, unit: 'bytes', windowMs: DAY }, '20 GB per day'],
    ['20GB per day', { amount: 20e9, unit: 'bytes', windowMs: DAY }, '20 GB per day'],
    ['1.5 TB per 30 days', { amount: 1.5e12, unit: 'bytes', windowMs: 30 * DAY }, '1.5 TB per 30d'],
    ['5 GiB / 12h', { amount: 5 * 2 ** 30, unit: 'bytes', windowMs: 12 * HOUR }, '5.37 GB per 12h'],
    ['500 000 requests per hour', { amount: 500_000, unit: 'requests', windowMs: HOUR }, '500 000 requests per hour'],
    ['500k requests/h', { amount: 500_000, unit: 'requests', windowMs: HOUR }, '500 000 requests per hour'],
    ['1 file/min', { amount: 1, unit: 'files', windowMs: 60_000 }, '1 file per minute'],
    ['2.5M records per week', { amount: 2_500_000, unit: 'records', windowMs: 7 * DAY }, '2 500 000 records per week'],
    ['90 Files / 1h30m', { amount: 90, unit: 'files', windowMs: 1.5 * HOUR }, '90 files per 1h 30m'],
  ]
  for (const [text, value, shown] of read) {
    it(`reads "${text}"`, () => {
      expect(parseQuota(text)).toEqual({ ok: true, value })
      expect(formatQuota(value)).toBe(shown)
    })
  }

  const refused: readonly [string, RegExp][] = [
    ['0 GB/day', /^A quota of 0 would stop everything for ever: use pause\.$/],
    ['0 requests per hour', /^A quota of 0 would stop everything/],
    ['-5 GB/day', /negative/],
    ['-5 files/day', /^"-5 files" is not a number of files: /],
    ['20 GB', /^"20 GB" names no window: /],
    ['20 GB per', /unknown window/],
    ['20 GB/month', /^"20 GB\/month" has the unknown window "month": /],
    ['20 gb/day', /two ways/],
    ['5 00 requests/day', /not a number of requests/],
    ['1,000 files/day', /not a number of files/],
    ['NaN files/day', /^"NaN files" is not a number of files: /],
    ['1e400 bytes/day', /exponent/],
    ['1e3 files/day', /not a number of files/],
    ['requests/day', /not a number of requests/],
    ['99999999999999999999 files/day', /whole number/],
    ['100 files/s', /a window of a minute or more/],
    ['1 TB per 500 days', /a year or less/],
    ['', /^"" names no window: /],
  ]
  for (const [text, message] of refused) {
    it(`refuses "${text}" in one sentence`, () => {
      const parsed = parseQuota(text)
      expect(parsed.ok).toBe(false)
      expect(parsed.ok ? '' : parsed.message).toMatch(message)
      expect(parsed.ok ? '' : parsed.message).toMatch(/^[A-Z"][^\n]*\.$/)
    })
  }

  it('never throws, and reads back what it writes of counts', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseQuota(text)))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e12 }),
        fc.constantFrom('requests' as const, 'files' as const, 'records' as const),
        fc.constantFrom(60_000, HOUR, 90 * 60_000, DAY, 30 * DAY),
        (amount, unit, windowMs) => {
          expect(parseQuota(formatQuota({ amount, unit, windowMs }))).toEqual({
            ok: true,
            value: { amount, unit, windowMs },
          })
        },
      ),
    )
  })
})
