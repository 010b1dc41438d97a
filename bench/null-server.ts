import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import * as net from 'node:net'
import { constants, setPriority } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import * as tls from 'node:tls'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { NullBucket } from './support/null-bucket.ts'
import { NullConnection } from './support/null-connection.ts'
import type { Arrivals, BodyTimes } from './support/recorder.ts'
import { Bodies, Recorder } from './support/recorder.ts'

/**
 * A process that answers like S3 and throws every body away: what is measured against it is the client. It believes
 * every signature and every checksum. Reads go into one shared buffer that nobody looks at, which costs 0.25 CPU
 * seconds a GiB where `data` events cost 1.2; with `record` it stamps each arrival (support/recorder.ts). Over TLS a process in
 * front does that: what goes over the wire counts, heads, records and all, and decrypting must not hold the stamps up.
 *
 * node bench/null-server.ts [--port N] [--tls FILE] prints where it listens; FILE holds a key and a certificate (PEM).
 * With --forward PORT it passes all bytes on to that port of this machine.
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
  /** Of bodies; null while nothing is recorded. */
  readonly times: BodyTimes | null
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

/** `times` of the bodies whose arrivals are asked for; without them, of those that were read here. */
type Ask =
  | { readonly kind: 'reset' }
  | { readonly kind: 'counts' }
  | { readonly kind: 'report'; readonly times?: BodyTimes | null | undefined }
/** Of the timer whose lateness is watched. */
const TICK_MS = 5
/** One buffer for all connections: the kernel fills it and the parser is done with it before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(4 * 1024 * 1024)

/** Starts the server as a process of its own, or two; they end with their parent at the latest. */
export async function startNullServer({ tlsFile, record }: ServerOptions = {}): Promise<NullServer> {
  const server = await startProcess([
    ...(tlsFile === undefined ? [] : ['--tls', tlsFile]),
    ...(record ? ['--record'] : []),
  ])
  if (tlsFile === undefined || !record) return server
  const front = await startProcess(['--record', '--forward', String(server.port)])
  return {
    port: front.port,
    reset: async () => {
      await server.reset()
      await front.reset()
    },
    report: async () => {
      const behind = await server.report()
      const { bytes, arrivals, lateMs, cpuSeconds } = await front.report(behind.times)
      return { ...behind, bytes, arrivals, lateMs, cpuSeconds: behind.cpuSeconds + cpuSeconds }
    },
    counts: async () => ({ ...(await server.counts()), bytes: (await front.counts()).bytes }),
    [Symbol.asyncDispose]: async () => {
      await front[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** One process of it. */
async function startProcess(args: readonly string[]) {
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
    reset: () => ask<void>({ kind: 'reset' }),
    report: (times?: BodyTimes | null) => ask<ServerReport>({ kind: 'report', times }),
    counts: () => ask<Counts>({ kind: 'counts' }),
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** A server whose sockets read into READ_BUFFER, until one is told to wait (false). Node has that for sockets it is given, not for those it accepts. */
function rawServer(onSocket: (socket: net.Socket) => (chunk: Buffer) => boolean): net.Server {
  return net.createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
    const { _handle: handle } = accepted as unknown as { _handle: object }
    let feed: (chunk: Buffer) => boolean = () => true
    const onread = {
      buffer: READ_BUFFER,
      callback: (bytes: number) => feed(READ_BUFFER.subarray(0, bytes)),
    }
    const socket = new net.Socket({ handle, onread, readable: true, writable: true } as net.SocketConstructorOpts)
    socket.on('error', () => socket.destroy())
    feed = onSocket(socket)
    socket.resume()
  })
}

interface Served {
  readonly port: number
  readonly tlsFile: string | undefined
  readonly record: boolean
  readonly forwardTo: number | null
}

async function serve({ port, tlsFile, record, forwardTo }: Served): Promise<number> {
  let bucket = new NullBucket()
  let recorder = record ? new Recorder() : null
  let bodies = record ? new Bodies() : null
  let bytes = 0
  let cpu = process.cpuUsage()
  // Over TLS a process in front stamps.
  if (record && tlsFile === undefined) runFirst()
  const delay = record ? monitorEventLoopDelay({ resolution: TICK_MS }) : null
  delay?.enable()
  const onBody = (key: string, count: number) => bodies?.body(key, count)
  const parser = (socket: net.Socket) => {
    const connection = new NullConnection(bucket, (text) => socket.write(text), onBody)
    return (chunk: Buffer) => {
      connection.feed(chunk)
      return true
    }
  }
  process.on('message', (question: Ask) => {
    if (question.kind === 'reset') {
      bucket = new NullBucket()
      bytes = 0
      cpu = process.cpuUsage()
      delay?.reset()
      recorder = record ? new Recorder() : null
      bodies = record ? new Bodies() : null
      process.send?.(null)
      return
    }
    if (question.kind === 'counts') {
      process.send?.({ bytes, bytesOfKeys: bodies?.bytesOfKeys ?? {} })
      return
    }
    const { user, system } = process.cpuUsage(cpu)
    const { puts, parts, requests } = bucket
    const times = question.times ?? bodies?.times ?? null
    const arrivals = recorder?.arrivals(times) ?? null
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - TICK_MS)
    const lateMs = delay === null ? null : { worst: late(delay.max), p99: late(delay.percentile(99)) }
    process.send?.({ cpuSeconds: (user + system) / 1e6, puts, parts, requests, bytes, arrivals, times, lateMs })
  })
  process.on('disconnect', () => process.exit())

  const server =
    tlsFile === undefined
      ? rawServer((socket) => {
          const feed = forwardTo === null ? parser(socket) : forwarder(socket, forwardTo)
          return (chunk) => {
            bytes += chunk.length
            recorder?.arrived(socket, chunk.length)
            return feed(chunk)
          }
        })
      : secureServer(tlsFile, (socket) => {
          const feed = parser(socket)
          return (chunk) => {
            bytes += chunk.length
            feed(chunk)
          }
        })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** What has arrived is stamped when it is read: that must not wait until other processes of the benchmark have had their turn. */
function runFirst(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH)
  } catch {
    console.error(
      'The receiver may not run before other processes (root may): its stamps are late when both processors are busy.',
    )
  }
}

function secureServer(pemFile: string, onSocket: (socket: tls.TLSSocket) => (chunk: Buffer) => void): net.Server {
  const pem = readFileSync(pemFile)
  return tls.createServer({ key: pem, cert: pem }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', onSocket(socket))
  })
}

/** Passes on what comes to `outer`, and back what is answered. */
function forwarder(outer: net.Socket, port: number): (chunk: Buffer) => boolean {
  const inner = net.connect({ port, host: '127.0.0.1', noDelay: true })
  inner.on('error', () => outer.destroy())
  outer.on('close', () => inner.destroy())
  inner.pipe(outer)
  return (chunk) => {
    // The buffer is read into again before this is written.
    if (inner.write(Buffer.from(chunk))) return true
    inner.once('drain', () => outer.resume())
    return false
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      tls: { type: 'string' },
      record: { type: 'boolean' },
      forward: { type: 'string' },
    },
  })
  const port = await serve({
    port: Number(values.port ?? 0),
    tlsFile: values.tls,
    record: values.record ?? false,
    forwardTo: values.forward === undefined ? null : Number(values.forward),
  })
  if (process.send === undefined) console.log(`http${values.tls === undefined ? '' : 's'}://127.0.0.1:${port}`)
  else process.send(port)
}
