import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import * as net from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import * as tls from 'node:tls'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { NullBucket } from './support/null-bucket.ts'
import { NullConnection } from './support/null-connection.ts'
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
  /** How late a timer came in this process while it recorded, at worst and as the 99th percentile: what the machine adds. */
  readonly lateMs: { readonly worst: number; readonly p99: number } | null
}

export interface NullServer extends AsyncDisposable {
  readonly port: number
  /** Forgets objects and counts; a recording starts with the next body. */
  reset(): Promise<void>
  report(): Promise<ServerReport>
  /** Quicker than a report. */
  counts(): Promise<Counts>
}

/** What has arrived since the last `reset`. */
export interface Counts {
  /** At the sockets, heads and all. */
  readonly bytes: number
  /** Of bodies; counted while recording. */
  readonly bytesOfKeys: Readonly<Record<string, number>>
}

type Ask = 'reset' | 'report' | 'counts'
/** Of the timer whose lateness is watched. */
const TICK_MS = 5
/** One buffer for all connections: the kernel fills it and the parser is done with it before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(4 * 1024 * 1024)

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
    counts: () => ask<Counts>('counts'),
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
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
  let bucket = new NullBucket()
  let recorder: Recorder | null = options.record ? new Recorder() : null
  let bytes = 0
  let cpu = process.cpuUsage()
  const delay = options.record ? monitorEventLoopDelay({ resolution: TICK_MS }) : null
  delay?.enable()
  const onBody = (key: string, count: number) => recorder?.body(key, count)
  const parser = (socket: net.Socket) => {
    const connection = new NullConnection(bucket, (text) => socket.write(text), onBody)
    return (chunk: Buffer) => connection.feed(chunk)
  }
  process.on('message', (question: Ask) => {
    if (question === 'reset') {
      bucket = new NullBucket()
      bytes = 0
      cpu = process.cpuUsage()
      delay?.reset()
      recorder = options.record ? new Recorder() : null
      process.send?.(null)
      return
    }
    if (question === 'counts') {
      process.send?.({ bytes, bytesOfKeys: recorder?.bytesOfKeys() ?? {} })
      return
    }
    const { user, system } = process.cpuUsage(cpu)
    const { puts, parts, requests } = bucket
    const arrivals = recorder?.arrivals() ?? null
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - TICK_MS)
    const lateMs = delay === null ? null : { worst: late(delay.max), p99: late(delay.percentile(99)) }
    process.send?.({ cpuSeconds: (user + system) / 1e6, puts, parts, requests, bytes, arrivals, lateMs })
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
    socket.on('data', (chunk) => {
      if (!options.record) bytes += chunk.length
      feed(chunk)
    })
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
  const port = await serve({ port: Number(values.port ?? 0), tlsFile: values.tls, record: values.record ?? false })
  if (process.send === undefined) console.log(`http${values.tls === undefined ? '' : 's'}://127.0.0.1:${port}`)
  else process.send(port)
}
