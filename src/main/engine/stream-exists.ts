import { createHash } from 'node:crypto'
import { SluiceError } from '../../shared/errors.ts'
import type { TransferState } from '../../shared/transfer.ts'
import { encodeCrc32 } from './lane.ts'
import type { StoredObject } from './s3-control.ts'
import type { StreamPart } from './stream-parts.ts'
import type { Transfer } from './transfer-record.ts'
import { mustBeNew } from './transfer-record.ts'

/** What the rule says about a key that holds an object before the stream was read; null: it is replaced. */
export function existsAlready(transfer: Transfer, stored: StoredObject): TransferState | null {
  if (!mustBeNew(transfer)) return null
  if (transfer.options.onExists === 'skip') return { phase: 'skipped', etag: stored.etag, reason: 'exists' }
  const compare = transfer.options.onExists === 'fail' ? '' : ', and standard input cannot be compared with it'
  const message = `An object with this key exists already${compare}: ${transfer.key}`
  return { phase: 'failed', error: { code: 'exists', message } }
}

/**
 * The key exists by now: an earlier try of ours, whose answer was lost, may have put it there.
 * @throws SluiceError `exists` when the object is not these bytes
 */
export async function settleLostAnswer(
  transfer: Transfer,
  part: StreamPart,
  stored: StoredObject | null,
): Promise<TransferState> {
  const crc32 = encodeCrc32(part.crc32)
  const same =
    stored !== null &&
    stored.sizeBytes === part.bytes &&
    (stored.crc32 === null ? stored.etag.replaceAll('"', '') === (await md5(part)) : stored.crc32 === crc32)
  if (stored === null || !same) {
    const message = `An object with this key exists already: ${transfer.key}`
    throw new SluiceError({ code: 'exists', message })
  }
  const byChecksum = stored.crc32 !== null && transfer.options.checksum === 'crc32'
  return {
    phase: 'completed',
    etag: stored.etag,
    versionId: null,
    checksum: byChecksum ? { algorithm: 'crc32', value: crc32, partBytes: null } : null,
    verified: byChecksum ? 'checksum' : 'size',
  }
}

async function md5(part: StreamPart): Promise<string> {
  const hash = createHash('md5')
  for await (const block of part) hash.update(block)
  return hash.digest('hex')
}
