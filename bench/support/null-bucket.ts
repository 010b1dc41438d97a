import { createHash, randomUUID } from 'node:crypto'

export interface Request {
  readonly method: string
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: ReadonlyMap<string, string>
}

export interface Answer {
  readonly status: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Answers every S3 call that an upload makes, with just enough of XML and headers. It believes signatures and checksums,
 * and remembers only what a client asks for again.
 */
export class NullBucket {
  readonly #objects = new Map<string, Record<string, string>>()
  readonly #uploads = new Map<string, { bytes: number; md5s: Map<number, string> }>()
  puts = 0
  parts = 0
  requests = 0

  answer({ method, bucket, key, query, headers }: Request): Answer {
    this.requests += 1
    const uploadId = query.get('uploadId')
    if (key === '') return method === 'HEAD' || method === 'PUT' ? { status: '200 OK' } : bucketAnswer(query, bucket)
    if (method === 'PUT') return uploadId === null ? this.#put(key, headers) : this.#part(uploadId, query, headers)
    if (method === 'POST' && query.has('uploads')) {
      const id = randomUUID()
      this.#uploads.set(id, { bytes: 0, md5s: new Map() })
      return xml('InitiateMultipartUploadResult', `<Bucket>${bucket}</Bucket><UploadId>${id}</UploadId>`)
    }
    if (method === 'POST' && uploadId !== null) return this.#complete(key, uploadId, headers)
    if (method === 'GET' && uploadId !== null) return xml('ListPartsResult', '<IsTruncated>false</IsTruncated>')
    if (method === 'DELETE') return { status: '204 No Content' }
    const object = this.#objects.get(key)
    return object === undefined ? { status: '404 Not Found' } : { status: '200 OK', headers: object }
  }

  #put(key: string, headers: Request['headers']): Answer {
    this.puts += 1
    const md5 = headers.get('content-md5')
    const sums = { etag: md5 === undefined ? '"null-0"' : `"${toHex(md5)}"`, ...echoed(headers) }
    const bytes = headers.get('x-amz-decoded-content-length') ?? headers.get('content-length') ?? '0'
    this.#store(key, bytes, sums)
    return { status: '200 OK', headers: sums }
  }

  #part(uploadId: string, query: URLSearchParams, headers: Request['headers']): Answer {
    this.parts += 1
    const md5 = headers.get('content-md5')
    const upload = this.#uploads.get(uploadId)
    if (upload !== undefined) {
      upload.bytes += Number(headers.get('x-amz-decoded-content-length') ?? headers.get('content-length') ?? 0)
      if (md5 !== undefined) upload.md5s.set(Number(query.get('partNumber')), md5)
    }
    const etag = md5 === undefined ? `"null-${query.get('partNumber')}"` : `"${toHex(md5)}"`
    return { status: '200 OK', headers: { etag, ...echoed(headers) } }
  }

  #complete(key: string, uploadId: string, headers: Request['headers']): Answer {
    const upload = this.#uploads.get(uploadId)
    this.#uploads.delete(uploadId)
    const md5s = [...(upload?.md5s ?? [])].sort(([a], [b]) => a - b).map(([, md5]) => Buffer.from(md5, 'base64'))
    // rclone compares it with the MD5 of the MD5s that it sent.
    const etag = `"${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${md5s.length}"`
    const crc32 = headers.get('x-amz-checksum-crc32')
    this.#store(key, String(upload?.bytes ?? 0), { etag, ...echoed(headers) })
    const sum = crc32 === undefined ? '' : `<ChecksumCRC32>${crc32}</ChecksumCRC32>`
    return xml('CompleteMultipartUploadResult', `<Key>k</Key><ETag>&quot;${etag.slice(1, -1)}&quot;</ETag>${sum}`)
  }

  #store(key: string, bytes: string, sums: Record<string, string>): void {
    this.#objects.set(key, { ...sums, 'content-length': bytes, 'last-modified': new Date().toUTCString() })
  }
}

function bucketAnswer(query: URLSearchParams, bucket: string): Answer {
  if (query.has('location')) return xml('LocationConstraint', '')
  if (query.has('uploads')) return xml('ListMultipartUploadsResult', '<IsTruncated>false</IsTruncated>')
  const counts = '<KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>'
  return xml('ListBucketResult', `<Name>${bucket}</Name>${counts}`)
}

function xml(root: string, inner: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`
  return { status: '200 OK', headers: { 'content-type': 'application/xml' }, body }
}

function echoed(headers: Request['headers']): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => /^x-amz-checksum-(crc|sha)/.test(name)))
}

function toHex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex')
}
