import type { TransferError } from '../../shared/errors.ts'
import type { Parsed } from '../../shared/units.ts'

/**
 * Which key each source gets. Pure: the caller looks at the file system and says what it found.
 * Names are never normalised; only `\` becomes `/`.
 */

/** S3's limit, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024

/** Where `s3://bucket/prefix` points. `key` is all that stands after the bucket's slash, as written; '' without one. */
export interface Target {
  readonly bucket: string
  readonly key: string
}

/** One thing that a person named or dropped, as the file system has it. */
export interface NamedSource {
  /** Absolute. */
  readonly path: string
  /** Its last piece, '' for the root of a volume. */
  readonly name: string
  readonly isFolder: boolean
  /** The folder's contents go to the target without its name: see `meansContents`. */
  readonly contentsOnly: boolean
}

/** A source with its place: a file's whole key, or what is put before each path inside a folder ('' or ending in '/'). */
export interface PlacedSource {
  readonly path: string
  readonly keyOrPrefix: string
}

/** Reads `s3://bucket/key`. Never throws. */
export function parseTarget(text: string): Parsed<Target> {
  const match = /^s3:\/\/([^/]*)(?:\/([\s\S]*))?$/.exec(text)
  if (match === null) return { ok: false, message: `The target must look like s3://bucket/prefix/, not ${text}.` }
  const [, bucket = '', key = ''] = match
  if (bucket === '') return { ok: false, message: 'The target names no bucket: write s3://bucket/prefix/.' }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(bucket)) {
    return { ok: false, message: `"${bucket}" cannot be the name of a bucket.` }
  }
  return { ok: true, value: { bucket, key } }
}

/** True for `dir/`, `.`, `..` and paths that end in them: what has no name of its own at its end. `/` separates. */
export function meansContents(written: string): boolean {
  return /(^|\/)\.{0,2}$/.test(written)
}

/**
 * The command line's rule: one regular file and a target key without a final `/` is the exact key; otherwise the
 * target is a folder and one `/` stands between.
 */
export function placeUploads(sources: readonly NamedSource[], targetKey: string): PlacedSource[] {
  const [only] = sources
  const isExactKey = targetKey !== '' && !targetKey.endsWith('/')
  if (sources.length === 1 && only !== undefined && !only.isFolder && isExactKey) {
    return [{ path: only.path, keyOrPrefix: targetKey }]
  }
  return placeUnder(sources, isExactKey ? `${targetKey}/` : targetKey)
}

/** The window's rule: what is dropped keeps its name under the destination's prefix ('' or ending in '/'). */
export function placeDrops(sources: readonly NamedSource[], prefix: string): PlacedSource[] {
  return placeUnder(
    sources.map((source) => ({ ...source, contentsOnly: source.name === '' })),
    prefix,
  )
}

function placeUnder(sources: readonly NamedSource[], prefix: string): PlacedSource[] {
  return sources.map(({ path, name, isFolder, contentsOnly }) => {
    if (!isFolder) return { path, keyOrPrefix: prefix + keyOf(name) }
    return { path, keyOrPrefix: contentsOnly ? prefix : `${prefix}${keyOf(name)}/` }
  })
}

/** A relative path or a name as it stands in a key. */
export function keyOf(path: string): string {
  return path.replaceAll('\\', '/')
}

/** Why S3 would refuse this key, or null. */
export function keyError(key: string): TransferError | null {
  const bytes = utf8Bytes(key)
  if (bytes <= MAX_KEY_BYTES) return null
  return { code: 'key-too-long', message: `The key has ${bytes} bytes, and S3 allows ${MAX_KEY_BYTES}.` }
}

/** Length in UTF-8, counted here because core has neither Node's Buffer nor the DOM's TextEncoder. */
export function utf8Bytes(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4
  }
  return bytes
}
