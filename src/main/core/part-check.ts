import type { ChecksumAlgorithm } from '../../shared/transfer.ts'

/** A part that the server acknowledged, as we remember it. */
export interface RememberedPart {
  readonly etag: string
  readonly bytes: number
  /** Base64 in the transfer's algorithm; null without checksums. */
  readonly checksum: string | null
}

/** A part as the server lists it. */
export interface ListedPart {
  readonly partNumber: number
  readonly sizeBytes: number
  readonly etag: string
  /** Base64, by algorithm, as far as the server tells them. */
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>
}

/**
 * The parts that the server does not hold as we remember them: missing, of another size or ETag, or (where it tells
 * one) with another checksum. They are to be sent again.
 */
export function unlikeParts(
  algorithm: ChecksumAlgorithm,
  remembered: ReadonlyMap<number, RememberedPart>,
  listed: Iterable<ListedPart>,
): number[] {
  const stored = new Map([...listed].map((part) => [part.partNumber, part]))
  return [...remembered.keys()].filter((partNumber) => {
    const ours = remembered.get(partNumber)
    const theirs = stored.get(partNumber)
    if (ours === undefined || theirs === undefined) return true
    if (theirs.sizeBytes !== ours.bytes || bare(theirs.etag) !== bare(ours.etag)) return true
    const told = theirs.checksums[algorithm]
    return told !== undefined && ours.checksum !== null && told !== ours.checksum
  })
}

/** Some servers quote ETags in one answer and not in another. */
function bare(etag: string): string {
  return etag.replaceAll('"', '')
}
