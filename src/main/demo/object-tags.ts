import type { Answer, Exchange } from './exchange.ts'
import { bucketOf, headerOf, invalidArgument, keyOf, noSuchKey, refuse } from './exchange.ts'
import { document, element, group } from './xml.ts'

/** Tags of objects: what may be in them as S3 documents it under "Object tagging". */

const MAX_TAGS = 10
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u

/** What `x-amz-tagging` of a write says, encoded like the query of a URL. @throws S3Error as S3 does */
export function tagsOf(exchange: Exchange): Record<string, string> {
  const text = headerOf(exchange, 'x-amz-tagging') ?? ''
  const tags = new Map<string, string>()
  for (const pair of text === '' ? [] : text.split('&')) {
    const [name = '', value = '', ...rest] = pair.split('=').map((piece) => decode(piece, text))
    if (rest.length > 0 || tags.has(name)) throw wrongHeader(text)
    const isTag = name !== '' && [...name].length <= 128 && [...value].length <= 256
    if (!isTag || !ALLOWED.test(name + value) || name.startsWith('aws:')) {
      throw refuse('InvalidTag', 'The TagKey or TagValue you have provided is invalid')
    }
    tags.set(name, value)
  }
  if (tags.size > MAX_TAGS) throw refuse('BadRequest', `Object tags cannot be greater than ${MAX_TAGS}`)
  return Object.fromEntries(tags)
}

function decode(text: string, header: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw wrongHeader(header)
  }
}

function wrongHeader(text: string) {
  const message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters"
  return invalidArgument('x-amz-tagging', text, message)
}

export function getObjectTagging(exchange: Exchange): Answer {
  const key = keyOf(exchange)
  const meta = bucketOf(exchange).object(key)
  if (meta === undefined) throw noSuchKey(key)
  const tags = Object.entries(meta.tags ?? {}).map(([name, value]) =>
    group('Tag', element('Key', name) + element('Value', value)),
  )
  return { status: 200, body: document('Tagging', group('TagSet', tags.join(''))) }
}
