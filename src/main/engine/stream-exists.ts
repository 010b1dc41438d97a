import { createHash } from 'node:crypto'
import { SluiceError } from '../../shared/errors.ts'
import type { TransferState } from '../../shared/transfer.ts'
import type { StoredObject } from './object-proof.ts'
import { storedChecksum } from './object-proof.ts'
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
  const { checksum: algorithm } = transfer.options
  const told = stored === null || algorithm === 'none' ? null : storedChecksum(stored, algorithm)
  const same =
    stored !== null &&
    stored.sizeBytes === part.bytes &&
    (told === null ? stored.etag.replaceAll('"', '') === (await md5(part)) : told === part.checksum)
  if (stored === null || !same) {
    const message = `An object with this key exists already: ${transfer.key}`
    throw new SluiceError({ code: 'exists', message })
  }
  return {
    phase: 'completed',
    etag: stored.etag,
    versionId: stored.versionId,
    checksum: told === null || algorithm === 'none' ? null : { algorithm, value: told, partBytes: null },
    verified: told === null ? 'size' : 'checksum',
  }
}

async function md5(part: StreamPart): Promise<string> {
  const hash = createHash('md5')
  for await (const block of part) hash.update(block)
  return hash.digest('hex')
}
