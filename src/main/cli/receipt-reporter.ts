import { resolve } from 'node:path'
import type { ReceiptEntry } from '../../shared/receipt.ts'
import type { ReceiptFile } from '../app/receipts.ts'
import type { CliContext } from './main.ts'
import type { Ended, Reporter } from './reporter.ts'

/** @throws BadInput with one sentence when it cannot be written */
export async function openReceipt(file: string | null, { cwd, output }: CliContext): Promise<ReceiptFile | null> {
  if (file === null) return null
  // On use: reading an earlier receipt loads zod, 50 ms of CPU that a start does not need to wait for.
  const { ReceiptFile } = await import('../app/receipts.ts')
  return new ReceiptFile(resolve(cwd, file), (sentence) => output.complain(sentence))
}

/** Tells what `reporter` tells, and writes each end into the receipt. */
export function withReceipt(reporter: Reporter, receipt: ReceiptFile | null): Reporter {
  if (receipt === null) return reporter
  return {
    ...reporter,
    ended: (end) => {
      receipt.add(receiptEntry(end))
      reporter.ended(end)
    },
  }
}

export function receiptEntry(end: Ended): ReceiptEntry {
  const { bucket, endpoint, region } = end.place
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
