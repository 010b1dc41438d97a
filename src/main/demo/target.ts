import { S3Error } from './s3-error.ts'

/** What a request line and its Host name, decoded. */
export interface Target {
  readonly method: string
  /** As it came, without the query. */
  readonly rawPath: string
  /** As it came, without '?'. */
  readonly rawQuery: string
  /** Path as SigV4 canonicalises it for S3: decoded once and encoded strictly. */
  readonly canonicalPath: string
  /** null: the service itself. */
  readonly bucket: string | null
  /** null: the bucket itself. */
  readonly key: string | null
  /** The first value of each parameter. */
  readonly query: ReadonlyMap<string, string>
  readonly queryPairs: readonly (readonly [string, string])[]
}

const EMPTY_QUERY: ReadonlyMap<string, string> = new Map()

/**
 * Path style, and virtual-host style under `localhost` (`bucket.localhost`, `bucket.s3.localhost`).
 * Nothing is normalised: `a//b` and `..` are ordinary keys.
 * @throws S3Error InvalidURI for what is not UTF-8 or not a path.
 */
export function parseTarget(method: string, url: string, host: string): Target {
  if (!url.startsWith('/')) throw new S3Error('InvalidURI', 'The request line must name an absolute path.')
  const mark = url.indexOf('?')
  const rawPath = mark < 0 ? url : url.slice(0, mark)
  const rawQuery = mark < 0 ? '' : url.slice(mark + 1)
  const path = decode(rawPath)
  const queryPairs = rawQuery === '' ? [] : parsePairs(rawQuery)
  const hosted = bucketOfHost(host)
  let bucket = hosted
  let key = path.slice(1)
  if (hosted === null) {
    const slash = path.indexOf('/', 1)
    bucket = slash < 0 ? path.slice(1) : path.slice(1, slash)
    key = slash < 0 ? '' : path.slice(slash + 1)
  }
  return {
    method,
    rawPath,
    rawQuery,
    canonicalPath: encodeStrictly(path).replaceAll('%2F', '/'),
    bucket: bucket === '' ? null : bucket,
    key: key === '' ? null : key,
    query: queryPairs.length === 0 ? EMPTY_QUERY : new Map(queryPairs.toReversed()),
    queryPairs,
  }
}

/** Percent-encodes everything but the unreserved characters of RFC 3986, as SigV4 asks. */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Error('InvalidURI', "Couldn't parse the specified URI.")
  }
}

function parsePairs(rawQuery: string): [string, string][] {
  const pairs: [string, string][] = []
  for (const piece of rawQuery.split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const name = equals < 0 ? piece : piece.slice(0, equals)
    const value = equals < 0 ? '' : piece.slice(equals + 1)
    pairs.push([decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))])
  }
  return pairs
}

function bucketOfHost(host: string): string | null {
  const match = /^(.+?)\.(?:s3\.)?localhost(?::\d+)?$/.exec(host)
  const name = match?.[1]
  return name === undefined || name === 's3' ? null : name
}
