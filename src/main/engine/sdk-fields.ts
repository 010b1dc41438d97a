import type { StorageClass } from '@aws-sdk/client-s3'
import type { ObjectSettings } from '../../shared/object-settings.ts'
import { taggingHeader } from '../../shared/object-tags.ts'
import type { StoredAlgorithm } from './checksum-names.ts'
import { NAMES } from './checksum-names.ts'
import { contentTypeOf } from './content-type.ts'
import type { StoredChecksums } from './object-proof.ts'

/** Our words and the SDK's field names. */

/** What is kept with an object, as the SDK names it: the same as `objectHeaders`. */
export function objectFields(key: string, object: ObjectSettings) {
  const { cacheControl, metadata, tags, storageClass, encryption } = object
  const tagging = taggingHeader(tags)
  const keyId = encryption?.kind === 'kms' ? encryption.keyId : null
  return {
    ContentType: contentTypeOf(key, object),
    Metadata: { ...metadata },
    ...(tagging === null ? {} : { Tagging: tagging }),
    ...(cacheControl === null ? {} : { CacheControl: cacheControl }),
    // Stores have classes of their own, which the SDK does not know.
    ...(storageClass === null ? {} : { StorageClass: storageClass as StorageClass }),
    ...(encryption === null
      ? {}
      : { ServerSideEncryption: encryption.kind === 's3' ? ('AES256' as const) : ('aws:kms' as const) }),
    ...(keyId === null ? {} : { SSEKMSKeyId: keyId }),
  }
}

/** The time in the head of an answer, epoch ms. */
export function dateOf(response: unknown): number | null {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return null
  const ms = Date.parse((response.headers as Record<string, string>).date ?? '')
  return Number.isNaN(ms) ? null : ms
}

/** Base64 by algorithm. @param found the answer's fields, as the SDK names them */
export function checksumsOf(
  found: {
    readonly [Field in (typeof NAMES)[StoredAlgorithm]['field']]?: string | undefined
  } & { readonly ChecksumType?: string | undefined },
): StoredChecksums {
  const checksums: Partial<Record<StoredAlgorithm, string>> = {}
  for (const [algorithm, { field }] of Object.entries(NAMES) as [StoredAlgorithm, { field: keyof typeof found }][]) {
    const value = found[field]
    // A composite one that does not name its parts cannot be told from the whole object's.
    if (value && (found.ChecksumType !== 'COMPOSITE' || value.includes('-'))) checksums[algorithm] = value
  }
  return checksums
}
