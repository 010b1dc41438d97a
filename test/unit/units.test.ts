import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatRate,
  formatRateBits,
  parseDuration,
  parseRate,
  parseSize,
} from '../../src/shared/units.ts'

describe('parseRate', () => {
  it.each<[string, number | null]>([
    ['unlimited', null],
    ['Off', null],
    ['Unlimited', null],
    ['2048', 2048],
    ['2048 B', 2048],
    ['5 MB/s', 5_000_000],
    ['5MB/s', 5_000_000],
    ['5 MB', 5_000_000],
    ['5M', 5_000_000],
    ['600 KB/s', 600_000],
    ['600 kB/s', 600_000],
    ['600k', 600_000],
    ['600K', 600_000],
    ['2G', 2e9],
    ['1 TB/s', 1e12],
    ['1 KiB/s', 1024],
    ['1MiB/s', 1_048_576],
    ['1.5 MiB', 1_572_864],
    ['1 GiB/s', 1_073_741_824],
    ['5 Mb/s', 625_000],
    ['100 Kb/s', 12_500],
    ['1 Gb', 125_000_000],
    ['80000 b/s', 10_000],
    ['100 kbit', 12_500],
    ['100 Kbit/s', 12_500],
    ['8 Mbit/s', 1_000_000],
    ['1 Gbit', 125_000_000],
    ['64 kbps', 8_000],
    ['40 Mbps', 5_000_000],
    ['1Gbps', 125_000_000],
    ['600 MB/min', 10_000_000],
    ['36 GB/h', 10_000_000],
    ['864 GB/day', 10_000_000],
    ['.5 MB/s', 500_000],
    [' 5\u00a0MB / s ', 5_000_000],
  ])('reads %j as %j', (text, value) => {
    expect(parseRate(text)).toEqual({ ok: true, value })
  })

  it.each<[string, RegExp]>([
    ['5 mb', /write MB for bytes or Mb for bits/],
    ['5mb/s', /write MB for bytes or Mb for bits/],
    ['5 kb', /write KB for bytes or Kb for bits/],
    ['5 gb/s', /write GB for bytes or Gb for bits/],
    ['5 mbps', /write MB for bytes or Mb for bits/],
    ['5 MBPS', /write MB for bytes or Mb for bits/],
    ['5 m', /write MB for bytes or Mb for bits/],
    ['5 mib', /write MiB for bytes or Mb for bits/],
    ['5 Mib', /write MiB for bytes or Mb for bits/],
    ['0', /use pause/],
    ['0 MB/s', /use pause/],
    ['1023', /lowest limit is 1 KiB\/s/],
    ['1 KB/s', /lowest limit is 1 KiB\/s/],
    ['0.0001', /lowest limit is 1 KiB\/s/],
    ['2 TB/s', /highest limit is 1 TB\/s/],
    ['-1', /negative/],
    ['-5 MB/s', /negative/],
    ['1,5 MB/s', /use a point/],
    ['1,000', /use a point/],
    ['NaN', /not a rate/],
    ['Infinity', /"unlimited"/],
    ['1e400', /exponent/],
    ['1e6', /exponent/],
    ['9'.repeat(400), /too large/],
    ['10 XB/s', /unknown unit "XB"/],
    ['10 Mips', /unknown unit/],
    ['10 MB/week', /unknown time/],
    ['10 Mbps/s', /names the time twice/],
    ['', /missing/],
    ['   ', /missing/],
    ['MB/s', /not a rate/],
    ['5 MB/s please', /not a rate/],
    ['5 5 MB', /not a rate/],
    ['0x10', /unknown unit|not a rate/],
    ['1.2.3 MB', /not a rate/],
  ])('refuses %j in one sentence', (text, reason) => {
    const parsed = parseRate(text)
    expect(parsed.ok).toBe(false)
    if (parsed.ok) return
    expect(parsed.message).toMatch(reason)
    expect(parsed.message).not.toMatch(/\n/)
    expect(parsed.message.length).toBeLessThan(160)
  })

  it('takes or refuses any text without throwing, and never gives less than the floor', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d.]{1,6} ?[kKmMGT]?i?[bB]?(ps|\/s|\/min)?$/)), (text) => {
        const parsed = parseRate(text)
        if (!parsed.ok) return parsed.message.length > 0
        return parsed.value === null || (Number.isInteger(parsed.value) && parsed.value >= 1024 && parsed.value <= 1e12)
      }),
    )
  })
})

describe('parseSize', () => {
  it.each<[string, number]>([
    ['0', 0],
    ['8MiB', 8_388_608],
    ['8 MiB', 8_388_608],
    ['64 MB', 64_000_000],
    ['5G', 5e9],
    ['1TiB', 1_099_511_627_776],
    ['64 Mb', 8_000_000],
  ])('reads %j as %d bytes', (text, value) => {
    expect(parseSize(text)).toEqual({ ok: true, value })
  })

  it.each<[string, RegExp]>([
    ['8 MB/s', /a rate, not a size/],
    ['8 Mbps', /a rate, not a size/],
    ['8 mb', /write MB for bytes or Mb for bits/],
    ['unlimited', /not a size/],
    ['Infinity', /not a size/],
    ['-8MiB', /negative/],
    ['99999 TiB', /too large/],
  ])('refuses %j', (text, reason) => {
    expect(parseSize(text)).toEqual({ ok: false, message: expect.stringMatching(reason) })
  })
})

describe('parseDuration', () => {
  it.each<[string, number]>([
    ['30s', 30_000],
    ['5m', 300_000],
    ['5 min', 300_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1h 30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['250ms', 250],
    ['0s', 0],
  ])('reads %j as %d ms', (text, value) => {
    expect(parseDuration(text)).toEqual({ ok: true, value })
  })

  it.each<[string, RegExp]>([
    ['30', /no unit/],
    ['', /missing/],
    ['-5m', /negative/],
    ['1,5h', /use a point/],
    ['5 weeks', /unknown unit "weeks"/],
    ['NaN', /not a duration/],
    ['1h-5m', /not a duration/],
    ['soon', /not a duration/],
    ['1000d', /too long/],
  ])('refuses %j', (text, reason) => {
    expect(parseDuration(text)).toEqual({ ok: false, message: expect.stringMatching(reason) })
  })
})

describe('what people read', () => {
  it.each<[number | null, string, string]>([
    [null, 'unlimited', 'unlimited'],
    [0, '0 B/s', '0 b/s'],
    [999, '999 B/s', '7.99 Kb/s'],
    [1024, '1.02 KB/s', '8.19 Kb/s'],
    [600_000, '600 KB/s', '4.8 Mb/s'],
    [999_499, '999 KB/s', '8 Mb/s'],
    [999_950, '1 MB/s', '8 Mb/s'],
    [5_000_000, '5 MB/s', '40 Mb/s'],
    [12_345_678, '12.3 MB/s', '98.8 Mb/s'],
    [125_000_000, '125 MB/s', '1 Gb/s'],
  ])('shows %j bytes a second as %s and %s', (rate, bytes, bits) => {
    expect(formatRate(rate)).toBe(bytes)
    expect(formatRateBits(rate)).toBe(bits)
  })

  it('shows a rate that reads back within the three digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2000, max: 9e11 }), (rate) => {
        for (const shown of [formatRate(rate), formatRateBits(rate)]) {
          const parsed = parseRate(shown)
          if (!parsed.ok || parsed.value === null || Math.abs(parsed.value - rate) > rate * 0.0051 + 1) return false
        }
        return true
      }),
    )
  })

  it('keeps very large sizes in TB', () => {
    expect(formatBytes(48.8 * 1024 ** 4)).toBe('53.7 TB')
    expect(formatBytes(5e15)).toBe('5000 TB')
  })

  it.each<[number, string]>([
    [0, '0s'],
    [20, '<1s'],
    [42_000, '42s'],
    [303_000, '5m 3s'],
    [300_000, '5m'],
    [3_600_000, '1h'],
    [5_400_000, '1h 30m'],
    [3_605_000, '1h'],
    [187_200_000, '2d 4h'],
  ])('shows %d ms as %s', (ms, shown) => {
    expect(formatDuration(ms)).toBe(shown)
  })
})
