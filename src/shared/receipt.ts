import { csvRecord } from './csv.ts'
import type { Verified } from './transfer.ts'

/**
 * What a receipt says of one file: enough to check the object years later, with or without Sluice. Names and values
 * are the same in CSV and JSON; null (an empty cell) where there is nothing to say.
 */
export interface ReceiptEntry {
  /** Absolute. Bytes of a name that are not UTF-8 stand as U+FFFD; such a file is never uploaded. */
  readonly path: string
  readonly key: string | null
  readonly bucket: string
  /** null: AWS itself. */
  readonly endpoint: string | null
  readonly region: string
  readonly phase: 'completed' | 'failed' | 'cancelled' | 'skipped'
  readonly sizeBytes: number | null
  readonly checksumAlgorithm: string | null
  /** Base64, as S3 writes it; `…-N` is the sum of N parts' sums, which are `checksumPartBytes` long but the last. */
  readonly checksum: string | null
  readonly checksumPartBytes: number | null
  readonly etag: string | null
  readonly versionId: string | null
  readonly verified: Verified | null
  /** Sent more than once, at most. */
  readonly resentBytes: number
  /** ISO 8601 in UTC. */
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly errorCode: string | null
  readonly error: string | null
}

/** In the order of a CSV's columns. */
export const RECEIPT_COLUMNS = [
  'path',
  'key',
  'bucket',
  'endpoint',
  'region',
  'phase',
  'sizeBytes',
  'checksumAlgorithm',
  'checksum',
  'checksumPartBytes',
  'etag',
  'versionId',
  'verified',
  'resentBytes',
  'startedAt',
  'endedAt',
  'errorCode',
  'error',
] as const satisfies readonly (keyof ReceiptEntry)[]

/** By the file's name: `.csv` or `.json`. */
export type ReceiptFormat = 'csv' | 'json'

/** null for a name that ends in neither. */
export function receiptFormat(fileName: string): ReceiptFormat | null {
  const ending = /\.(csv|json)$/i.exec(fileName)?.[1]?.toLowerCase()
  return ending === 'csv' || ending === 'json' ? ending : null
}

/** What stands before the first entry and after the last one. */
export function receiptFrame(format: ReceiptFormat): { readonly head: string; readonly tail: string } {
  return format === 'csv' ? { head: csvRecord(RECEIPT_COLUMNS), tail: '' } : { head: '[', tail: '\n]\n' }
}

/** One entry as it stands in the file. */
export function formatEntry(format: ReceiptFormat, entry: ReceiptEntry, isFirst: boolean): string {
  if (format === 'csv') return csvRecord(RECEIPT_COLUMNS.map((column) => entry[column]))
  const ordered = Object.fromEntries(RECEIPT_COLUMNS.map((column) => [column, entry[column]]))
  return `${isFirst ? '' : ','}\n${JSON.stringify(ordered)}`
}
