import { fork } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import * as net from 'node:net'
import { setPriority } from 'node:os'
import * as tls from 'node:tls'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Arrivals } from './support/recorder.ts'
import { Recorder } from './support/recorder.ts'

/**
 * A process that answers like S3 and throws every body away: what is measured against it is the client. It believes
 * every signature and every checksum. Reads go into one shared buffer that nobody looks at, which costs 0.25 CPU
 * seconds a GiB where `data` events cost 1.2; with `record` it stamps each arrival (support/recorder.ts).
 *
 * node bench/null-server.ts [--port N] [--tls FILE] prints where it listens; FILE holds a key and a certificate (PEM).
 */

export interface ServerOptions {
  /** PEM file with key and certificate. */
  readonly tlsFile?: string
  readonly record?: boolean
}

/** Since the last `reset`. */
export interface ServerReport {
  readonly cpuSeconds: number
  readonly puts: number
  readonly parts: number
  readonly requests: number
  readonly bytes: number
  readonly arrivals: Arrivals | null
}

export interface NullServer extends AsyncDisposable {
  readonly port: number
  /** Forgets objects and counts; a recording starts with the next body. */
  reset(): Promise<void>
  report(): Promise<ServerReport>
}

type Ask = 'reset' | 'report'
/** One buffer for all connections: the kernel fills it and the parser is done with it before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(4 * 1024 * 1024)
const EMPTY = Buffer.alloc(0)

/** Starts the server as a process of its own; it ends with its parent at the latest. */
export async function startNullServer({ tlsFile, record }: ServerOptions = {}): Promise<NullServer> {
  const args = [...(tlsFile === undefined ? [] : ['--tls', tlsFile]), ...(record ? ['--record'] : [])]
  const child = fork(import.meta.filename, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const next = <T>() =>
    new Promise<T>((resolve, reject) => {
      const onExit = () => reject(new Error('the null server ended'))
      child.once('exit', onExit)
      child.once('message', (message) => {
        child.off('exit', onExit)
        resolve(message as T)
      })
    })
  const ask = async <T>(question: Ask): Promise<T> => {
    const answer = next<T>()
    child.send(question)
    return await answer
  }
  const port = await next<number>()
  return {
    port,
    reset: () => ask<void>('reset'),
    report: () => ask<ServerReport>('report'),
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}

interface Request {
  readonly method: string
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: ReadonlyMap<string, string>
}

interface Answer {
  readonly status: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What little a client asks for again. */
class Bucket {
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

/** One connection: finds the heads, counts the bodies down. `feed` keeps nothing of its chunk. */
class Connection {
  readonly #bucket: Bucket
  readonly #write: (text: string) => void
  readonly #onBody: () => void
  #head: Buffer = EMPTY
  #request: Request | null = null
  #bodyLeft = 0

  constructor(bucket: Bucket, write: (text: string) => void, onBody: () => void) {
    this.#bucket = bucket
    this.#write = write
    this.#onBody = onBody
  }

  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#request === null) {
        const carried = this.#head.length
        const data = carried === 0 ? chunk.subarray(at) : Buffer.concat([this.#head, chunk.subarray(at)])
        const end = data.indexOf('\r\n\r\n')
        this.#head = end < 0 ? Buffer.from(data) : EMPTY
        if (end < 0) return
        at += end + 4 - carried
        this.#begin(data.toString('latin1', 0, end))
      } else {
        const taken = Math.min(this.#bodyLeft, chunk.length - at)
        at += taken
        this.#bodyLeft -= taken
        if (this.#request.method === 'PUT') this.#onBody()
      }
      if (this.#bodyLeft === 0) this.#end()
    }
  }

  #begin(head: string): void {
    const [first = '', ...lines] = head.split('\r\n')
    const [method = '', target = '/'] = first.split(' ')
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const [path = '', search = ''] = target.split('?')
    const slash = path.indexOf('/', 1)
    const [bucket, key] = slash < 0 ? [path.slice(1), ''] : [path.slice(1, slash), path.slice(slash + 1)]
    this.#request = { method, bucket, key, query: new URLSearchParams(search), headers }
    this.#bodyLeft = Number(headers.get('content-length') ?? 0)
    if (headers.get('expect') !== undefined) this.#write('HTTP/1.1 100 Continue\r\n\r\n')
  }

  #end(): void {
    if (this.#request === null) return
    const {
      status,
      headers = {},
      body = '',
    } = this.#request.headers.has('transfer-encoding')
      ? { status: '411 Length Required', headers: { connection: 'close' } }
      : this.#bucket.answer(this.#request)
    const all = { 'content-length': String(body.length), 'x-amz-request-id': 'null', ...headers }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
    this.#request = null
    this.#write(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
  }
}

/** A server whose sockets read into READ_BUFFER. Node has that for sockets it is given, not for those it accepts. */
function rawServer(onSocket: (socket: net.Socket) => (chunk: Buffer) => void): net.Server {
  return net.createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
    const { _handle: handle } = accepted as unknown as { _handle: object }
    let feed: (chunk: Buffer) => void = () => {}
    const onread = {
      buffer: READ_BUFFER,
      callback: (bytes: number) => {
        feed(READ_BUFFER.subarray(0, bytes))
        return true
      },
    }
    const socket = new net.Socket({ handle, onread, readable: true, writable: true } as net.SocketConstructorOpts)
    socket.on('error', () => socket.destroy())
    feed = onSocket(socket)
    socket.resume()
  })
}

async function serve(options: { port: number; tlsFile: string | undefined; record: boolean }): Promise<number> {
  const listen = async (server: net.Server, port = 0) => {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }
  let bucket = new Bucket()
  let recorder: Recorder | null = options.record ? new Recorder() : null
  let bytes = 0
  let cpu = process.cpuUsage()
  const onBody = () => recorder?.body()
  const parser = (socket: net.Socket) => {
    const connection = new Connection(bucket, (text) => socket.write(text), onBody)
    return (chunk: Buffer) => connection.feed(chunk)
  }
  process.on('message', (question: Ask) => {
    if (question === 'reset') {
      bucket = new Bucket()
      bytes = 0
      cpu = process.cpuUsage()
      recorder = options.record ? new Recorder() : null
      process.send?.(null)
      return
    }
    const { user, system } = process.cpuUsage(cpu)
    const { puts, parts, requests } = bucket
    const arrivals = recorder?.arrivals() ?? null
    process.send?.({ cpuSeconds: (user + system) / 1e6, puts, parts, requests, bytes, arrivals })
  })
  process.on('disconnect', () => process.exit())

  if (options.tlsFile === undefined) {
    const server = rawServer((socket) => {
      const feed = parser(socket)
      return (chunk) => {
        bytes += chunk.length
        recorder?.arrived(socket, chunk.length)
        feed(chunk)
      }
    })
    return await listen(server, options.port)
  }
  const pem = readFileSync(options.tlsFile)
  const secure = tls.createServer({ key: pem, cert: pem }, (socket) => {
    socket.on('error', () => socket.destroy())
    const feed = parser(socket)
    socket.on('data', feed)
  })
  if (!options.record) return await listen(secure, options.port)
  // What goes over the wire is counted in front of TLS, heads, records and all.
  const securePort = await listen(secure)
  const counting = net.createServer({ noDelay: true }, (outer) => {
    const inner = net.connect({ port: securePort, host: '127.0.0.1', noDelay: true })
    outer.on('data', (chunk) => {
      bytes += chunk.length
      recorder?.arrived(outer, chunk.length)
    })
    for (const socket of [outer, inner]) socket.on('error', () => inner.destroy(outer.destroy().errored ?? undefined))
    outer.pipe(inner).pipe(outer)
  })
  return await listen(counting, options.port)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, tls: { type: 'string' }, record: { type: 'boolean' } },
  })
  // A late receiver stamps late. Only where this process may, and only where it is the instrument.
  if (values.record) {
    try {
      setPriority(-10)
    } catch {}
  }
  const port = await serve({ port: Number(values.port ?? 0), tlsFile: values.tls, record: values.record ?? false })
  if (process.send === undefined) console.log(`http${values.tls === undefined ? '' : 's'}://127.0.0.1:${port}`)
  else process.send(port)
}
