import type { EngineStats, RestoredWork, ScanTotals } from '../engine/api.ts'
import type { Ended, Summary } from './reporter.ts'

/** How far a run is: what was found, what has ended, and what is left of it at the end. */
export class RunTally {
  readonly #startedAtMs = Date.now()
  /** Walks that have not ended. */
  scansLeft = 1
  /** Transfers, and their bytes. */
  queued = 0
  queuedBytes = 0
  /** Transfers at their end; one that is being asked about is not. */
  settled = 0
  failed = 0
  /** Not done before so many were queued: an answer can overtake what was told before it. */
  #keptFiles = 0
  /** Problems of the walk never were transfers. */
  #problems = 0
  #leftOut = 0
  #emptyFolders = 0
  #completed = 0
  #skipped = 0
  #bytes = 0

  /** An earlier process has left this; each file is counted as `queued` too. A walk that had not ended is made again. */
  expectKept({ unfinished, batches }: RestoredWork): void {
    this.#keptFiles = unfinished
    this.scansLeft = batches.filter(({ scanning }) => scanning).length
  }

  scanned({ problemCount, problems, leftOut, emptyFolders }: ScanTotals): void {
    this.scansLeft -= 1
    this.#problems += problemCount
    this.#leftOut += leftOut
    this.#emptyFolders += emptyFolders
    // The others are told one by one.
    this.failed += problemCount - problems.length
  }

  ended({ phase, sizeBytes }: Ended): void {
    if (phase === 'completed') {
      this.#completed += 1
      this.#bytes += sizeBytes ?? 0
    } else if (phase === 'failed') this.failed += 1
    else if (phase === 'skipped') this.#skipped += 1
  }

  /** All that was found has ended. */
  get isDone(): boolean {
    return this.scansLeft === 0 && this.settled === this.queued && this.queued >= this.#keptFiles
  }

  /** @param stats null: the engine is gone */
  summary(stats: EngineStats | null, dryRun: boolean): Summary {
    const { failed } = this
    const found = Math.max(this.queued, this.#keptFiles) + this.#problems
    return {
      completed: this.#completed,
      failed,
      skipped: this.#skipped,
      unfinished: Math.max(0, found - this.#completed - failed - this.#skipped),
      bytes: this.#bytes,
      resentBytes: stats?.resentBytes ?? 0,
      seconds: (Date.now() - this.#startedAtMs) / 1000,
      requests: stats?.requests ?? 0,
      retries: stats?.retries ?? 0,
      throttled: stats?.throttled ?? 0,
      meanRequestMs: stats?.meanRequestMs ?? 0,
      leftOut: this.#leftOut,
      emptyFolders: this.#emptyFolders,
      dryRun,
    }
  }
}
