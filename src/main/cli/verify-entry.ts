import { setTimeout as sleep } from 'node:timers/promises'
import { recoveryOf, SluiceError } from '../../shared/errors.ts'
import type { ReceiptEntry } from '../../shared/receipt.ts'
import type { Shown } from '../core/receipt-check.ts'
import { compareWithReceipt } from '../core/receipt-check.ts'
import type { ObjectReader } from '../engine/object-reader.ts'
import { sourceError, userFs } from '../engine/user-files.ts'
import { sumOf } from './stream-sum.ts'

/** What one entry is compared with, beside the server's description of the object. */
export interface Checks {
  readonly readBack: boolean
  readonly local: boolean
  readonly signal: AbortSignal
  /** Holds what is read back to the limit. */
  throttle(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
}

export interface CheckedEntry {
  /** What the server's description showed. */
  readonly shown: Shown
  /** Sentences without a full stop; the object or the file is their subject. */
  readonly differences: readonly string[]
  readonly bytesRead: number
}

/** A server that is busy or a line that is lost for a moment is no difference. */
const RETRY_AFTER_MS = [1_000, 4_000]

/** @throws SluiceError when the server cannot be asked, the signal's reason when it was aborted */
export async function checkEntry(entry: ReceiptEntry, reader: ObjectReader, checks: Checks): Promise<CheckedEntry> {
  const { key, versionId, checksumAlgorithm, checksum, checksumPartBytes } = entry
  const name = `s3://${entry.bucket}/${key}`
  const differences: string[] = []
  const compare = (subject: string, found: Parameters<typeof compareWithReceipt>[1]): Shown => {
    const comparison = compareWithReceipt(entry, found)
    differences.push(...comparison.differences.map((difference) => `${subject} ${difference}`))
    return comparison.shown
  }
  const sums = (value: string | null) =>
    checksumAlgorithm === null || value === null ? {} : { [checksumAlgorithm]: value }
  // A composite sum can be made again only where the parts were all of one size.
  const canSum = checksum !== null && (!checksum.includes('-') || checksumPartBytes !== null)

  const described = await retried(() => reader.describe(key ?? '', versionId), checks.signal)
  if (described === null) differences.push(`${name} is not there`)
  const shown = described === null ? 'nothing' : compare(name, described)
  let bytesRead = 0
  if (checks.readBack && described !== null) {
    const sum = await retried(() => {
      const body = checks.throttle(reader.read(key ?? '', versionId, checks.signal))
      return sumOf(body, canSum ? checksumAlgorithm : null, checksumPartBytes)
    }, checks.signal)
    bytesRead = sum.sizeBytes
    compare(`${name}, read back,`, { sizeBytes: sum.sizeBytes, etag: null, checksums: sums(sum.value) })
  }
  if (checks.local && entry.phase === 'completed') {
    try {
      const file = userFs.createReadStream(entry.path, { signal: checks.signal })
      const sum = await sumOf(file, canSum ? checksumAlgorithm : null, checksumPartBytes)
      compare(entry.path, { sizeBytes: sum.sizeBytes, etag: null, checksums: sums(sum.value) })
    } catch (error) {
      checks.signal.throwIfAborted()
      differences.push(`${entry.path} cannot be compared: ${sourceError(error).message}`)
    }
  }
  return { shown, differences, bytesRead }
}

async function retried<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      signal.throwIfAborted()
      const delayMs = RETRY_AFTER_MS[tries]
      const passes = error instanceof SluiceError && ['retry', 'throttle'].includes(recoveryOf(error.failure.code))
      if (!passes || delayMs === undefined) throw error
      await sleep(error.failure.retryAfterMs ?? delayMs, undefined, { signal })
    }
  }
}
