import type { CommandInput } from '../shared/contract.ts'
import type { DestinationView, OnExists } from '../shared/destination.ts'
import { PLAIN_OBJECT } from '../shared/object-settings.ts'
import type { ProviderId } from '../shared/providers.ts'
import type { ServerTraits } from '../shared/server-traits.ts'
import type { ObjectForm } from './object-form.ts'
import { objectFormOf, parseObject } from './object-form.ts'
import type { PaceForm } from './pace-form.ts'
import { paceFormOf, parsePace } from './pace-form.ts'
import { providerIn, withRegion } from './provider-choice.ts'
import { strings } from './strings.ts'

/** What the dialog holds while it is edited: every field as text, so that half-typed values have a place. */
export interface DestinationForm {
  readonly id: string
  readonly isDemo: boolean
  readonly name: string
  /** 'aws' has no endpoint. */
  readonly provider: ProviderId
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly prefix: string
  readonly credentials: 'keys' | 'profile'
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly profile: string
  readonly pathStyle: boolean
  readonly onExists: OnExists
  readonly object: ObjectForm
  /** What a test found out about the server at this address. */
  readonly found: ServerTraits | null
  readonly pace: PaceForm
  readonly caFile: string
  readonly proxy: string
  readonly bindAddress: string
  /** The host knows a secret, so that an empty field keeps it. */
  readonly hasSecret: boolean
}

const NO_PACE = { limitBytesPerSecond: null, requestsPerSecond: null, filesPerSecond: null }

/** An empty form, or one with what a destination has; a secret is never read back. */
export function formOf(destination: DestinationView | null): DestinationForm {
  const credentials = destination?.credentials
  return {
    id: destination?.id ?? newId(),
    isDemo: credentials?.kind === 'demo',
    name: destination?.name ?? '',
    provider: destination === null ? 'other' : providerIn(destination),
    endpoint: destination?.endpoint ?? '',
    region: destination?.region ?? 'us-east-1',
    bucket: destination?.bucket ?? '',
    prefix: destination?.prefix ?? '',
    credentials: credentials?.kind === 'profile' ? 'profile' : 'keys',
    accessKeyId: credentials?.kind === 'keys' ? credentials.accessKeyId : '',
    secretAccessKey: '',
    sessionToken: '',
    profile: credentials?.kind === 'profile' ? (credentials.profile ?? '') : '',
    pathStyle: destination?.pathStyle ?? true,
    onExists: destination?.onExists ?? 'skip-same',
    object: objectFormOf(destination?.object ?? PLAIN_OBJECT),
    found: destination?.found ?? null,
    pace: paceFormOf(destination?.pace ?? NO_PACE),
    caFile: destination?.caFile ?? '',
    proxy: destination?.proxy ?? '',
    bindAddress: destination?.bindAddress ?? '',
    hasSecret: credentials?.kind === 'keys' && destination?.hasSecret === true,
  }
}

/** One sentence on what must be mended before anything can be done with the form, or null. */
export function problemOf(form: DestinationForm): string | null {
  const missing = missingFields(form)
  if (missing.length > 0) return strings.destinationDialog.missing(missing.join(', '))
  for (const read of [parseObject(form.object, form.provider), parsePace(form.pace)]) if (!read.ok) return read.message
  return null
}

/** The names of fields that must be filled in first. */
function missingFields(form: DestinationForm): string[] {
  const labels = strings.destinationDialog
  const required: [boolean, string][] = [
    [form.name.trim() === '', labels.name],
    [!form.isDemo && form.provider !== 'aws' && form.endpoint.trim() === '', labels.endpoint],
    [form.region.trim() === '', labels.region],
    [form.bucket.trim() === '', labels.bucket],
    [!form.isDemo && form.credentials === 'keys' && form.accessKeyId.trim() === '', labels.accessKeyId],
    [
      !form.isDemo && form.credentials === 'keys' && form.secretAccessKey === '' && !form.hasSecret,
      labels.secretAccessKey,
    ],
  ]
  return required.flatMap(([missing, label]) => (missing ? [label] : []))
}

/** What `saveDestination` and `testDestination` take, of a form that has no problem. */
export function inputOf(form: DestinationForm): CommandInput<'saveDestination'> {
  const usesKeys = !form.isDemo && form.credentials === 'keys'
  const pace = parsePace(form.pace)
  const object = parseObject(form.object, form.provider)
  return {
    destination: {
      id: form.id,
      name: form.name.trim(),
      endpoint: form.provider === 'aws' ? null : withScheme(form.endpoint.trim()),
      region: form.region.trim(),
      bucket: form.bucket.trim(),
      prefix: form.prefix === '' || form.prefix.endsWith('/') ? form.prefix : `${form.prefix}/`,
      pathStyle: form.pathStyle,
      // Any other server is what its address says: it may turn out to be a store that is known.
      provider: form.provider === 'other' ? null : form.provider,
      object: object.ok ? object.value : PLAIN_OBJECT,
      found: form.found,
      credentials: form.isDemo
        ? { kind: 'demo' }
        : usesKeys
          ? { kind: 'keys', accessKeyId: form.accessKeyId.trim() }
          : { kind: 'profile', profile: form.profile.trim() || null },
      onExists: form.onExists,
      pace: pace.ok ? pace.value : NO_PACE,
      caFile: form.caFile.trim() || null,
      proxy: form.proxy.trim() || null,
      bindAddress: form.bindAddress.trim() || null,
    },
    secret:
      usesKeys && form.secretAccessKey !== ''
        ? { secretAccessKey: form.secretAccessKey, sessionToken: form.sessionToken || null }
        : null,
  }
}

/** The same destination in another region, as the dialog would save it. */
export function inOtherRegion(destination: DestinationView, region: string): CommandInput<'saveDestination'> {
  const form = formOf(destination)
  return inputOf({ ...form, ...withRegion(form, region) })
}

/** People type `s3.example.org`; only an explicit `http://` goes without TLS. */
function withScheme(endpoint: string): string {
  return /^[a-z]+:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`
}

/** Not `crypto.randomUUID`: it exists only where the page's origin counts as secure. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
