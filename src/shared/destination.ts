import { z } from 'zod'
import { objectProblem, PLAIN_OBJECT } from './object-settings.ts'
import { PROVIDER_IDS } from './providers.ts'
import { serverTraitsSchema } from './server-traits.ts'
import type { ErrorView } from './values.ts'
import { id, path, rate } from './values.ts'

/** Where files go: what is kept of it, and what a window sees. */

export const onExistsSchema = z.enum(['skip-same', 'skip', 'overwrite', 'keep-both', 'fail'])
export type OnExists = z.infer<typeof onExistsSchema>

const USER_IN_URL = /^[a-z]+:\/*[^/?#]*@/i

/**
 * An HTTP proxy, or 'none' for a direct way whatever the environment says. Its user and password come from
 * `HTTPS_PROXY`: here they would lie in the settings in the clear.
 */
const proxy = z.union([
  z.literal('none'),
  z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine((text) => !USER_IN_URL.test(text), {
      error: 'a proxy with a user and password goes into HTTPS_PROXY, where it is not kept in the clear',
    }),
])

/** What S3 keeps beside an object: see `ObjectSettings`. */
const objectSettings = z
  .strictObject({
    contentType: z.string().max(255).nullable(),
    cacheControl: z.string().max(1024).nullable(),
    metadata: z.record(z.string().min(1).max(128), z.string().max(2048)),
    tags: z.record(z.string().min(1).max(256), z.string().max(512)).default({}),
    storageClass: z.string().max(64).nullable(),
    encryption: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('s3') }),
        z.strictObject({ kind: z.literal('kms'), keyId: z.string().max(1024).nullable() }),
      ])
      .nullable(),
  })
  .superRefine((settings, context) => {
    const message = objectProblem(settings)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })

/** Where files go. Secrets are not in it: they are written through `saveDestination` and never read back. */
export const destinationSchema = z.strictObject({
  id,
  name: z.string().trim().min(1).max(100),
  /** null is AWS itself. */
  endpoint: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine((text) => !USER_IN_URL.test(text), {
      error: 'an endpoint holds no user and password: keys go into their own fields',
    })
    .nullable(),
  region: z.string().trim().min(1).max(64),
  bucket: z.string().trim().min(1).max(255),
  /** '' or ends in '/'. */
  prefix: z.string().max(1024),
  pathStyle: z.boolean(),
  /** Which store it is, chosen by a person; null: what its address says (see `providerOf`). */
  provider: z.enum(PROVIDER_IDS).nullable().default(null),
  /** For all files that go there. */
  object: objectSettings.default(PLAIN_OBJECT),
  /** What a test found out; null: not tested since the address was given. */
  found: serverTraitsSchema.nullable().default(null),
  credentials: z.discriminatedUnion('kind', [
    /** The built-in demo bucket: keys come from the running server. */
    z.strictObject({ kind: z.literal('demo') }),
    /** Typed by the person; the secret is kept where `Hello.secretPlace` says. */
    z.strictObject({ kind: z.literal('keys'), accessKeyId: z.string().min(1).max(256) }),
    /** A profile of ~/.aws, or the AWS_* environment when the name is null. */
    z.strictObject({ kind: z.literal('profile'), profile: z.string().min(1).max(256).nullable() }),
  ]),
  onExists: onExistsSchema,
  /** What this destination is held to, beside the global limit. Requests and files are evenly spaced. */
  pace: z
    .strictObject({
      limitBytesPerSecond: rate,
      requestsPerSecond: z.number().min(0.01).max(1e6).nullable(),
      filesPerSecond: z.number().min(0.01).max(1e6).nullable(),
    })
    .default({ limitBytesPerSecond: null, requestsPerSecond: null, filesPerSecond: null }),
  /** PEM file with the certificate authorities of this endpoint, or null for the system's. */
  caFile: path.nullable(),
  /** null: as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say. */
  proxy: proxy.nullable().default(null),
  /** The address of this computer that connections start from; null leaves it to the system. */
  bindAddress: z.union([z.ipv4(), z.ipv6()]).nullable().default(null),
})
export type Destination = z.infer<typeof destinationSchema>

/** A destination as the window sees it. */
export interface DestinationView extends Destination {
  /** False while typed keys are missing, for instance after a restart. */
  readonly hasSecret: boolean
  /** Why nothing goes there at the moment, or null. */
  readonly blocked: ErrorView | null
}

/** Where typed secrets are kept: encrypted by the system, in its keyring, or in memory and asked in each session. */
export type SecretPlace = 'system' | 'keyring' | 'session'

/** A profile of ~/.aws, without anything secret. */
export interface ProfileView {
  readonly name: string
  /** null where the profile does not say. */
  readonly region: string | null
  readonly endpoint: string | null
  readonly kind: 'keys' | 'sso' | 'process' | 'role' | 'other'
}

export const secretSchema = z.strictObject({
  secretAccessKey: z.string().min(1).max(1024),
  sessionToken: z.string().min(1).max(8192).nullable(),
})
