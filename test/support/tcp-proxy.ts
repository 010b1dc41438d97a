import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What becomes of the bytes of one direction. `stall`: nothing is taken any more; `swallow`: all is taken and nothing
 * arrives; a number: so many bytes a second.
 */
export type Flow = 'pass' | 'stall' | 'swallow' | number

export interface Flows {
  /** From the client to the server. */
  readonly up: Flow
  readonly down: Flow
}

const PASS: Flows = { up: 'pass', down: 'pass' }

/**
 * A real TCP proxy between a client and a server, whose faults a test scripts: the network between them.
 *
 *     await using proxy = await TcpProxy.start(server.port)
 *     proxy.impose({ up: 'stall' })      // the connections of now; later ones are sound
 */
export class TcpProxy implements AsyncDisposable {
  readonly #targetPort: number
  readonly #connections = new Set<Connection>()
  #server: net.Server | null = null
  #port = 0
  /** Connections made so far. */
  made = 0
  /** What new connections begin with. */
  fresh: Flows = PASS

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort)
    await proxy.accept()
    return proxy
  }

  get port(): number {
    return this.#port
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Connections that stand. */
  get open(): number {
    return this.#connections.size
  }

  /** Listens, after `refuse` at the same port as before: whoever has taken it meanwhile has it for a moment only. */
  async accept(): Promise<void> {
    while (this.#server === null) {
      await this.#listen().catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE') throw error
        await sleep(50)
      })
    }
  }

  async #listen(): Promise<void> {
    const server = net.createServer({ allowHalfOpen: true }, (client) => {
      this.made++
      const connection = new Connection(client, this.#targetPort, this.fresh, () => {
        this.#connections.delete(connection)
      })
      this.#connections.add(connection)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#server = server
    this.#port = (server.address() as net.AddressInfo).port
  }

  /** New connections are refused; those that stand go on. */
  refuse(): void {
    this.#server?.close()
    this.#server = null
  }

  /** What becomes of the connections that stand. */
  impose(flows: Partial<Flows>): void {
    for (const connection of this.#connections) connection.impose(flows)
  }

  /** Ends the connections that stand by RST, at the client. */
  reset(): void {
    for (const connection of this.#connections) connection.reset()
  }

  /** The server's side of the connections that stand goes away, and the client is never told. */
  loseServer(): void {
    for (const connection of this.#connections) connection.loseServer()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse()
    for (const connection of this.#connections) connection.destroy()
  }
}

class Connection {
  readonly #client: net.Socket
  readonly #server: net.Socket
  readonly #up: Pump
  readonly #down: Pump

  constructor(client: net.Socket, port: number, flows: Flows, onEnd: () => void) {
    this.#client = client
    this.#server = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.#up = new Pump(client, this.#server, flows.up)
    this.#down = new Pump(this.#server, client, flows.down)
    for (const socket of [client, this.#server]) {
      socket.setNoDelay(true)
      socket.on('error', () => this.destroy())
    }
    client.on('close', () => {
      this.destroy()
      onEnd()
    })
  }

  impose({ up, down }: Partial<Flows>): void {
    if (up !== undefined) this.#up.set(up)
    if (down !== undefined) this.#down.set(down)
  }

  reset(): void {
    this.#client.resetAndDestroy()
  }

  loseServer(): void {
    this.impose({ up: 'swallow', down: 'swallow' })
    this.#server.destroy()
  }

  destroy(): void {
    this.#up.end()
    this.#down.end()
    this.#client.destroy()
    this.#server.destroy()
  }
}

/** Carries one direction. Reads only what may go on, so that a stall is felt by whoever writes. */
class Pump {
  readonly #from: net.Socket
  readonly #to: net.Socket
  readonly #timer: NodeJS.Timeout
  #flow: Flow

  constructor(from: net.Socket, to: net.Socket, flow: Flow) {
    this.#from = from
    this.#to = to
    this.#flow = flow
    this.#timer = setInterval(() => this.#trickle(), 1_000)
    from.on('readable', () => this.#move())
    to.on('drain', () => this.#move())
    from.on('end', () => {
      if (this.#flow === 'pass') to.end()
    })
  }

  set(flow: Flow): void {
    this.#flow = flow
    this.#move()
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #move(): void {
    for (;;) {
      if (this.#flow !== 'pass' && this.#flow !== 'swallow') return
      if (this.#flow === 'pass' && this.#to.writableNeedDrain) return
      const piece: Buffer | null = this.#from.read()
      if (piece === null) return
      if (this.#flow === 'pass') this.#to.write(piece)
    }
  }

  #trickle(): void {
    if (typeof this.#flow !== 'number') return
    const piece: Buffer | null = this.#from.read(Math.min(this.#flow, this.#from.readableLength))
    if (piece !== null) this.#to.write(piece)
  }
}
