import type { Phase } from '../../shared/transfer.ts'
import { PHASES } from '../../shared/transfer.ts'
import type { Transfer } from './transfer-record.ts'

/** Transfers that count towards "how much is there to do". */
function isToDo(phase: Phase): boolean {
  return phase !== 'cancelled' && phase !== 'failed' && phase !== 'skipped'
}

/** Totals over transfers, kept as their states change, so that nobody ever has to walk them: of the queue, of a batch. */
export class QueueTally {
  readonly counts = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>
  transfers = 0
  totalBytes = 0
  confirmedBytes = 0

  /** A transfer comes, or goes, as it is at this moment. */
  account(transfer: Transfer, sign: 1 | -1): void {
    const { phase } = transfer.state
    this.transfers += sign
    this.counts[phase] += sign
    if (!isToDo(phase)) return
    this.totalBytes += sign * transfer.identity.sizeBytes
    this.confirmedBytes += sign * transfer.confirmedBytes
  }

  /** Its confirmed bytes have changed by so many. */
  confirm(transfer: Transfer, bytes: number): void {
    if (isToDo(transfer.state.phase)) this.confirmedBytes += bytes
  }
}
