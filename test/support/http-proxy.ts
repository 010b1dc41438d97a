import http from 'node:http'
import net from 'node:net'

/**
 * A real HTTP proxy: CONNECT for https, whole URLs for http. Whatever host is named, it goes to this computer, at the
 * port that is named, so that a test can use host names that exist nowhere.
 */
export class HttpProxy implements AsyncDisposable {
  readonly #server: http.Server
  readonly #sockets = new Set<net.Socket>()
  /** `CONNECT host:port` and `PUT http://host:port/…`, without queries, in the order in which they came. */
  readonly seen: string[] = []
  /** Addresses that connections came from. */
  readonly from = new Set<string>()
  /** `user:password` that it asks for, or null. */
  credentials: string | null = null
  /** Answers every request with this status instead. */
  refusesWith: number | null = null

  private constructor() {
    this.#server = http.createServer((request, response) => this.#forward(request, response))
    this.#server.on('connection', (socket) => {
      this.from.add(socket.remoteAddress ?? '')
      this.#keep(socket)
    })
    this.#server.on('connect', (request, socket: net.Socket, head) => this.#tunnel(request, socket, head))
  }

  static async start(): Promise<HttpProxy> {
    const proxy = new HttpProxy()
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return this.urlOf(null)
  }

  /** @param credentials `user:password` as a client would send them */
  urlOf(credentials: string | null): string {
    const { port } = this.#server.address() as net.AddressInfo
    return `http://${credentials === null ? '' : `${credentials}@`}127.0.0.1:${port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }

  /** The status of a refusal, or null. */
  #refusal({ headers }: http.IncomingMessage): number | null {
    if (this.refusesWith !== null) return this.refusesWith
    if (this.credentials === null) return null
    const expected = `Basic ${Buffer.from(this.credentials).toString('base64')}`
    return headers['proxy-authorization'] === expected ? null : 407
  }

  #tunnel(request: http.IncomingMessage, socket: net.Socket, head: Buffer): void {
    this.seen.push(`CONNECT ${request.url}`)
    const refusal = this.#refusal(request)
    if (refusal !== null) return void socket.end(`HTTP/1.1 ${refusal} ${http.STATUS_CODES[refusal]}\r\n\r\n`)
    const port = Number(request.url?.split(':').at(-1))
    const far = net.connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      far.write(head)
      far.pipe(socket).pipe(far)
    })
    this.#keep(far)
    far.on('close', () => socket.destroy())
    socket.on('close', () => far.destroy())
  }

  #forward(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? '')
    this.seen.push(`${request.method} ${url.origin}${url.pathname}`)
    const refusal = this.#refusal(request)
    if (refusal !== null) {
      request.resume()
      return void response.writeHead(refusal).end()
    }
    const { method, headers } = request
    const far = http.request({ host: '127.0.0.1', port: url.port, path: url.pathname + url.search, method, headers })
    far.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    far.on('error', () => response.destroy())
    request.pipe(far)
  }
}
