import type { BatchRow } from '../../shared/contract.ts'
import { isEnded, PHASES } from '../../shared/transfer.ts'
import type { Header } from '../core/queue-lines.ts'
import { etaMs } from '../flow/eta.ts'
import type { Engine } from './engine.ts'
import type { RateSampler } from './rate-sampler.ts'
import type { Transfer } from './transfer-record.ts'

/**
 * The header of a batch, ready to draw, from totals that are kept: no transfer but those at its ends is looked at.
 *
 * @param list what the header's indexes are of
 * @param matching how many transfers of the batch are in it
 * @returns null where the list no longer holds it
 */
export function batchRow(
  { first, last, above, below, ...header }: Header,
  list: readonly Transfer[],
  matching: number,
  engine: Engine,
  sampler: RateSampler,
): BatchRow | null {
  const { queue, limits } = engine
  const { batchId } = header
  const tally = queue.batch(batchId)
  const one = list[first]
  const end = list[last]
  if (tally === undefined || one === undefined || end === undefined) return null
  const { totalBytes, confirmedBytes, counts } = tally
  const { inFlightBytes, bytesPerSecond } = sampler.batch(batchId)
  const progressBytes = Math.min(totalBytes, confirmedBytes + inFlightBytes)
  // The rate is smoothed, and falls for seconds after the last byte.
  const moves = PHASES.some((phase) => counts[phase] > 0 && phase !== 'paused' && !isEnded(phase))
  const idAt = (at: number | null) => (at === null ? null : (list[at]?.id ?? null))
  return {
    ...header,
    ...queue.batchName(batchId),
    destinationId: one.destinationId,
    counts: { ...counts },
    matching,
    totalBytes,
    progressBytes,
    confirmedBytes,
    bytesPerSecond: moves ? bytesPerSecond : 0,
    etaMs: moves ? etaMs(totalBytes - progressBytes, bytesPerSecond) : null,
    weight: limits.batchWeight(batchId),
    firstId: one.id,
    lastId: end.id,
    aboveId: idAt(above),
    belowId: idAt(below),
  }
}
