/** TLS 1.3 adds 22 bytes to each record of up to 16 KiB: 5 of header, 1 of type, 16 of tag. */
const TLS_RECORD_BYTES = 16 * 1024
const TLS_RECORD_OVERHEAD = 22

/**
 * What a client sends to begin a TLS 1.3 connection, as Node 24 does: 1.6 KiB, most of it a key share that withstands
 * quantum computers; 0.3 more where it resumes a session.
 */
export const TLS_HANDSHAKE_BYTES = 1_700

/** What so many bytes of a request are at the socket: limits and quotas count those. */
export type WireBytes = (bytes: number) => number

/** @param protocol of a `URL`, with its colon */
export function wireBytesOf(protocol: string): WireBytes {
  return protocol === 'https:' ? tlsBytes : (bytes) => bytes
}

/** What `bytes` are on the wire over TLS. */
export function tlsBytes(bytes: number): number {
  return bytes + TLS_RECORD_OVERHEAD * Math.ceil(bytes / TLS_RECORD_BYTES)
}
