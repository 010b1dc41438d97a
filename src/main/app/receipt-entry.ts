import type { ReceiptEntry } from '../../shared/receipt.ts'
import type { BatchPlace, TransferEnd } from '../engine/api.ts'

/** How one file ended. `key` and `sizeBytes` are null where a walk could not learn them. */
export type EndedFile = Pick<
  TransferEnd,
  | 'path'
  | 'phase'
  | 'checksum'
  | 'etag'
  | 'versionId'
  | 'verified'
  | 'resentBytes'
  | 'error'
  | 'startedAtMs'
  | 'endedAtMs'
> & { readonly key: string | null; readonly sizeBytes: number | null }

/** What a receipt says of it. */
export function receiptEntry(end: EndedFile, { bucket, endpoint, region }: BatchPlace): ReceiptEntry {
  const { path, key, phase, sizeBytes, checksum, etag, versionId, verified, resentBytes, error } = end
  return {
    path,
    key,
    bucket,
    endpoint,
    region,
    phase,
    sizeBytes,
    checksumAlgorithm: checksum?.algorithm ?? null,
    checksum: checksum?.value ?? null,
    checksumPartBytes: checksum?.partBytes ?? null,
    etag,
    versionId,
    verified,
    resentBytes,
    startedAt: iso(end.startedAtMs),
    endedAt: iso(end.endedAtMs),
    errorCode: error?.code ?? null,
    error: error?.message ?? null,
  }
}

function iso(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString()
}
