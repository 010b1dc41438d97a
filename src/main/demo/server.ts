import { mkdirSync } from 'node:fs'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { IDLE_BODY_MS } from './body-reader.ts'
import type { Keys } from './credentials.ts'
import { keysOf } from './credentials.ts'
import { Dispatcher } from './dispatcher.ts'
import type { Fault } from './faults.ts'
import { FaultPlan } from './faults.ts'
import { lockFolder } from './folder-lock.ts'
import type { LoggedRequest } from './request-log.ts'
import { RequestLog } from './request-log.ts'
import type { Operation } from './routes.ts'
import { SignatureChecker } from './signature.ts'
import { Store } from './store.ts'

/** Loopback only, whatever is asked: the demo bucket is never a service to others. */
const HOST = '127.0.0.1'
/** The request line and headers: a key of 1024 bytes is 3072 when encoded, metadata 2048. */
const MAX_HEADER_BYTES = 32 * 1024

export interface DemoOptions {
  /** Everything is kept in here; created if missing. One server at a time. */
  readonly dir: string
  /** 0 or left out: any free one. */
  readonly port?: number
  /** The bucket that exists from the start. Default 'demo'. */
  readonly bucket?: string
  /** Default 'us-east-1'. */
  readonly region?: string
  /** Both or neither. Default: random ones, kept in `dir`, so that a restart answers to the same. */
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  /** Entries of one listing page, at most 1000 (the default). */
  readonly pageSize?: number
  /** A body silent for this long ends in RequestTimeout. Default 20 s, as S3. */
  readonly idleBodyMs?: number
  readonly faults?: readonly Fault[]
  /** PEM. With it the endpoint is https. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** Where a running demo bucket is and which keys open it. */
export interface DemoInfo extends Keys {
  /** `http://127.0.0.1:<port>`, for path style; `<bucket>.localhost:<port>` names a bucket too. */
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
}

export interface DemoServer extends DemoInfo {
  /** Replaces the script; its counts start from zero. */
  setFaults(faults: readonly Fault[]): void
  /** The last requests, oldest first, each entered when it has ended; bounded. */
  readonly log: readonly LoggedRequest[]
  /** How many requests of each operation there have been. */
  readonly counters: { readonly [O in Operation]?: number }
  /** Ends open connections and releases the folder. */
  close(): Promise<void>
}

/**
 * A small S3 server over one folder. Data survive a restart and a kill; see `object-log.ts` for what is not promised.
 * @throws Error with a sentence for people when the folder is in use or cannot be written, or the port is taken.
 */
export async function startDemoServer(options: DemoOptions): Promise<DemoServer> {
  const { dir, bucket = 'demo', region = 'us-east-1', tls } = options
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const unlock = await lockFolder(dir)
  try {
    const keys = givenKeys(options) ?? keysOf(dir)
    const store = new Store(dir)
    if (!store.buckets.has(bucket)) store.createBucket(bucket)
    const faults = new FaultPlan()
    faults.set(options.faults ?? [])
    const log = new RequestLog()
    const dispatcher = new Dispatcher({
      store,
      region,
      checker: new SignatureChecker({ ...keys, region }),
      faults,
      log,
      pageSize: options.pageSize ?? 1000,
      idleBodyMs: options.idleBodyMs ?? IDLE_BODY_MS,
    })
    const server = newServer(tls, (request, response) => dispatcher.handle(request, response, false))
    server.on('checkContinue', (request: IncomingMessage, response) => dispatcher.handle(request, response, true))
    await listen(server, options.port ?? 0)
    const { port } = server.address() as AddressInfo
    return {
      endpoint: `${tls === undefined ? 'http' : 'https'}://${HOST}:${port}`,
      region,
      bucket,
      ...keys,
      setFaults: (script) => faults.set(script),
      log: log.entries,
      counters: log.counters,
      close: async () => {
        await closeServer(server)
        await dispatcher.idle()
        await store.close()
        await unlock()
      },
    }
  } catch (error) {
    await unlock()
    throw error
  }
}

function givenKeys({ accessKeyId, secretAccessKey }: DemoOptions): Keys | null {
  if (accessKeyId === undefined && secretAccessKey === undefined) return null
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error('Give both the access key id and the secret access key, or neither.')
  }
  return { accessKeyId, secretAccessKey }
}

function newServer(tls: DemoOptions['tls'], listener: RequestListener): Server {
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    // A slow upload may take hours; silence is what ends one, in BodyReader.
    requestTimeout: 0,
    // Longer than any client's, so that it is never the server that closes under a request.
    keepAliveTimeout: 120_000,
    noDelay: true,
  }
  return tls === undefined ? createServer(limits, listener) : createTlsServer({ ...limits, ...tls }, listener)
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} of ${HOST} is in use by another program.`) : error)
    })
    server.listen(port, HOST, resolve)
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
