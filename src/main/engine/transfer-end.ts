import type { TransferEnd } from './api.ts'
import type { Transfer } from './transfer-record.ts'

/** How a transfer ended, for everybody who listens. Call it only in an end phase. */
export function endOf(transfer: Transfer): TransferEnd {
  const { state } = transfer
  const common = {
    id: transfer.id,
    batchId: transfer.batchId,
    path: transfer.path,
    key: transfer.key,
    sizeBytes: transfer.identity.sizeBytes,
    resentBytes: transfer.resentBytes,
    etag: null,
    versionId: null,
    checksum: null,
    verified: null,
    skipReason: null,
    error: null,
    startedAtMs: transfer.startedAtMs,
    endedAtMs: transfer.endedAtMs,
  }
  switch (state.phase) {
    case 'completed':
      return {
        ...common,
        phase: 'completed',
        etag: state.etag,
        versionId: state.versionId,
        checksum: state.checksum,
        verified: state.verified,
      }
    case 'failed':
      return { ...common, phase: 'failed', error: state.error }
    case 'cancelled':
      return { ...common, phase: 'cancelled' }
    case 'skipped':
      return { ...common, phase: 'skipped', etag: state.etag, skipReason: state.reason }
    default:
      throw new Error(`transfer ${transfer.id} has not ended: ${state.phase}`)
  }
}
