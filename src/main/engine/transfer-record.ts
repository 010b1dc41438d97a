import type { TransferState } from '../../shared/transfer.ts'
import { isMultipart, partCount } from '../core/part-plan.ts'
import type { RateMeter } from '../flow/rate-meter.ts'
import type { TransferOptions } from './api.ts'
import type { FileIdentity, PartThere } from './sender-protocol.ts'

/** One file on its way to one key. Small, since a queue may hold a million: what only moving files need is in `work`. */
export interface Transfer {
  readonly id: number
  readonly batchId: number
  readonly destinationId: string
  readonly path: string
  /** The key that is written. Changed only when it takes another name (see keep-both.ts). */
  key: string
  /** Place in the queue; lower goes first. Changed only before `TransferQueue.reorder`. */
  order: number
  readonly options: TransferOptions
  /** Read again when it has changed before a byte went; only through `TransferQueue.setIdentity`. */
  identity: FileIdentity
  state: TransferState
  /** A person has answered "overwrite" for this one. */
  overwrite: boolean
  /** A person has answered "keep both" for this one. */
  keepBoth: boolean
  /** Its own key held another object, so it has a name beside it; null: it has its own. */
  beside: Beside | null
  confirmedBytes: number
  /** Went out more than once, at most. */
  resentBytes: number
  /** Went out in vain, and is told as re-sent once anything goes again. */
  lostBytes: number
  /** Failures in a row that were this file's own. */
  attempts: number
  /** It was begun anew: the server lost its upload, or the file had changed. */
  restarts: number
  /** As often the file changed while it was read, and was begun anew by the person's setting. */
  changes: number
  limitBytesPerSecond: number | null
  /** When it last left the queue, and when it ended; epoch ms. */
  startedAtMs: number | null
  endedAtMs: number | null
  work: Work | null
}

/** What tells one transfer from another when it is queued. */
export type TransferOrigin = Pick<
  Transfer,
  'id' | 'batchId' | 'destinationId' | 'path' | 'key' | 'options' | 'identity'
>

/** At the end of the queue, with nothing done yet. */
export function newTransfer(origin: TransferOrigin): Transfer {
  return {
    ...origin,
    order: origin.id,
    state: { phase: 'queued' },
    overwrite: false,
    keepBoth: false,
    beside: null,
    confirmedBytes: 0,
    resentBytes: 0,
    lostBytes: 0,
    attempts: 0,
    restarts: 0,
    changes: 0,
    limitBytesPerSecond: null,
    startedAtMs: null,
    endedAtMs: null,
    work: null,
  }
}

/** A transfer under another name than its own. */
export interface Beside {
  readonly wantedKey: string
  /** The transfer's when it took this name: what is more was sent twice under it. */
  readonly resentBytes: number
}

export interface DonePart {
  readonly etag: string
  /** Over the bytes as they were written. */
  readonly crc32: number
  readonly bytes: number
  /** Base64 of the destination's algorithm, over the bytes as they were written; null for 'none'. */
  readonly checksum: string | null
}

/** What a transfer has while it is being sent. A small file is one part without an upload id. */
export interface Work {
  readonly partBytes: number
  readonly partCount: number
  readonly done: Map<number, DonePart>
  /** Part number by job. */
  readonly jobs: Map<number, number>
  /** Parts to send (again), before `nextPart`. */
  readonly returned: number[]
  nextPart: number
  /** Bytes that went out for a part and did not count, to be told as re-sent when it goes again. */
  readonly lost: Map<number, number>
  /** Parts that the server holds and nobody remembers as done. They are compared before they are sent again. */
  readonly there: Map<number, PartThere>
  /** What an earlier run left is in here, and the server has not been asked about it yet. */
  unchecked: 'no' | 'yes' | 'completing'
  /** Its place in the limit table. */
  node: number | null
  /** The file is another by now, and the transfer begins again. */
  replaced: boolean
  /** Parts that the server held otherwise were sent again; that happens once. */
  mended: boolean
  /** Asking the server whether the key exists, or for an upload id. */
  busy: boolean
  /** The "change of mind" timer of a pause. */
  holdTimer: NodeJS.Timeout | null
  /** Made by the sampler while bytes flow. */
  meter: RateMeter | null
}

export function multipart(transfer: Transfer): boolean {
  return isMultipart(transfer.identity.sizeBytes, transfer.options.multipartThresholdBytes)
}

/** Unless a person or the rule says "overwrite", an object that exists is left alone. */
export function mustBeNew(transfer: Transfer): boolean {
  return transfer.options.onExists !== 'overwrite' && !transfer.overwrite
}

/** Something went twice under its key: a try whose answer was lost may have made the object. */
export function wasSentTwice({ resentBytes, beside }: Transfer): boolean {
  return resentBytes > (beside?.resentBytes ?? 0)
}

export function newWork(sizeBytes: number, partBytes: number): Work {
  return {
    partBytes,
    partCount: partCount(sizeBytes, partBytes),
    done: new Map(),
    jobs: new Map(),
    returned: [],
    nextPart: 1,
    lost: new Map(),
    there: new Map(),
    unchecked: 'no',
    node: null,
    replaced: false,
    mended: false,
    busy: false,
    holdTimer: null,
    meter: null,
  }
}

/** What went out for it and counts no more if it is given up; not what is still under way. */
export function spentBytes({ done, lost }: Work): number {
  let bytes = 0
  for (const part of done.values()) bytes += part.bytes
  for (const sent of lost.values()) bytes += sent
  return bytes
}

/** The next part to hand out, taken; null when all are out. */
export function takePart(work: Work): number | null {
  const again = work.returned.shift()
  if (again !== undefined) return again
  return work.nextPart <= work.partCount ? work.nextPart++ : null
}

export function hasPart(work: Work): boolean {
  return work.returned.length > 0 || work.nextPart <= work.partCount
}
