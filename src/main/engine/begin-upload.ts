import type { ErrorCode } from '../../shared/errors.ts'
import type { EngineContext } from './engine-context.ts'
import type { S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'
import type { Transfer } from './transfer-record.ts'

/** Failures after which an upload may have been begun all the same. */
const MAY_HAVE_BEGUN: ReadonlySet<ErrorCode> = new Set([
  'network-lost',
  'request-timeout',
  'server-unavailable',
  'answer-invalid',
  'interrupted',
  'internal',
])

/**
 * Intent, call, id: whenever the process ends, the next one finds what was begun. What an earlier try may have begun is
 * aborted first. Answers the id, or null where the journal cannot be written: then nothing was asked.
 * @throws SluiceError where the server does not begin it
 */
export async function beginUpload(
  { journal, janitor }: EngineContext,
  control: S3Control,
  transfer: Transfer,
  partBytes: number,
): Promise<string | null> {
  for (const open of journal.openIntents(transfer.id)) {
    await janitor.settleIntent(control, open)
    journal.intentGone(open.id)
  }
  const intent = journal.intend(transfer, partBytes, Date.now())
  if (!journal.commit('disk')) {
    journal.intentGone(intent)
    return null
  }
  let uploadId: string
  try {
    uploadId = await control.createUpload(transfer.key, transfer.options)
  } catch (thrown) {
    const { code } = errorFromThrown(thrown, '')
    if (!MAY_HAVE_BEGUN.has(code)) journal.intentGone(intent)
    throw thrown
  }
  journal.uploadBegun(intent, uploadId)
  journal.commit('disk')
  return uploadId
}
