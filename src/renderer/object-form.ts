import type { ObjectSettings } from '../shared/object-settings.ts'
import { objectProblem, parseMetadata } from '../shared/object-settings.ts'
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
}

export function objectFormOf({
  contentType,
  cacheControl,
  storageClass,
  encryption,
  metadata,
}: ObjectSettings): ObjectForm {
  return {
    contentType: contentType ?? '',
    cacheControl: cacheControl ?? '',
    storageClass: storageClass ?? '',
    encryption: encryption?.kind ?? 'bucket',
    kmsKeyId: encryption?.kind === 'kms' ? (encryption.keyId ?? '') : '',
    metadata: Object.entries(metadata)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  }
}

/** One sentence for the first field that cannot be kept. */
export function parseObject(form: ObjectForm): Parsed<ObjectSettings> {
  const metadata = parseMetadata(form.metadata.split('\n').filter((line) => line.trim() !== ''))
  if (!metadata.ok) return metadata
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
  }
  const message = objectProblem(value)
  return message === null ? { ok: true, value } : { ok: false, message }
}

/** Something is set that a person should see without looking for it. */
export function saysSomething({ contentType, cacheControl, storageClass, encryption, metadata }: ObjectForm): boolean {
  return contentType + cacheControl + storageClass + metadata !== '' || encryption !== 'bucket'
}
