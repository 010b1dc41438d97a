import type { ErrorCode, TransferError } from '../../shared/errors.ts'

/** Errors of the network, of TLS and of proxies, as Node throws them, become ours here: s3-errors.ts asks. */

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'host-not-found',
  EAI_AGAIN: 'host-not-found',
  EAI_NODATA: 'host-not-found',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'network-lost',
  EPIPE: 'network-lost',
  ECONNABORTED: 'network-lost',
  ENETUNREACH: 'network-lost',
  EHOSTUNREACH: 'network-lost',
  ENETDOWN: 'network-lost',
  EADDRNOTAVAIL: 'network-lost',
  ETIMEDOUT: 'request-timeout',
}

/** What Node's system errors carry beside their code. */
interface SystemError extends Error {
  readonly code: string
  readonly syscall?: string
  readonly hostname?: string
  readonly address?: string
  readonly port?: number
  /** HTTP status of a proxy that built no tunnel. */
  readonly statusCode?: number
  /** See `nameIssuer`. */
  readonly issuer?: string
}

/** @param context names the destination: `bucket "b" at host`. null: not an error of this kind */
export function errorOfSystem(thrown: unknown, context: string): TransferError | null {
  const error = systemErrorOf(thrown)
  if (error === null) return null
  const detail = `${error.code}: ${error.message}`
  if (error.code === 'ERR_PROXY_TUNNEL') return { ...proxyError(error.statusCode ?? 0, context), detail }
  const tls = tlsSentence(error, context)
  if (tls !== null) return { code: 'tls-rejected', message: tls, detail }
  // Not HTTP as it should be, headers without end, or more than anybody asked for.
  if (error.code.startsWith('HPE_') || error.code === ANSWER_TOO_LARGE) return { ...unreadable(context), detail }
  const code = BY_CODE[error.code]
  return code === undefined ? null : { code, message: sentence(code, error, context), detail }
}

export function networkError(code: 'network-lost' | 'request-timeout', context: string, detail: string): TransferError {
  return { code, message: networkSentence(code, context), detail }
}

/** The code of errors that end an answer larger than anything we ask for. */
export const ANSWER_TOO_LARGE = 'SLUICE_ANSWER_TOO_LARGE'

/** The other side does not speak S3, or means harm. */
export function unreadable(context: string): TransferError {
  return { code: 'answer-invalid', message: `The answer of ${context} could not be understood.` }
}

/** A proxy answered with this HTTP status instead of leading to the destination. */
export function proxyError(status: number, context: string): TransferError {
  if (status === 407) {
    const remedy = 'put them into HTTPS_PROXY, as http://user:password@host:port'
    return { code: 'proxy-rejected', message: `The proxy wants a user and password for ${context}: ${remedy}.` }
  }
  // It is the proxy that does not reach the destination, which may pass.
  if (status >= 500) return { code: 'network-lost', message: `The proxy did not reach ${context} (${status}).` }
  return { code: 'proxy-rejected', message: `The proxy refused to connect to ${context} (${status}).` }
}

function sentence(code: ErrorCode, error: SystemError, context: string): string {
  const { syscall, hostname, address, port } = error
  // Not always the endpoint: it may be the proxy that is not there.
  if (code === 'host-not-found' && hostname !== undefined) {
    return `The host was not found: ${hostname}, on the way to ${context}. Check the name and the network.`
  }
  if (code === 'connection-refused' && address !== undefined) {
    return `The connection was refused by ${address}:${port}, on the way to ${context}. Check address and port.`
  }
  if (syscall === 'bind' && address !== undefined) {
    return `This computer has no address ${address} to connect from: choose another bind address.`
  }
  return networkSentence(code, context)
}

function networkSentence(code: ErrorCode, context: string): string {
  switch (code) {
    case 'host-not-found':
      return `The host was not found: ${context}. Check the endpoint's name and the network.`
    case 'connection-refused':
      return `The connection was refused by ${context}. Check the endpoint's address and port.`
    case 'request-timeout':
      return `No answer came in time from ${context}.`
    default:
      return `The connection to ${context} was lost.`
  }
}

/** null: not an error of TLS. */
function tlsSentence({ code, message, issuer }: SystemError, context: string): string | null {
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return `TLS could not be agreed on with ${context}: the endpoint may be one for http://, not https://.`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `The certificate of ${context} is for another host: ${message}`
  if (code === 'CERT_HAS_EXPIRED') return `The certificate of ${context} has expired.`
  if (code === 'CERT_NOT_YET_VALID') return `The certificate of ${context} is not valid yet, or this clock is wrong.`
  if (!/CERT|SELF_SIGNED|UNABLE_TO_|^ERR_TLS|HOSTNAME_MISMATCH/.test(code)) return null
  const by = issuer === undefined ? '' : `: it was issued by “${issuer}”`
  return `The certificate of ${context} is not trusted${by}. If you trust its issuer, name its certificate as the CA file.`
}

/** The error or the first cause that has a code; AggregateError (several addresses) included. */
function systemErrorOf(thrown: unknown): SystemError | null {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; depth++) {
    if ('code' in error && typeof error.code === 'string') return error as SystemError
    error = error instanceof AggregateError ? error.errors[0] : error.cause
  }
  return null
}
