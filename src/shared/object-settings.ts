import type { ObjectTags } from './object-tags.ts'
import { taggingHeader, tagsProblem } from './object-tags.ts'
import type { Parsed } from './units.ts'

/** What S3 keeps beside an object's bytes, as a destination or a command asks for it. The same for all its files. */
export interface ObjectSettings {
  /** null: guessed from the name's ending. */
  readonly contentType: string | null
  readonly cacheControl: string | null
  /** Names in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: ObjectTags
  /** null: the bucket's own. */
  readonly storageClass: string | null
  /** null: as the bucket is set up. */
  readonly encryption: Encryption | null
}

/** Who keeps the key that the server encrypts with. Keys of one's own (SSE-C) are not offered: losing one loses the data. */
export type Encryption =
  | { readonly kind: 's3' }
  /** `keyId` null: the account's default key. */
  | { readonly kind: 'kms'; readonly keyId: string | null }

export const PLAIN_OBJECT: ObjectSettings = {
  contentType: null,
  cacheControl: null,
  metadata: {},
  tags: {},
  storageClass: null,
  encryption: null,
}

/** S3's limit for names and values together: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MAX_METADATA_BYTES = 2048
const MAX_VALUE_LENGTH = 1024

/** What HTTP allows in a header's name. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const METADATA_NAME = new RegExp(`^${TOKEN}$`)
const CONTENT_TYPE = new RegExp(`^${TOKEN}/${TOKEN}( *;[ -~]*)?$`)
/** Headers carry printable ASCII; servers and signatures disagree about the rest, and about spaces at the ends. */
const HEADER_VALUE = /^[!-~](?:[ -~]*[!-~])?$/
/** Ceph lets its administrators name classes as they like. */
const STORAGE_CLASS = /^[A-Za-z0-9_-]{1,64}$/

/** What is wrong with the settings, in one sentence, or null. */
export function objectProblem(settings: ObjectSettings): string | null {
  const { contentType, cacheControl, metadata, storageClass, encryption } = settings
  if (contentType !== null && !(contentType.length <= 255 && CONTENT_TYPE.test(contentType))) {
    return `A content type looks like video/mp4, not “${contentType}”.`
  }
  if (cacheControl !== null && !isValue(cacheControl)) {
    return `A cache control holds printable ASCII, such as max-age=3600, not “${cacheControl}”.`
  }
  if (storageClass !== null && !STORAGE_CLASS.test(storageClass)) {
    return `A storage class looks like STANDARD_IA, not “${storageClass}”.`
  }
  if (encryption?.kind === 'kms' && encryption.keyId !== null && !isValue(encryption.keyId)) {
    return `“${encryption.keyId}” cannot be the id of a KMS key.`
  }
  let bytes = 0
  for (const [name, value] of Object.entries(metadata)) {
    if (!METADATA_NAME.test(name) || name !== name.toLowerCase() || /^x-amz-meta-/.test(name)) {
      return `“${name}” cannot be the name of metadata: it holds letters, digits, - and _, in lower case, and no prefix.`
    }
    if (!HEADER_VALUE.test(value)) return `The metadata “${name}” must be printable ASCII: S3 keeps it in a header.`
    bytes += name.length + value.length
  }
  if (bytes > MAX_METADATA_BYTES) {
    return `The metadata has ${bytes} bytes, and S3 keeps ${MAX_METADATA_BYTES} with an object.`
  }
  return tagsProblem(settings.tags)
}

function isValue(text: string): boolean {
  return text.length <= MAX_VALUE_LENGTH && HEADER_VALUE.test(text)
}

/** Reads `name=value` pairs; names become lower case, as S3 makes them. Each name once. */
export function parseMetadata(pairs: readonly string[]): Parsed<Readonly<Record<string, string>>> {
  const metadata = new Map<string, string>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim().toLowerCase()
    const value = pair.slice(at + 1).trim()
    if (at < 1 || name === '' || value === '') {
      return { ok: false, message: `Metadata is written name=value, not “${pair}”.` }
    }
    if (metadata.has(name)) return { ok: false, message: `The metadata “${name}” is given twice.` }
    metadata.set(name, value)
  }
  const value = Object.fromEntries(metadata)
  const message = objectProblem({ ...PLAIN_OBJECT, metadata: value })
  return message === null ? { ok: true, value } : { ok: false, message }
}

/** The headers of a PutObject, in lower case. */
export function objectHeaders(settings: ObjectSettings, contentType: string): Record<string, string> {
  const { cacheControl, metadata, storageClass, encryption } = settings
  const headers: Record<string, string> = { 'content-type': contentType }
  if (cacheControl !== null) headers['cache-control'] = cacheControl
  if (storageClass !== null) headers['x-amz-storage-class'] = storageClass
  if (encryption !== null) headers['x-amz-server-side-encryption'] = encryption.kind === 's3' ? 'AES256' : 'aws:kms'
  if (encryption?.kind === 'kms' && encryption.keyId !== null) {
    headers['x-amz-server-side-encryption-aws-kms-key-id'] = encryption.keyId
  }
  const tagging = taggingHeader(settings.tags)
  if (tagging !== null) headers['x-amz-tagging'] = tagging
  for (const [name, value] of Object.entries(metadata)) headers[`x-amz-meta-${name}`] = value
  return headers
}
