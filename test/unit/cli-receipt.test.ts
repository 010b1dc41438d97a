import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReceiptFile, readReceipt } from '../../src/main/app/receipts.ts'
import { checkable, compareWithReceipt } from '../../src/main/core/receipt-check.ts'
import { csvRecord, parseCsv } from '../../src/shared/csv.ts'
import type { ReceiptEntry, ReceiptFormat } from '../../src/shared/receipt.ts'
import { formatEntry, receiptFrame } from '../../src/shared/receipt.ts'
import { parseReceipt } from '../../src/shared/receipt-reader.ts'
import { tempFolder } from '../support/temp-folder.ts'

const ENTRY: ReceiptEntry = {
  path: '/home/a b/"quoted", new\nline.txt',
  key: '=HYPERLINK("http://x")',
  bucket: 'demo',
  endpoint: 'http://127.0.0.1:9000',
  region: 'us-east-1',
  phase: 'completed',
  sizeBytes: 5,
  checksumAlgorithm: 'crc32',
  checksum: '+hqmhg==',
  checksumPartBytes: null,
  etag: '"5d41402abc4b2a76b9719d911017c592"',
  versionId: null,
  verified: 'accepted',
  resentBytes: 0,
  startedAt: '2026-11-21T02:00:00.000Z',
  endedAt: '2026-11-21T02:00:01.000Z',
  errorCode: null,
  error: null,
}

/** As the file stands after these entries were written. */
function written(format: ReceiptFormat, entries: readonly ReceiptEntry[]): string {
  const { head, tail } = receiptFrame(format)
  return head + entries.map((entry, at) => formatEntry(format, entry, at === 0)).join('') + tail
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom("'", '"', '=', '+', '-', '@', '\t', '\r', '\n', ',', 'a', '＝') }),
)
const someText = text.filter((one) => one !== '')
const orNull = (one: fc.Arbitrary<string>) => fc.option(one, { nil: null })
const entries = fc.array(
  fc.record<ReceiptEntry>({
    path: text,
    key: orNull(someText),
    bucket: someText,
    endpoint: orNull(someText),
    region: someText,
    phase: fc.constantFrom('completed', 'failed', 'cancelled', 'skipped'),
    sizeBytes: fc.option(fc.maxSafeNat(), { nil: null }),
    checksumAlgorithm: orNull(someText),
    checksum: orNull(someText),
    checksumPartBytes: fc.option(fc.integer({ min: 1 }), { nil: null }),
    etag: orNull(someText),
    versionId: orNull(someText),
    verified: fc.constantFrom('checksum', 'size', 'accepted', null),
    resentBytes: fc.maxSafeNat(),
    startedAt: orNull(someText),
    endedAt: orNull(someText),
    errorCode: orNull(someText),
    error: orNull(someText),
  }),
  { maxLength: 5 },
)
const formats = fc.constantFrom<ReceiptFormat>('csv', 'json')

describe('a CSV', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', "'=1", "'", '＝1'])('never holds %j as a formula', (cell) => {
    const record = csvRecord([cell])
    expect(record.startsWith(`"'`)).toBe(true)
    expect(parseCsv(record).records).toEqual([[cell]])
  })

  it('of another program is read too: CRLF, no quotes, a byte order mark, no end of the last line', () => {
    expect(parseCsv('\ufeffa,b\r\n1,"x\r\ny"\r\n\r\n2,').records).toEqual([
      ['a', 'b'],
      ['1', 'x\r\ny'],
      ['2', ''],
    ])
  })
})

describe('a receipt', () => {
  it('comes back as it was written, whatever is in it', () => {
    fc.assert(
      fc.property(formats, entries, (format, list) => {
        const value = written(format, list)
        const parsed = parseReceipt(value)
        expect(parsed).toMatchObject({ ok: true, value: { entries: list, isCutShort: false } })
        const { tail } = receiptFrame(format)
        expect(parsed.ok && parsed.value.wholeChars).toBe(value.length - tail.length)
      }),
    )
  })

  it('cut short anywhere keeps its whole entries, and says so', () => {
    fc.assert(
      fc.property(formats, entries, fc.nat(), (format, list, at) => {
        const { head } = receiptFrame(format)
        const value = written(format, list)
        const cut = value.slice(0, head.length + (at % (value.length - head.length + 1)))
        const parsed = parseReceipt(cut)
        if (!parsed.ok) throw new Error(parsed.message)
        const kept = parsed.value.entries.length
        // A text that was cut within can look whole in CSV; it is never taken for the end of the file.
        const whole = format === 'csv' && !cut.endsWith('\n') ? Math.max(0, kept - 1) : kept
        expect(parsed.value.entries.slice(0, whole)).toEqual(list.slice(0, whole))
        const { wholeChars } = parsed.value
        expect(value.startsWith(cut.slice(0, wholeChars))).toBe(true)
        expect(parseReceipt(cut.slice(0, wholeChars) + receiptFrame(format).tail)).toMatchObject({ ok: true })
        expect(kept).toBeGreaterThanOrEqual(list.length === 0 || cut.length < value.length ? 0 : list.length)
      }),
    )
  })

  it('that is none is refused in one sentence, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((one) => `[${one}`),
        ),
        (junk) => {
          const parsed = parseReceipt(junk)
          if (parsed.ok) expect(parsed.value.entries).toEqual([])
          else expect(parsed.message).toMatch(/receipt/)
        },
      ),
    )
  })
})

describe('the file of a receipt', () => {
  const noTrouble = (sentence: string): void => {
    throw new Error(sentence)
  }

  it.each(['r.csv', 'r.json'])('%s is whole after each turn, and is gone on with', async (name) => {
    await using folder = await tempFolder('receipt')
    const path = join(folder.path, name)
    const keys = () => readReceipt(path).entries.map(({ key }) => key)
    const first = new ReceiptFile(path, noTrouble)
    expect(keys()).toEqual([])
    first.add(ENTRY)
    await new Promise(setImmediate)
    expect(keys()).toEqual([ENTRY.key])
    first.add({ ...ENTRY, key: 'b' })
    first.add({ ...ENTRY, key: 'é\ud83d\ude00' })
    expect(first.close()).toBe(true)
    const second = new ReceiptFile(path, noTrouble)
    second.add(ENTRY)
    second.add({ ...ENTRY, key: 'd' })
    second.close()
    expect(keys()).toEqual([ENTRY.key, 'b', 'é\ud83d\ude00', 'd'])
    if (name.endsWith('json')) expect(JSON.parse(await fs.readFile(path, 'utf8'))).toHaveLength(4)
  })

  it.each(['r.csv', 'r.json'])('%s that a crash has cut short loses that entry only', async (name) => {
    await using folder = await tempFolder('receipt')
    const path = join(folder.path, name)
    const file = new ReceiptFile(path, noTrouble)
    for (const key of ['a', 'b', 'c']) file.add({ ...ENTRY, key })
    file.close()
    await fs.truncate(path, (await fs.stat(path)).size - 30)
    expect(readReceipt(path).isCutShort).toBe(true)
    const again = new ReceiptFile(path, noTrouble)
    again.add({ ...ENTRY, key: 'd' })
    again.close()
    const { entries: found, isCutShort } = readReceipt(path)
    expect([found.map(({ key }) => key), isCutShort]).toEqual([['a', 'b', 'd'], false])
  })

  it('leaves a file alone that is something else', async () => {
    await using folder = await tempFolder('receipt')
    const path = join(folder.path, 'table.csv')
    await fs.writeFile(path, 'name,value\n1,2\n')
    expect(() => new ReceiptFile(path, noTrouble)).toThrow(/not a receipt of Sluice/)
    expect(() => new ReceiptFile(join(folder.path, 'gone', 'r.csv'), noTrouble)).toThrow(/cannot be written/)
    expect(() => new ReceiptFile(join(folder.path, 'r.txt'), noTrouble)).toThrow(/neither/)
    expect(await fs.readFile(path, 'utf8')).toBe('name,value\n1,2\n')
    expect(await fs.readdir(folder.path)).toEqual(['table.csv'])
  })
})

describe('an object compared with its receipt', () => {
  const found = { sizeBytes: 5, etag: ENTRY.etag, checksums: { crc32: '+hqmhg==' } }

  it.each<[string, Partial<typeof found>, number, string]>([
    ['agrees', {}, 0, 'checksum'],
    ['has another size', { sizeBytes: 4 }, 1, 'checksum'],
    ['has another ETag', { etag: '"x"' }, 1, 'checksum'],
    ['has another checksum', { checksums: { crc32: 'AAAAAA==' } }, 1, 'checksum'],
    ['has a checksum of parts only, which says nothing', { checksums: { crc32: 'AAAAAA==-2' } }, 0, 'etag'],
  ])('that %s', (_, change, differences, shown) => {
    const comparison = compareWithReceipt(ENTRY, { ...found, ...change })
    expect([comparison.differences.length, comparison.shown]).toEqual([differences, shown])
  })

  it('of what was skipped only has the ETag that was seen', () => {
    const skipped = { ...ENTRY, phase: 'skipped', checksum: null, sizeBytes: 99 } as const
    expect(compareWithReceipt(skipped, found)).toEqual({ shown: 'etag', differences: [] })
  })

  it('is that of the last entry of its key, unless versions are kept', () => {
    const newer = { ...ENTRY, etag: '"newer"' }
    expect(checkable([ENTRY, newer, { ...ENTRY, phase: 'failed' }])).toEqual([newer])
    const versions = [ENTRY, newer].map((entry, at) => ({ ...entry, versionId: String(at) }))
    expect(checkable(versions)).toEqual(versions)
  })
})
