import type { NullBucket, Request } from './null-bucket.ts'

const EMPTY = Buffer.alloc(0)

/** One connection: finds the heads, counts the bodies down. `feed` keeps nothing of its chunk. */
export class NullConnection {
  readonly #bucket: NullBucket
  readonly #write: (text: string) => void
  readonly #onBody: (key: string, bytes: number) => void
  #head: Buffer = EMPTY
  #request: Request | null = null
  #bodyLeft = 0

  constructor(bucket: NullBucket, write: (text: string) => void, onBody: (key: string, bytes: number) => void) {
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
        if (this.#request.method === 'PUT') this.#onBody(this.#request.key, taken)
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
