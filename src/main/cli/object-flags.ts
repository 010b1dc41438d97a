import type { Encryption, ObjectSettings } from '../../shared/object-settings.ts'
import { objectProblem, parseMetadata } from '../../shared/object-settings.ts'
import { parseTags } from '../../shared/object-tags.ts'
import type { Values } from './flags.ts'
import { choice, must, nonEmpty, Usage } from './flags.ts'

export const OBJECT_FLAGS = {
  'content-type': { type: 'string' },
  'cache-control': { type: 'string' },
  metadata: { type: 'string', multiple: true },
  tag: { type: 'string', multiple: true },
  'storage-class': { type: 'string' },
  sse: { type: 'string' },
  'sse-kms-key-id': { type: 'string' },
} as const

/** What is to be kept with each object. @throws Usage */
export function readObjectFlags(
  values: Values & { readonly metadata?: readonly string[] | undefined; readonly tag?: readonly string[] | undefined },
): ObjectSettings {
  const settings: ObjectSettings = {
    contentType: nonEmpty(values, 'content-type'),
    cacheControl: nonEmpty(values, 'cache-control'),
    metadata: must(parseMetadata(values.metadata ?? []), '--metadata'),
    tags: must(parseTags(values.tag ?? []), '--tag'),
    storageClass: nonEmpty(values, 'storage-class'),
    encryption: readEncryption(values),
  }
  const problem = objectProblem(settings)
  if (problem !== null) throw new Usage(problem)
  return settings
}

function readEncryption(values: Values): Encryption | null {
  const kind = choice(values, 'sse', ['AES256', 'aws:kms'])
  const keyId = nonEmpty(values, 'sse-kms-key-id')
  if (keyId !== null && kind !== 'aws:kms') throw new Usage('--sse-kms-key-id needs --sse aws:kms')
  if (kind === null) return null
  return kind === 'AES256' ? { kind: 's3' } : { kind: 'kms', keyId }
}
