import type { ReceiptEntry } from '../../shared/receipt.ts'

/** What is known of an object or a file beside what its receipt says. Checksums are base64, by algorithm. */
export interface Found {
  readonly sizeBytes: number
  readonly etag: string | null
  readonly checksums: Readonly<Partial<Record<string, string>>>
}

/** How much of an entry a comparison could show, the best last. */
export type Shown = 'nothing' | 'size' | 'etag' | 'checksum'

export interface Comparison {
  readonly shown: Shown
  /** Each a sentence without its subject: "has 3 bytes, and the receipt says 4". Empty: all that was shown agrees. */
  readonly differences: readonly string[]
}

/**
 * The entries that say something about an object that is there now: completed ones, and what was skipped because the
 * same object was there. Of one key only the last counts, unless the bucket keeps versions.
 */
export function checkable(entries: readonly ReceiptEntry[]): ReceiptEntry[] {
  const last = new Map<string, ReceiptEntry>()
  for (const entry of entries) {
    const isThere = entry.phase === 'completed' || (entry.phase === 'skipped' && entry.etag !== null)
    if (!isThere || entry.key === null) continue
    last.set(JSON.stringify([entry.endpoint, entry.bucket, entry.key, entry.versionId]), entry)
  }
  return [...last.values()]
}

/** What an object or file has that its receipt denies. Of what was skipped only the ETag was known. */
export function compareWithReceipt(entry: ReceiptEntry, found: Found): Comparison {
  const differences: string[] = []
  let shown: Shown = 'nothing'
  const compare = (what: Shown, name: string, has: string | number, says: string | number) => {
    shown = what
    if (has !== says) differences.push(`has ${name} ${has}, and the receipt says ${says}`)
  }
  if (entry.phase === 'completed' && entry.sizeBytes !== null) {
    compare('size', 'the size', found.sizeBytes, entry.sizeBytes)
  }
  if (entry.etag !== null && found.etag !== null) compare('etag', 'the ETag', bare(found.etag), bare(entry.etag))
  const { checksumAlgorithm, checksum } = entry
  const sum = checksumAlgorithm === null ? undefined : found.checksums[checksumAlgorithm]
  // A sum of parts' sums and one of the whole object say nothing about each other.
  if (checksum !== null && sum !== undefined && sum.includes('-') === checksum.includes('-')) {
    compare('checksum', `the ${checksumAlgorithm}`, sum, checksum)
  }
  return { shown, differences }
}

function bare(etag: string): string {
  return etag.replaceAll('"', '')
}
