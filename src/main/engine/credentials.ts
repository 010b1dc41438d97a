import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import type { TransferError } from '../../shared/errors.ts'
import { SluiceError } from '../../shared/errors.ts'
import { hideSecret, redact } from '../../shared/redact.ts'
import type { CredentialSource } from './api.ts'
import { errorFromThrown } from './s3-errors.ts'

/** Where a destination's keys come from, and what it means when they do not come. */

/** A program that a profile names may show a person a page to sign in with; one that hangs must not hold up for ever. */
const PROVIDER_MS = 120_000
/** New keys are fetched this long before the old ones run out. */
const MARGIN_MS = 120_000
/** Keys that live for seconds only are not asked for more often than this. */
const MIN_LIFE_MS = 5_000

/**
 * Keys from `source`, asked anew with each call: nothing of ~/.aws is remembered, since a person mends it there. A named
 * profile is that profile and nothing else: keys, SSO, a program, a web identity, or a role by way of another profile.
 * Without a name it is the SDK's whole chain, from the environment to the machine's own role.
 * @throws SluiceError with a sentence that names the profile
 */
export async function credentialProvider(source: CredentialSource): Promise<AwsCredentialIdentityProvider> {
  if (source.kind === 'keys') {
    const { accessKeyId, secretAccessKey, sessionToken } = source
    hide(source)
    return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) })
  }
  const { fromIni, fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  return async () => {
    const { profile } = source
    const ask =
      profile === null ? fromNodeProviderChain({ ignoreCache: true }) : fromIni({ profile, ignoreCache: true })
    try {
      const keys = await inTime(ask())
      hide(keys)
      return keys
    } catch (thrown) {
      throw new SluiceError(credentialFailure(thrown, profile), thrown)
    }
  }
}

/** When keys that run out at `expiration` are to be replaced, epoch ms; never for those that do not run out. */
export function renewAtMs(expiration: Date | undefined, nowMs: number): number {
  if (expiration === undefined) return Number.POSITIVE_INFINITY
  const expiresAtMs = expiration.getTime()
  // Of a short life the second half is left as a margin: asking at once again would never end.
  const halfTimeMs = nowMs + (expiresAtMs - nowMs) / 2
  return Math.max(expiresAtMs - MARGIN_MS, halfTimeMs, nowMs + MIN_LIFE_MS)
}

/** The same keys, so that asking has brought nothing new. */
export function sameKeys(a: AwsCredentialIdentity, b: AwsCredentialIdentity): boolean {
  return a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey && a.sessionToken === b.sessionToken
}

function hide({
  secretAccessKey,
  sessionToken,
}: {
  readonly secretAccessKey: string
  readonly sessionToken?: string | null | undefined
}): void {
  hideSecret(secretAccessKey)
  hideSecret(sessionToken)
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const message = `no keys within ${PROVIDER_MS / 60_000} minutes`
    timer = setTimeout(() => reject(new Error(message)), PROVIDER_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Providers put the errors of their clients into their own message, so the text is all that can be looked at. */
const NETWORK = /E(CONN(REFUSED|RESET|ABORTED)|NOTFOUND|AI_AGAIN|TIMEDOUT|NETUNREACH|HOSTUNREACH)|socket hang up/
const EXPIRED = /expired|is invalid\. To refresh|UnauthorizedException|session token not found|aws (sso )?login/i

function credentialFailure(thrown: unknown, profile: string | null): TransferError {
  const text = redact(thrown instanceof Error ? thrown.message : String(thrown))
  const name = thrown instanceof Error ? thrown.name : ''
  const who = profile === null ? 'The default profile' : `The profile “${profile}”`
  const service = `the sign-in service of ${profile === null ? 'the default profile' : `the profile “${profile}”`}`
  const known = errorFromThrown(thrown, service)
  if (isNetwork(known)) return known
  if (NETWORK.test(text)) {
    return { code: 'network-lost', message: `The connection to ${service} was lost.`, detail: text }
  }
  if (known.code === 'throttled' || known.code === 'server-unavailable') {
    return { ...known, code: 'server-unavailable', message: `It failed: ${service}.` }
  }
  if (EXPIRED.test(`${name} ${text}`)) {
    const command = profile === null ? 'aws sso login' : `aws sso login --profile ${profile}`
    const message = `${who} has expired: sign in again (for SSO: ${command}), then try again.`
    return { code: 'credentials-expired', message, detail: text }
  }
  if (profile === null && /from any providers/.test(text)) {
    const message = 'No credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile.'
    return { code: 'credentials-missing', message, detail: text }
  }
  return { code: 'credentials-missing', message: `${who} gives no keys: ${reason(text, profile)}.`, detail: text }
}

function isNetwork({ code }: TransferError): boolean {
  return (
    code === 'host-not-found' ||
    code === 'connection-refused' ||
    code === 'network-lost' ||
    code === 'request-timeout' ||
    code === 'tls-rejected' ||
    code === 'proxy-rejected'
  )
}

const MAX_REASON = 200

/** One clause for people. */
function reason(text: string, profile: string | null): string {
  if (/^Could not resolve credentials using profile/.test(text)) {
    return profile === null ? 'it names none' : 'it is not in ~/.aws, or names none'
  }
  if (/multi-factor/.test(text)) return 'its role asks for a code of a second factor, which cannot be entered here'
  const [first = '', ...more] = text.split('\n').filter((line) => line.trim() !== '')
  // The command itself may carry a secret; what it said is meant to be read.
  const said = first.startsWith('Command failed') ? ['its credential_process failed', more[0]].join(': ') : first
  return said
    .trim()
    .slice(0, MAX_REASON)
    .replace(/[.:\s]+$/, '')
}
