import type { TransferError } from '../../shared/errors.ts'
import type { Checksum, ChecksumAlgorithm } from '../../shared/transfer.ts'
import type { CountedQuotas } from './quota-meter.ts'

/** Messages between the engine and its senders. Byte progress is not among them: see `counters.ts`. */

/** What told this file from another when it was queued; compared before and after each request. */
export interface FileIdentity {
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  readonly inode: bigint
  readonly device: bigint
}

/** A destination as a sender needs it: where to connect and how to sign. */
export interface SenderDestination {
  readonly id: string
  /** Includes the bucket, in the host or as the first piece of the path; no final slash. */
  readonly baseUrl: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  /** For messages: `bucket "b" at host`. */
  readonly context: string
  /** PEM text added to the system's certificate authorities, or null. */
  readonly ca: string | null
  /** See `WayThere`. */
  readonly proxy: string | null
  readonly bindAddress: string | null
  /** The server's clock less ours, as far as the control calls have shown it. */
  readonly clockOffsetMs: number
}

interface JobBase {
  readonly jobId: number
  readonly path: string
  readonly identity: FileIdentity
}

/** A part that the server holds, and of which an earlier run did not hear any more that it arrived. */
export interface PartThere {
  readonly etag: string
  /** Base64, in the job's algorithm; null where the server tells none: then its ETag is taken for an MD5. */
  readonly checksum: string | null
}

/** One PUT with a body: a whole small file, or one part. */
export interface PutJob extends JobBase {
  readonly kind: 'put'
  readonly destinationId: string
  readonly key: string
  readonly offset: number
  readonly bytes: number
  /** null: PutObject. */
  readonly part: { readonly uploadId: string; readonly partNumber: number } | null
  readonly checksum: ChecksumAlgorithm
  /** What the server holds in this part's place: if that is the same, nothing is sent. */
  readonly there: PartThere | null
  /** The transfer's own node in the limit tree. */
  readonly leaf: number
  /** The nodes that pace requests (and files, for a whole one), each with those above it, passed before the request begins. */
  readonly requestLeaves: readonly number[]
  /** Sends `If-None-Match: *`. */
  readonly onlyIfNew: boolean
  /** Of a PutObject: what is kept with the object. */
  readonly headers: Readonly<Record<string, string>>
}

/** Reads the whole file and says whether an object with these marks would be the same. */
export interface CompareJob extends JobBase {
  readonly kind: 'compare'
  /** The object's, where the server told one. */
  readonly checksum: Checksum | null
  /** Else its ETag: the MD5 of the bytes, or of the parts' MD5s for `partBytes` parts. */
  readonly etag: string
  readonly partBytes: number
}

export type Job = PutJob | CompareJob

export type ToSender =
  | { readonly type: 'destination'; readonly destination: SenderDestination }
  | { readonly type: 'jobs'; readonly jobs: readonly Job[] }
  /** These requests end now; each still answers, with 'interrupted'. */
  | { readonly type: 'stop'; readonly jobIds: readonly number[] }
  /** The connections (places in the counters) that this sender may use. */
  | { readonly type: 'lanes'; readonly lanes: readonly number[] }
  /** What counts from now on. */
  | { readonly type: 'quotas'; readonly counted: CountedQuotas }
  /** The network has changed: connections are made anew. */
  | { readonly type: 'reconnect' }
  /** A limit has changed. */
  | { readonly type: 'wake' }
  /** The thread ends itself: ended from outside in the middle of a call, Node 24 has crashed. */
  | { readonly type: 'end' }

export interface PutOutcome {
  readonly kind: 'put'
  readonly jobId: number
  readonly etag: string
  readonly versionId: string | null
  /** CRC-32 of the bytes as they were written; 0 without checksums. */
  readonly crc32: number
  /** Base64 in the job's algorithm, of the bytes as they were written; null for 'none'. */
  readonly checksum: string | null
  /** The same as the server returned it; null where it returned none. */
  readonly serverChecksum: string | null
  readonly sentBytes: number
  readonly requestMs: number
}
export interface CompareOutcome {
  readonly kind: 'compare'
  readonly jobId: number
  readonly same: boolean
}
export interface FailedOutcome {
  readonly kind: 'failed'
  readonly jobId: number
  readonly error: TransferError
  /** 0 where no answer came. */
  readonly status: number
  readonly sentBytes: number
  readonly requestMs: number
}
export type Outcome = PutOutcome | CompareOutcome | FailedOutcome

export type FromSender = { readonly type: 'outcomes'; readonly outcomes: readonly Outcome[] }

export interface SenderWorkerData {
  readonly limits: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  readonly quotas: SharedArrayBuffer
  /** This sender's place in the counts of quotas. */
  readonly worker: number
  /** Memory for what it has summed and not yet sent. */
  readonly heldBytes: number
}
