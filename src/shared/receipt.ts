import { z } from 'zod'
import { csvRecord, parseCsv } from './csv.ts'
import type { Parsed } from './units.ts'

/**
 * What a receipt says of one file: enough to check the object years later, with or without Sluice. Names and values
 * are the same in CSV and JSON; null (an empty cell) where there is nothing to say.
 */
const entrySchema = z.object({
  /** Absolute. Bytes of a name that are not UTF-8 stand as U+FFFD; such a file is never uploaded. */
  path: z.string(),
  key: z.string().nullable(),
  bucket: z.string().min(1),
  /** null: AWS itself. */
  endpoint: z.string().nullable(),
  region: z.string().min(1),
  phase: z.enum(['completed', 'failed', 'cancelled', 'skipped']),
  sizeBytes: z.number().int().nonnegative().nullable(),
  checksumAlgorithm: z.string().nullable(),
  /** Base64, as S3 writes it; `…-N` is the sum of N parts' sums, which are `checksumPartBytes` long but the last. */
  checksum: z.string().nullable(),
  checksumPartBytes: z.number().int().positive().nullable(),
  etag: z.string().nullable(),
  versionId: z.string().nullable(),
  verified: z.enum(['checksum', 'size', 'accepted']).nullable(),
  /** Sent more than once, at most. */
  resentBytes: z.number().int().nonnegative(),
  /** ISO 8601 in UTC. */
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  errorCode: z.string().nullable(),
  error: z.string().nullable(),
})

export type ReceiptEntry = Readonly<z.infer<typeof entrySchema>>

/** By the file's name: `.csv` or `.json`. */
export type ReceiptFormat = 'csv' | 'json'

export interface Receipt {
  readonly entries: readonly ReceiptEntry[]
  /** The file ends in the middle of an entry, which is left out. */
  readonly isCutShort: boolean
  /** Where the next entry goes: a prefix of this many characters holds exactly `entries`. */
  readonly wholeChars: number
}

const COLUMNS = Object.keys(entrySchema.shape) as readonly (keyof ReceiptEntry)[]
const NUMBERS: ReadonlySet<string> = new Set(['sizeBytes', 'checksumPartBytes', 'resentBytes'])

/** null for a name that ends in neither. */
export function receiptFormat(fileName: string): ReceiptFormat | null {
  const ending = /\.(csv|json)$/i.exec(fileName)?.[1]?.toLowerCase()
  return ending === 'csv' || ending === 'json' ? ending : null
}

/** What stands before the first entry and after the last one. */
export function receiptFrame(format: ReceiptFormat): { readonly head: string; readonly tail: string } {
  return format === 'csv' ? { head: csvRecord(COLUMNS), tail: '' } : { head: '[', tail: '\n]\n' }
}

/** One entry as it stands in the file. */
export function formatEntry(format: ReceiptFormat, entry: ReceiptEntry, isFirst: boolean): string {
  if (format === 'csv') return csvRecord(COLUMNS.map((column) => entry[column]))
  const ordered = Object.fromEntries(COLUMNS.map((column) => [column, entry[column]]))
  return `${isFirst ? '' : ','}\n${JSON.stringify(ordered)}`
}

/** Reads what `formatEntry` wrote, whatever crash has cut it short, and what others made of it. Never throws. */
export function parseReceipt(text: string): Parsed<Receipt> {
  return /^\ufeff?\s*\[/.test(text) ? parseJson(text) : parseRecords(text)
}

function parseRecords(text: string): Parsed<Receipt> {
  const { records, wholeChars, isOpen } = parseCsv(text)
  const [header = [], ...lines] = records
  const missing = COLUMNS.find((column) => !header.includes(column))
  if (missing !== undefined) return { ok: false, message: `the receipt has no column "${missing}"` }
  const entries: ReceiptEntry[] = []
  for (const [index, cells] of lines.entries()) {
    const isLast = index === lines.length - 1
    if (isLast && (isOpen || cells.length < header.length)) {
      return { ok: true, value: { entries, isCutShort: true, wholeChars } }
    }
    const entry = entrySchema.safeParse(Object.fromEntries(header.map((name, at) => [name, fromCell(name, cells[at])])))
    if (!entry.success)
      return { ok: false, message: `entry ${index + 1} of the receipt is not one: ${why(entry.error)}` }
    entries.push(entry.data)
  }
  return { ok: true, value: { entries, isCutShort: isOpen, wholeChars } }
}

function fromCell(column: string, cell: string | undefined): string | number | null | undefined {
  if (cell === '' && column !== 'path') return null
  return NUMBERS.has(column) && cell !== undefined && /^\d+$/.test(cell) ? Number(cell) : cell
}

function parseJson(text: string): Parsed<Receipt> {
  const whole = tryJson(text.replace(/^\ufeff/, ''))
  if (whole === undefined) return parseLines(text)
  const entries: ReceiptEntry[] = []
  for (const [index, value] of (Array.isArray(whole) ? whole : [whole]).entries()) {
    const entry = entrySchema.safeParse(value)
    if (!entry.success)
      return { ok: false, message: `entry ${index + 1} of the receipt is not one: ${why(entry.error)}` }
    entries.push(entry.data)
  }
  return { ok: true, value: { entries, isCutShort: false, wholeChars: text.trimEnd().replace(/\s*\]$/, '').length } }
}

/** An array whose end is missing: one entry a line, up to the first that is not whole. */
function parseLines(text: string): Parsed<Receipt> {
  const [head = '', ...lines] = text.split('\n')
  const entries: ReceiptEntry[] = []
  let wholeChars = head.length
  let lineStart = head.length + 1
  for (const line of lines) {
    const written = line.replace(/,\s*$/, '')
    const entry = entrySchema.safeParse(tryJson(written))
    if (!entry.success) break
    entries.push(entry.data)
    wholeChars = lineStart + written.length
    lineStart += line.length + 1
  }
  if (head.trim() !== '[' || entries.length < lines.length - 1) {
    return { ok: false, message: 'the receipt is not JSON as it was written' }
  }
  return { ok: true, value: { entries, isCutShort: true, wholeChars } }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function why(error: z.ZodError): string {
  const [issue] = error.issues
  return issue === undefined ? 'unknown reason' : `${issue.path.join('.') || 'it'}: ${issue.message}`
}
