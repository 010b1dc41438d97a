import type { EngineEvent, EngineStats } from '../engine/api.ts'

/** What the desktop shows of the work while no window is looked at. */
export interface Activity {
  readonly bytesPerSecond: number
  /** 0 to 1; null: nothing is left to upload. */
  readonly doneShare: number | null
  readonly unfinished: number
  readonly paused: boolean
  /** Requests with bytes are under way. */
  readonly transferring: boolean
}

export function activityOf(stats: EngineStats): Activity {
  const { bytesPerSecond, confirmedBytes, totalBytes, unfinished, limitedBy, connections } = stats
  const paused = limitedBy === 'paused'
  return {
    bytesPerSecond: unfinished === 0 || paused ? 0 : bytesPerSecond,
    doneShare: unfinished === 0 ? null : totalBytes === 0 ? 0 : confirmedBytes / totalBytes,
    unfinished,
    paused,
    transferring: unfinished > 0 && !paused && connections > 0,
  }
}

/** How a batch ended: what a person left for and comes back to. */
export interface BatchOutcome {
  readonly completed: number
  readonly failed: number
  readonly skipped: number
}

interface OpenBatch {
  queued: number
  scanned: boolean
  ended: number
  completed: number
  failed: number
  skipped: number
}

/**
 * Finds the end of each batch in the engine's events. Of a batch that an earlier run began, or whose files are tried
 * again, not all is seen: it has ended when everything rests.
 */
export class BatchWatch {
  readonly #open = new Map<number, OpenBatch>()

  /** The batches that end with this event; those in which nothing was uploaded, skipped or failed are not told. */
  receive(event: EngineEvent): BatchOutcome[] {
    switch (event.type) {
      case 'queued':
        this.#batch(event.batchId).queued++
        return []
      case 'scanned':
        this.#batch(event.totals.batchId).scanned = true
        return this.#settle(event.totals.batchId)
      case 'ended': {
        const { batchId, phase } = event.end
        const batch = this.#batch(batchId)
        batch.ended++
        if (phase !== 'cancelled') batch[phase]++
        return this.#settle(batchId)
      }
      case 'idle': {
        const rest = [...this.#open.values()]
        this.#open.clear()
        return rest.filter(isWorthTelling)
      }
      default:
        return []
    }
  }

  #batch(batchId: number): OpenBatch {
    let batch = this.#open.get(batchId)
    if (batch === undefined) {
      batch = { queued: 0, scanned: false, ended: 0, completed: 0, failed: 0, skipped: 0 }
      this.#open.set(batchId, batch)
    }
    return batch
  }

  #settle(batchId: number): BatchOutcome[] {
    const batch = this.#batch(batchId)
    if (!batch.scanned || batch.ended < batch.queued) return []
    this.#open.delete(batchId)
    return isWorthTelling(batch) ? [batch] : []
  }
}

function isWorthTelling({ completed, failed, skipped }: BatchOutcome): boolean {
  return completed + failed + skipped > 0
}

/** `12 files uploaded, 1 failed.` */
export function outcomeText({ completed, failed, skipped }: BatchOutcome): string {
  const parts = [
    completed > 0 ? `${completed} ${completed === 1 ? 'file' : 'files'} uploaded` : '',
    skipped > 0 ? `${skipped} already there` : '',
    failed > 0 ? `${failed} failed` : '',
  ].filter((part) => part !== '')
  return `${parts.join(', ')}.`
}
