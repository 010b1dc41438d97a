import type { ObjectSettings } from '../shared/object-settings.ts'
import { objectProblem, parseMetadata } from '../shared/object-settings.ts'
import { parseTags } from '../shared/object-tags.ts'
import type { ProviderId } from '../shared/providers.ts'
import { tagsRefusal } from '../shared/providers.ts'
import type { Parsed } from '../shared/units.ts'

/** What is kept beside an object's bytes, as text while it is edited; an empty field leaves it to the name or the bucket. */
export interface ObjectForm {
  readonly contentType: string
  readonly cacheControl: string
  readonly storageClass: string
  readonly encryption: 'bucket' | 's3' | 'kms'
  readonly kmsKeyId: string
  /** `name=value`, one a line. */
  readonly metadata: string
  /** Likewise. */
  readonly tags: string
}

export function objectFormOf({
  contentType,
  cacheControl,
  storageClass,
  encryption,
  metadata,
  tags,
}: ObjectSettings): ObjectForm {
  return {
    contentType: contentType ?? '',
    cacheControl: cacheControl ?? '',
    storageClass: storageClass ?? '',
    encryption: encryption?.kind ?? 'bucket',
    kmsKeyId: encryption?.kind === 'kms' ? (encryption.keyId ?? '') : '',
    metadata: linesOf(metadata),
    tags: linesOf(tags),
  }
}

function linesOf(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
}

function pairsIn(lines: string): string[] {
  return lines.split('\n').filter((line) => line.trim() !== '')
}

/** One sentence for the first field that cannot be kept, in general or by this store. */
export function parseObject(form: ObjectForm, provider: ProviderId): Parsed<ObjectSettings> {
  const metadata = parseMetadata(pairsIn(form.metadata))
  if (!metadata.ok) return metadata
  const tags = parseTags(pairsIn(form.tags))
  if (!tags.ok) return tags
  const value: ObjectSettings = {
    contentType: form.contentType.trim() || null,
    cacheControl: form.cacheControl.trim() || null,
    storageClass: form.storageClass.trim() || null,
    encryption:
      form.encryption === 'bucket'
        ? null
        : form.encryption === 's3'
          ? { kind: 's3' }
          : { kind: 'kms', keyId: form.kmsKeyId.trim() || null },
    metadata: metadata.value,
    tags: tags.value,
  }
  const message = objectProblem(value) ?? tagsRefusal(provider, value.tags)
  return message === null ? { ok: true, value } : { ok: false, message }
}

/** Something is set that a person should see without looking for it. */
export function saysSomething(form: ObjectForm): boolean {
  const { contentType, cacheControl, storageClass, encryption, metadata, tags } = form
  return contentType + cacheControl + storageClass + metadata + tags !== '' || encryption !== 'bucket'
}
