/**
 * What may reach a person, a file or another program from a foreign message: the text without what would let somebody
 * sign in. Two ways at once: secrets that this thread has handled are known by value, and the places where AWS, SigV4,
 * HTTP and URLs carry secrets are known by their form. Fields that hold secrets are never written in the first place;
 * this is for texts that others made.
 */

const REDACTED = '[redacted]'

/** Shorter texts are no secrets that a server would accept (S3 asks for 40 characters, MinIO for 8), but words. */
const MIN_SECRET_LENGTH = 8
/** Keys that are renewed every few minutes for a month do not fill the memory. */
const MAX_SECRETS = 1_000

const secrets = new Set<string>()

/** From now on `redact` of this thread takes `secret` out of every text. Texts under 8 characters are left alone. */
export function hideSecret(secret: string | null | undefined): void {
  if (!secret || secret.length < MIN_SECRET_LENGTH) return
  for (const form of formsOf(secret)) {
    // Put at the end again: those in use are the last to be forgotten.
    secrets.delete(form)
    secrets.add(form)
  }
  for (const oldest of secrets) {
    if (secrets.size <= MAX_SECRETS) break
    secrets.delete(oldest)
  }
}

/** How a text appears in messages: as it is, in a URL, and in JSON. */
export function formsOf(text: string): readonly string[] {
  return [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)]
}

/** Names whose value is a secret, in headers, queries, ini files, JSON, XML and command lines. */
const SECRET_NAMES = [
  'authorization',
  'proxy-authorization',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-credential',
  'aws_?secret_?access_?key',
  'secret_?access_?key',
  'aws_?session_?token',
  'session_?token',
  'security_?token',
  'access_?token',
  'refresh_?token',
  'id_?token',
  'web_?identity_?token',
  'client_?secret',
  'passw(?:or)?d',
  'passphrase',
  'secret',
  'token',
  'signature',
].join('|')

/** `name: value`, `name=value`, `"name": "value"`, `--name value`; a header's value goes to the end of its line. */
const HEADERS = /((?:proxy-)?authorization["']?\s*[:=](?!\s*["']?\[redacted\])\s*["']?)[^\r\n"']+/gi
const QUOTED = new RegExp(`((?:${SECRET_NAMES})\\\\?["']\\s*[:=]\\s*\\\\?["'])(?:[^"'\\\\]|\\\\.)+`, 'gi')
const NAMED = new RegExp(`((?:${SECRET_NAMES})\\s*[:=](?!\\s*["']?\\[redacted\\])\\s*["']?)[^\\s"'&,;<>}]+`, 'gi')
const FLAGS = /(--(?:[a-z]+-)*(?:secret|token|password)(?:-[a-z]+)*[ =])(?!\[redacted\])\S+/gi
const ELEMENTS = new RegExp(`(<(?:${SECRET_NAMES})>)[^<]+`, 'gi')
const SIGNED = /(AWS4-HMAC-SHA256(?!\s*\[redacted\])\s+)[^\r\n"']+/g
const SCHEMES = /\b((?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{8,}/g
const USERINFO = /([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"']+@/gi
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g
/** AWS access key ids: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const ACCESS_KEY_IDS = /\b(?:AKIA|ASIA)[A-Z2-7]{12,124}\b/g

/** The text without secrets; access key ids of AWS are shortened. Applied twice, it changes nothing more. */
export function redact(text: string): string {
  let clean = text
  // The longest first, so that no rest of one stays behind another that is a piece of it.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(secret, REDACTED)
  return clean
    .replace(PRIVATE_KEY, REDACTED)
    .replace(HEADERS, `$1${REDACTED}`)
    .replace(SIGNED, `$1${REDACTED}`)
    .replace(SCHEMES, `$1${REDACTED}`)
    .replace(QUOTED, `$1${REDACTED}`)
    .replace(NAMED, `$1${REDACTED}`)
    .replace(FLAGS, `$1${REDACTED}`)
    .replace(ELEMENTS, `$1${REDACTED}`)
    .replace(USERINFO, `$1${REDACTED}@`)
    .replace(ACCESS_KEY_IDS, shortKeyId)
}

/** Enough of an access key id to tell two apart. */
export function shortKeyId(id: string): string {
  const shown = id.length >= 16 ? 4 : id.length >= 8 ? 2 : 1
  return `${id.slice(0, shown)}…${id.length > 4 ? id.slice(-shown) : ''}`
}
