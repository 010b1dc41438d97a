import { hash } from 'node:crypto'
import { SluiceError } from '../../shared/errors.ts'
import type { Checksum, SumAlgorithm, Verified } from '../../shared/transfer.ts'
import type { StoredAlgorithm } from './checksum-names.ts'
import { compositeMd5OfEtag, md5OfEtag, NAMES } from './checksum-names.ts'

/** Base64 by algorithm, as far as the server keeps them; a composite one ends in `-` and the count of parts. */
export type StoredChecksums = Readonly<Partial<Record<StoredAlgorithm, string>>>

export interface StoredObject {
  readonly sizeBytes: number
  readonly etag: string
  readonly versionId: string | null
  readonly checksums: StoredChecksums
}

/** What was sent as an object of several parts. */
export interface SentObject {
  readonly sizeBytes: number
  readonly checksum: Checksum | null
  /** In order. */
  readonly partEtags: readonly string[]
}

/** The object's checksum in one algorithm (base64, perhaps composite), or null where the server tells none. */
export function storedChecksum(stored: StoredObject, algorithm: SumAlgorithm): string | null {
  if (algorithm !== 'md5') return stored.checksums[algorithm] ?? null
  return md5OfEtag(stored.etag) ?? compositeMd5OfEtag(stored.etag)
}

/**
 * The one to compare a file with; null where its ETag must do.
 * @param partBytes what a composite one is taken to be made of
 */
export function bestChecksum(stored: StoredObject, partBytes: number): Checksum | null {
  for (const algorithm of Object.keys(NAMES) as StoredAlgorithm[]) {
    const value = stored.checksums[algorithm]
    // A composite CRC is rare, and the ETag says the same.
    const composite = value?.includes('-')
    if (value === undefined || (composite && algorithm !== 'sha256')) continue
    return { algorithm, value, partBytes: composite ? partBytes : null }
  }
  return null
}

/**
 * How well the object that a completion named is shown to be what was sent.
 * @param etag what the completion named
 * @throws SluiceError `checksum-mismatch` where it is another
 */
export function proofOf(stored: StoredObject | null, sent: SentObject, etag: string): Verified {
  const wrong = (what: string) =>
    new SluiceError({ code: 'checksum-mismatch', message: `The stored object ${what}; it must not be relied upon.` })
  if (stored === null) throw wrong('is not there')
  if (stored.sizeBytes !== sent.sizeBytes) throw wrong(`has ${stored.sizeBytes} bytes instead of ${sent.sizeBytes}`)
  const same = sameChecksum(stored, sent.checksum)
  if (same === false) throw wrong('has another checksum')
  if (same) return 'checksum'
  if (stored.etag !== etag) throw wrong('has another ETag')
  return 'size'
}

/**
 * Whether an object that is found under the key is what was sent, though no answer said so; null: it is not, or
 * nothing shows it.
 */
export function isWhatWasSent(stored: StoredObject | null, sent: SentObject): Verified | null {
  if (stored === null || stored.sizeBytes !== sent.sizeBytes) return null
  const same = sameChecksum(stored, sent.checksum)
  if (same !== null) return same ? 'checksum' : null
  return stored.etag.replaceAll('"', '') === multipartEtag(sent.partEtags) ? 'size' : null
}

/** null: the server tells nothing to compare. */
function sameChecksum(stored: StoredObject, checksum: Checksum | null): boolean | null {
  if (checksum === null) return null
  const { algorithm, value } = checksum
  const told = storedChecksum(stored, algorithm)
  // An ETag that is not the MD5 of the parts' MD5s proves nothing: many servers make theirs in another way.
  if (algorithm === 'md5') return told === value ? true : null
  // A sum of sums and one of all bytes say nothing about each other.
  if (told === null || told.includes('-') !== value.includes('-')) return null
  return told === value
}

/** What S3 names an object of these parts: the MD5 of their MD5s, a dash and their count. */
function multipartEtag(etags: readonly string[]): string {
  const digests = etags.map((etag) => Buffer.from(etag.replaceAll('"', ''), 'hex'))
  return `${hash('md5', Buffer.concat(digests))}-${etags.length}`
}
