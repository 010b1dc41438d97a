import type { DatabaseSync } from 'node:sqlite'
import { PLAIN_OBJECT } from '../../shared/object-settings.ts'
import type { TransferState } from '../../shared/transfer.ts'
import { PHASES } from '../../shared/transfer.ts'
import type { AddBatch, BatchPlace, EngineDestination, KeptBatch, KeptDestination, TransferEnd } from './api.ts'
import type { FileIdentity } from './sender-protocol.ts'
import { endOf } from './transfer-end.ts'
import type { DonePart, Transfer } from './transfer-record.ts'

/** What the rows of a journal mean. Reading one that says nothing sensible throws. */

type Row = Readonly<Record<string, unknown>>

/** Typed keys never reach the file, nor does what a proxy asks for. */
export function destinationToKeep({ credentials, proxy, ...rest }: EngineDestination): KeptDestination {
  const asked = credentials.kind === 'profile' ? credentials : ({ kind: 'keys-asked' } as const)
  return { ...rest, proxy: proxy === null ? null : withoutPassword(proxy), credentials: asked }
}

function withoutPassword(proxy: string): string {
  if (!URL.canParse(proxy)) return proxy
  const url = new URL(proxy)
  if (url.password === '') return proxy
  url.password = ''
  return url.href
}

/** One text, since inodes and times need more bits than a JavaScript number has. */
export function identityText({ mtimeNs, inode, device }: FileIdentity): string {
  return `${mtimeNs}:${inode}:${device}`
}

function identityOf(sizeBytes: number, text: string): FileIdentity {
  const [mtimeNs = '', inode = '', device = ''] = text.split(':')
  return { sizeBytes, mtimeNs: BigInt(mtimeNs), inode: BigInt(inode), device: BigInt(device) }
}

/** Ids of the rows of uploads whose transfer has not ended and has not begun anew. */
export const UPLOADS_AT_WORK = `SELECT upload.id FROM upload JOIN transfer ON transfer.id = upload.transferId
  WHERE upload.aborting = 0 AND transfer.phase IN ('queued', 'completing', 'paused')`

/** The newest first. */
export function readBatches(db: DatabaseSync, limit: number): KeptBatch[] {
  return readable(db.prepare('SELECT * FROM batch ORDER BY id DESC LIMIT ?').all(limit), batchOf)
}

export function batchOf(row: Row): KeptBatch {
  const { sources, quotas = [] } = requestOf(row)
  const ended = number(row, 'completed') + number(row, 'failed') + number(row, 'skipped') + number(row, 'cancelled')
  return {
    batchId: number(row, 'id'),
    destinationId: text(row, 'destinationId'),
    createdAtMs: number(row, 'createdAtMs'),
    files: number(row, 'files'),
    bytes: number(row, 'bytes'),
    completed: number(row, 'completed'),
    failed: number(row, 'failed'),
    unfinished: number(row, 'files') - ended,
    scanning: number(row, 'scanned') === 0,
    finishedAtMs: numberOrNull(row, 'finishedAtMs'),
    sources,
    quotas,
  }
}

/** What was asked for when the batch was added. */
export function requestOf(row: Row): AddBatch {
  const request = JSON.parse(text(row, 'request'))
  if (!Array.isArray(request?.sources) || typeof request.options !== 'object') throw new Error('a batch cannot be read')
  // A batch from before there were tags has none.
  const { object } = request.options
  if (object !== undefined) request.options.object = { ...PLAIN_OBJECT, ...object }
  return request
}

export function readDestinations(db: DatabaseSync): KeptDestination[] {
  return readable(db.prepare('SELECT config FROM destination').all(), (row) => {
    const kept = JSON.parse(text(row, 'config'))
    if (typeof kept?.id !== 'string' || typeof kept.bucket !== 'string') throw new Error('a destination cannot be read')
    return kept
  })
}

/** A transfer as it was, at rest: its phase is `queued` for everything that was at work. */
export function transferOf(row: Row, request: AddBatch): Transfer {
  const phase = text(row, 'phase')
  const sizeBytes = number(row, 'sizeBytes')
  const { path } = row
  if (!(path instanceof Uint8Array)) throw new Error('a path cannot be read')
  const key = text(row, 'key')
  const sentKey = textOrNull(row, 'sentKey')
  const resentBytes = number(row, 'resentBytes')
  return {
    id: number(row, 'id'),
    batchId: number(row, 'batchId'),
    destinationId: request.destinationId,
    path: Buffer.from(path).toString(),
    key: sentKey ?? key,
    beside: sentKey === null ? null : { wantedKey: key, resentBytes },
    keepBoth: number(row, 'keepBoth') === 1,
    order: number(row, 'place'),
    options: request.options,
    identity: identityOf(sizeBytes, text(row, 'identity')),
    state: stateOf(phase, textOrNull(row, 'state')),
    overwrite: number(row, 'overwrite') === 1,
    confirmedBytes: phase === 'completed' ? sizeBytes : 0,
    resentBytes,
    lostBytes: number(row, 'lostBytes'),
    attempts: 0,
    restarts: number(row, 'restarts'),
    changes: 0,
    limitBytesPerSecond: numberOrNull(row, 'limitBytesPerSecond'),
    startedAtMs: numberOrNull(row, 'startedAtMs'),
    endedAtMs: numberOrNull(row, 'endedAtMs'),
    work: null,
  }
}

function stateOf(phase: string, kept: string | null): TransferState {
  if (kept !== null) {
    const state = JSON.parse(kept)
    if (state?.phase === phase && PHASES.some((known) => known === phase)) return state
    // It was being cancelled; what is left of that is its upload's abort.
    if (phase === 'cancelled') return { phase }
    throw new Error('the state of a transfer cannot be read')
  }
  if (phase === 'paused') return { phase, uploadId: null }
  if (phase === 'cancelled') return { phase }
  if (phase !== 'queued' && phase !== 'completing') throw new Error('the phase of a transfer cannot be read')
  return { phase: 'queued' }
}

/** See `EngineMethods.batchPlace`. */
export function readPlace(db: DatabaseSync, batchId: number): BatchPlace | null {
  const row = db.prepare('SELECT destinationId FROM batch WHERE id = ?').get(batchId)
  const place = readDestinations(db).find(({ id }) => id === row?.destinationId)
  return place === undefined ? null : { bucket: place.bucket, endpoint: place.endpoint, region: place.region }
}

/** See `EngineMethods.batchEnds`. */
export function readEnds(db: DatabaseSync, batchId: number, afterId: number, limit: number): TransferEnd[] {
  const batch = db.prepare('SELECT request FROM batch WHERE id = ?').get(batchId)
  if (batch === undefined) return []
  const request = requestOf(batch)
  const rows = db
    .prepare(
      `SELECT * FROM transfer WHERE batchId = ? AND id > ? AND phase IN ('completed', 'failed', 'cancelled', 'skipped')
       ORDER BY id LIMIT ?`,
    )
    .all(batchId, afterId, limit)
  return readable(rows, (row) => endOf(transferOf(row, request)))
}

/** An upload that was begun, or meant to be, and is neither completed nor known to be gone. */
export interface KeptUpload {
  readonly id: number
  readonly transferId: number
  readonly destinationId: string
  readonly key: string
  /** null: the answer of its creation never came. */
  readonly uploadId: string | null
  readonly partBytes: number
  readonly intendedAtMs: number
  readonly aborting: boolean
}

export function uploadOf(row: Row): KeptUpload {
  return {
    id: number(row, 'id'),
    transferId: number(row, 'transferId'),
    destinationId: text(row, 'destinationId'),
    key: text(row, 'key'),
    uploadId: textOrNull(row, 'uploadId'),
    partBytes: number(row, 'partBytes'),
    intendedAtMs: number(row, 'intendedAtMs'),
    aborting: number(row, 'aborting') === 1,
  }
}

/** `done` null: it was begun, and its answer is not known. */
export interface KeptPart {
  readonly transferId: number
  readonly number: number
  readonly bytes: number
  readonly done: DonePart | null
}

export function partOf(row: Row): KeptPart {
  const bytes = number(row, 'bytes')
  const etag = textOrNull(row, 'etag')
  const done =
    etag === null ? null : { etag, crc32: number(row, 'crc32'), bytes, checksum: textOrNull(row, 'checksum') }
  return { transferId: number(row, 'transferId'), number: number(row, 'number'), bytes, done }
}

/** Rows that were damaged are left out; whoever restores tells how many they are. */
function readable<T>(rows: readonly Row[], decode: (row: Row) => T): T[] {
  return rows.flatMap((row) => {
    try {
      return [decode(row)]
    } catch {
      return []
    }
  })
}

function number(row: Row, name: string): number {
  const value = row[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Error(`${name} is not a number`)
  return value
}

function numberOrNull(row: Row, name: string): number | null {
  return row[name] === null ? null : number(row, name)
}

function text(row: Row, name: string): string {
  const value = row[name]
  if (typeof value !== 'string') throw new Error(`${name} is not text`)
  return value
}

function textOrNull(row: Row, name: string): string | null {
  return row[name] === null ? null : text(row, name)
}
