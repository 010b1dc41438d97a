import type { Parsed } from './units.ts'

/**
 * Tags of an object: names and values that the store keeps beside its metadata, and that rules about objects can ask for.
 * What they may be: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 */
export type ObjectTags = Readonly<Record<string, string>>

const MAX_TAGS = 10
/** In characters, whatever their bytes. */
const MAX_NAME_LENGTH = 128
const MAX_VALUE_LENGTH = 256

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u

/** What is wrong with the tags, in one sentence, or null. */
export function tagsProblem(tags: ObjectTags): string | null {
  const all = Object.entries(tags)
  if (all.length > MAX_TAGS) return `An object has at most ${MAX_TAGS} tags, not ${all.length}.`
  for (const [name, value] of all) {
    if (name === '' || lengthOf(name) > MAX_NAME_LENGTH) {
      return `The name of a tag has 1 to ${MAX_NAME_LENGTH} characters: “${name}”.`
    }
    if (lengthOf(value) > MAX_VALUE_LENGTH) return `The tag “${name}” has more than ${MAX_VALUE_LENGTH} characters.`
    if (!ALLOWED.test(name) || !ALLOWED.test(value)) {
      return `The tag “${name}” may hold letters, digits, spaces and _ . : / = + - @ only.`
    }
    if (/^aws:/i.test(name)) return `Names of tags that begin with aws: belong to Amazon: “${name}”.`
  }
  return null
}

function lengthOf(text: string): number {
  return [...text].length
}

/** Reads `name=value` pairs; a value may be empty. Each name once. */
export function parseTags(pairs: readonly string[]): Parsed<ObjectTags> {
  const tags = new Map<string, string>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim()
    if (at < 1 || name === '') return { ok: false, message: `A tag is written name=value, not “${pair}”.` }
    if (tags.has(name)) return { ok: false, message: `The tag “${name}” is given twice.` }
    tags.set(name, pair.slice(at + 1).trim())
  }
  const value = Object.fromEntries(tags)
  const message = tagsProblem(value)
  return message === null ? { ok: true, value } : { ok: false, message }
}

/** As `x-amz-tagging` carries them: encoded like the query of a URL; null: there are none. */
export function taggingHeader(tags: ObjectTags): string | null {
  const pairs = Object.entries(tags).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  return pairs.length === 0 ? null : pairs.join('&')
}
