import { z } from 'zod'
import { parseCsv } from './csv.ts'
import type { ReceiptEntry } from './receipt.ts'
import { RECEIPT_COLUMNS } from './receipt.ts'
import type { Parsed } from './units.ts'

const text = z.string().nullable()

const entrySchema = z.object({
  path: z.string(),
  key: text,
  bucket: z.string().min(1),
  endpoint: text,
  region: z.string().min(1),
  phase: z.enum(['completed', 'failed', 'cancelled', 'skipped']),
  sizeBytes: z.number().int().nonnegative().nullable(),
  checksumAlgorithm: text,
  checksum: text,
  checksumPartBytes: z.number().int().positive().nullable(),
  etag: text,
  versionId: text,
  verified: z.enum(['checksum', 'size', 'accepted']).nullable(),
  resentBytes: z.number().int().nonnegative(),
  startedAt: text,
  endedAt: text,
  errorCode: text,
  error: text,
}) satisfies z.ZodType<ReceiptEntry>

export interface Receipt {
  readonly entries: readonly ReceiptEntry[]
  /** The file ends in the middle of an entry, which is left out. */
  readonly isCutShort: boolean
  /** Where the next entry goes: a prefix of this many characters holds exactly `entries`. */
  readonly wholeChars: number
}

const NUMBERS: ReadonlySet<string> = new Set(['sizeBytes', 'checksumPartBytes', 'resentBytes'])

/** Reads what `formatEntry` wrote, whatever crash has cut it short, and what others made of it. Never throws. */
export function parseReceipt(text: string): Parsed<Receipt> {
  return /^\ufeff?\s*\[/.test(text) ? parseJson(text) : parseRecords(text)
}

function parseRecords(text: string): Parsed<Receipt> {
  const { records, wholeChars, isOpen } = parseCsv(text)
  const [header = [], ...lines] = records
  const missing = RECEIPT_COLUMNS.find((column) => !header.includes(column))
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
