import { S3Error } from './s3-error.ts'

type Level = 'service' | 'bucket' | 'object'

interface Route {
  readonly method: string
  readonly level: Level
  /** Parameters that must be there, and so choose the operation. */
  readonly needs: readonly string[]
  /** Parameters that may be there. Any other is answered by NotImplemented rather than ignored. */
  readonly allows: readonly string[]
}

const LIST = ['prefix', 'delimiter', 'max-keys', 'encoding-type']

/** Everything this server does. For one method and level, routes that need more come first. */
const ROUTES = {
  ListBuckets: { method: 'GET', level: 'service', needs: [], allows: [] },
  CreateBucket: { method: 'PUT', level: 'bucket', needs: [], allows: [] },
  HeadBucket: { method: 'HEAD', level: 'bucket', needs: [], allows: [] },
  DeleteBucket: { method: 'DELETE', level: 'bucket', needs: [], allows: [] },
  GetBucketLocation: { method: 'GET', level: 'bucket', needs: ['location'], allows: [] },
  ListMultipartUploads: {
    method: 'GET',
    level: 'bucket',
    needs: ['uploads'],
    allows: ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
  },
  ListObjectsV2: {
    method: 'GET',
    level: 'bucket',
    needs: ['list-type'],
    allows: [...LIST, 'start-after', 'continuation-token', 'fetch-owner'],
  },
  ListObjects: { method: 'GET', level: 'bucket', needs: [], allows: [...LIST, 'marker'] },
  DeleteObjects: { method: 'POST', level: 'bucket', needs: ['delete'], allows: [] },
  CreateMultipartUpload: { method: 'POST', level: 'object', needs: ['uploads'], allows: [] },
  CompleteMultipartUpload: { method: 'POST', level: 'object', needs: ['uploadId'], allows: [] },
  UploadPart: { method: 'PUT', level: 'object', needs: ['partNumber', 'uploadId'], allows: [] },
  ListParts: {
    method: 'GET',
    level: 'object',
    needs: ['uploadId'],
    allows: ['max-parts', 'part-number-marker', 'encoding-type'],
  },
  AbortMultipartUpload: { method: 'DELETE', level: 'object', needs: ['uploadId'], allows: [] },
  /** A PUT with a copy source; told apart from PutObject by that header. */
  CopyObject: { method: 'COPY', level: 'object', needs: [], allows: [] },
  PutObject: { method: 'PUT', level: 'object', needs: [], allows: [] },
  GetObjectTagging: { method: 'GET', level: 'object', needs: ['tagging'], allows: [] },
  GetObject: { method: 'GET', level: 'object', needs: [], allows: [] },
  HeadObject: { method: 'HEAD', level: 'object', needs: [], allows: [] },
  DeleteObject: { method: 'DELETE', level: 'object', needs: [], allows: [] },
} as const satisfies Record<string, Route>

export type Operation = keyof typeof ROUTES

const ENTRIES = Object.entries(ROUTES) as [Operation, Route][]

/** Parameters of a presigned request, and the operation name that SDKs add for logs. Names compare in lower case. */
const COMMON = new Set([
  'x-id',
  'x-amz-algorithm',
  'x-amz-content-sha256',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
])

/**
 * The operation a request asks for.
 * @throws S3Error MethodNotAllowed, or NotImplemented for a parameter that would otherwise be ignored.
 */
export function routeOf(
  method: string,
  bucket: string | null,
  key: string | null,
  query: ReadonlyMap<string, string>,
  hasCopySource: boolean,
): Operation {
  const level: Level = bucket === null ? 'service' : key === null ? 'bucket' : 'object'
  const names = [...query.keys()].filter((name) => !COMMON.has(name.toLowerCase()))
  let known = false
  for (const [operation, route] of ENTRIES) {
    const wanted = hasCopySource && method === 'PUT' && level === 'object' ? 'COPY' : method
    if (route.level !== level || route.method !== wanted) continue
    known = true
    if (!route.needs.every((name) => query.has(name))) continue
    if (names.every((name) => route.needs.includes(name) || route.allows.includes(name))) return operation
  }
  if (!known) throw new S3Error('MethodNotAllowed', 'This method is not allowed against this resource.')
  throw new S3Error('NotImplemented', `The demo bucket does not implement this combination: ${names.join(', ')}.`)
}
