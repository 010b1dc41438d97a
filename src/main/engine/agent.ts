import type { Agent, ClientRequest } from 'node:http'
import * as tls from 'node:tls'
import { http, https } from './node-http.ts'
import { TLS_HANDSHAKE_BYTES } from './wire-bytes.ts'

/** The way to a destination, for both kinds of requests: those of the senders and those of the SDK. */
export interface WayThere {
  /** Only its scheme counts. */
  readonly baseUrl: string
  /** PEM text added to the system's certificate authorities, or null. */
  readonly ca: string | null
  /** URL of an HTTP proxy; 'none' for a direct way; null: as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say. */
  readonly proxy: string | null
  /** The address of this computer that connections start from, or null for the system's choice. */
  readonly bindAddress: string | null
}

/** This computer is never reached through a proxy that the environment names: the proxy would look for it at home. */
const LOOPBACK = 'localhost,127.0.0.1,::1,[::1]'

/** Keep-alive connections to one destination. Node's own agents speak to proxies (CONNECT for https). */
export function createAgent({ baseUrl, ca, proxy, bindAddress }: WayThere): Agent {
  const options = {
    keepAlive: true,
    maxSockets: Number.POSITIVE_INFINITY,
    scheduling: 'lifo' as const,
    ...(bindAddress === null ? {} : { localAddress: bindAddress }),
    ...(proxy === 'none'
      ? {}
      : { proxyEnv: proxy === null ? ofEnvironment() : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
  }
  const agent = baseUrl.startsWith('https:')
    ? (new https.Agent({ ...options, ...trust(ca) }) as Agent)
    : new http.Agent(options)
  if (bindAddress !== null) bindTowardsProxy(agent, bindAddress)
  return agent
}

/** Made once: to read all authorities again for each connection holds a thread up for 10 ms. */
function trust(ca: string | null): { secureContext?: tls.SecureContext } {
  if (ca === null) return {}
  const authorities = [...tls.getCACertificates('default'), ca]
  return { secureContext: tls.createSecureContext({ ca: authorities }) }
}

/** Node connects to proxies without regard to `localAddress`; how it does is kept in the agent under a symbol. */
function bindTowardsProxy(agent: Agent, localAddress: string): void {
  const symbol = Object.getOwnPropertySymbols(agent).find(({ description }) => description === 'kProxyConfig')
  const config = symbol === undefined ? null : Reflect.get(agent, symbol)
  if (config?.proxyConnectionOptions) Object.assign(config.proxyConnectionOptions, { localAddress })
}

function ofEnvironment(): NodeJS.ProcessEnv {
  const { no_proxy, NO_PROXY } = process.env
  const named = [no_proxy ?? NO_PROXY, LOOPBACK].filter((list) => list !== undefined && list !== '').join(',')
  return { ...process.env, no_proxy: named, NO_PROXY: named }
}

/**
 * Puts the issuer of a certificate that is refused on the error (`issuer`), where Node does not name it. By the time
 * the error comes the certificate is gone; through a proxy it is checked before the socket can be seen.
 */
export function nameIssuer(request: ClientRequest): void {
  request.once('socket', (socket) => {
    if (!(socket instanceof tls.TLSSocket) || !socket.connecting) return
    let issuer = ''
    // Before Node's own listener, which ends a socket whose certificate it refuses.
    socket.prependOnceListener('secure', () => {
      const { O, CN } = socket.getPeerCertificate().issuer ?? {}
      // Foreign text in a sentence for people: a line of printable characters at the most.
      issuer = [CN, O]
        .flat()
        .filter(Boolean)
        .join(', ')
        .replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '')
        .slice(0, 100)
    })
    request.prependOnceListener('error', (error) => {
      if (issuer !== '') Object.assign(error, { issuer })
    })
  })
}

/**
 * What the next request sends to connect: 0 where a connection is at rest, or without TLS.
 * @param protocol of a `URL`, with its colon
 */
export function connectBytesOf({ freeSockets }: Agent, protocol: string): number {
  const isFree = Object.values(freeSockets).some((sockets) => sockets !== undefined && sockets.length > 0)
  return protocol !== 'https:' || isFree ? 0 : TLS_HANDSHAKE_BYTES
}

/** Ends connections that wait for their next request: where one is dead, the others may be as well. */
export function dropIdle({ freeSockets }: Agent): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}
