import type {
  BatchRow,
  LimitedBy,
  Patch,
  QueueSort,
  QueueSummary,
  TransferRow,
  Viewport,
} from '../../shared/contract.ts'
import { matches, searcher } from '../../shared/queue-filter.ts'
import type { TransferDetails } from '../../shared/transfer-details.ts'
import type { Header } from '../core/queue-lines.ts'
import { QueueLines, runsOf } from '../core/queue-lines.ts'
import { compareBy } from '../core/queue-sort.ts'
import { etaMs } from '../flow/eta.ts'
import { batchRow } from './batch-row.ts'
import type { Engine } from './engine.ts'
import { limitOf, quotaUntilMs } from './limited-by.ts'
import type { RateSampler } from './rate-sampler.ts'
import type { DetailsView } from './transfer-details.ts'
import type { Transfer } from './transfer-record.ts'

/** What the intake knows that the engine does not. */
export interface ScanState {
  readonly scanning: number
  readonly skippedNames: number
  readonly emptyFolders: number
  readonly unreadable: number
}

/**
 * The window's view of the queue: a summary and the rows of one viewport, whatever the queue's
 * length. The rows that match a filter are worked out again only when states or the list have changed.
 */
export class QueueView {
  readonly #engine: Engine
  readonly #sampler: RateSampler
  readonly #details: DetailsView
  readonly #scan: () => ScanState
  #viewport: Viewport | null = null
  #matching: readonly Transfer[] = []
  #matchedVersion = -1
  /** Headers and transfers; null where there are no headers. Laid out again only when what matches has changed. */
  #lines: QueueLines | null = null
  #laidOut: { readonly list: readonly Transfer[]; readonly listVersion: number } | null = null
  /** What the search finds, whatever its phase: worked out again only when the list has changed. */
  #found: readonly Transfer[] = []
  #foundVersion = -1
  #revision = 0
  #taken = true

  constructor(engine: Engine, sampler: RateSampler, details: DetailsView, scan: () => ScanState) {
    this.#engine = engine
    this.#sampler = sampler
    this.#details = details
    this.#scan = scan
  }

  /** A new viewport, answered with a patch to start from. */
  subscribe(viewport: Viewport): Patch {
    if (viewport.search !== this.#viewport?.search) this.#foundVersion = -1
    this.#viewport = viewport
    this.#matchedVersion = -1
    this.#laidOut = null
    this.#taken = true
    return this.#patch(viewport)
  }

  patchTaken(): void {
    this.#taken = true
  }

  /** The next patch; null while nobody looks or the last one is still on its way. */
  next(): Patch | null {
    if (this.#viewport === null || !this.#taken) return null
    this.#taken = false
    return this.#patch(this.#viewport)
  }

  /** The panel of one transfer; null when it is gone. */
  details(id: number, sinceMs: number): TransferDetails | null {
    const transfer = this.#engine.queue.get(id)
    return transfer === undefined ? null : this.#details.of(transfer, this.#row(transfer), sinceMs)
  }

  #patch(viewport: Viewport): Patch {
    this.#match(viewport)
    this.#layOut(viewport)
    const { firstIndex, count } = viewport
    const shown = this.#lines?.slice(firstIndex, count)
    const stretches = shown?.stretches ?? [{ start: firstIndex, end: firstIndex + count }]
    const rows = stretches.flatMap(({ start, end }) => this.#matching.slice(start, end))
    return {
      revision: ++this.#revision,
      summary: this.#summary(),
      firstIndex,
      matching: this.#matching.length,
      lines: this.#lines?.count ?? this.#matching.length,
      headers: shown?.headers.flatMap((header) => this.#header(header) ?? []) ?? [],
      rows: rows.map((transfer) => this.#row(transfer)),
      samples: this.#sampler.takeFresh(),
    }
  }

  #match(viewport: Viewport): void {
    const { queue } = this.#engine
    // Progress moves without a change of state.
    if (this.#matchedVersion === queue.version && viewport.sort.by !== 'progress') return
    this.#matchedVersion = queue.version
    const { filter, sort } = viewport
    const named = this.#search(viewport)
    const found = filter === 'all' ? named : named.filter((one) => matches(filter, one.state.phase))
    if (isQueueOrder(sort)) {
      this.#matching = found
      return
    }
    const compare = compareBy(sort)
    this.#matching = found
      .map((transfer) => ({
        transfer,
        order: transfer.order,
        key: transfer.key,
        sizeBytes: transfer.identity.sizeBytes,
        confirmedBytes: transfer.confirmedBytes,
        phase: transfer.state.phase,
      }))
      .sort(compare)
      .map((facts) => facts.transfer)
  }

  #layOut({ collapsed, sort }: Viewport): void {
    const { queue } = this.#engine
    if (collapsed === undefined || !isQueueOrder(sort)) {
      this.#lines = null
      return
    }
    const list = this.#matching
    const { listVersion } = queue
    if (this.#laidOut?.list === list && this.#laidOut.listVersion === listVersion) return
    this.#laidOut = { list, listVersion }
    const runs = list === queue.list ? queue.runs : runsOf(list)
    this.#lines = new QueueLines(runs, new Set(collapsed), (id) => (queue.batch(id)?.transfers ?? 0) > 1)
  }

  #search({ search }: Viewport): readonly Transfer[] {
    const { list, listVersion } = this.#engine.queue
    const finds = searcher(search)
    if (finds === null) return list
    if (this.#foundVersion !== listVersion) this.#found = list.filter(({ key }) => finds(key))
    this.#foundVersion = listVersion
    return this.#found
  }

  #summary(): QueueSummary {
    const stats = this.#sampler.stats()
    const { limits, queue } = this.#engine
    return {
      counts: { ...queue.counts },
      ...this.#scan(),
      totalBytes: stats.totalBytes,
      confirmedBytes: stats.confirmedBytes,
      sentBytes: stats.sentBytes,
      resentBytes: stats.resentBytes,
      bytesPerSecond: stats.bytesPerSecond,
      etaMs: stats.etaMs,
      limitBytesPerSecond: limits.limitBytesPerSecond,
      paused: limits.paused,
      limitSource: limits.source,
      limitUntilMs: limits.untilMs,
      limitedBy: stats.limitedBy,
      limitedTransfer: limitedTransfer(this.#engine, stats.limitedBy),
      slowness: this.#details.slowness(),
      quotaUntilMs: quotaUntilMs(this.#engine),
    }
  }

  #header(header: Header): BatchRow | null {
    const matching = this.#lines?.matching.get(header.batchId) ?? 0
    return batchRow(header, this.#matching, matching, this.#engine, this.#sampler)
  }

  #row(transfer: Transfer): TransferRow {
    const { state } = transfer
    const progressBytes = this.#sampler.progress(transfer)
    const bytesPerSecond = this.#sampler.rate(transfer)
    return {
      id: transfer.id,
      batchId: transfer.batchId,
      name: nameOf(transfer),
      key: transfer.key,
      path: transfer.path,
      destinationId: transfer.destinationId,
      phase: state.phase,
      sizeBytes: transfer.identity.sizeBytes,
      progressBytes,
      confirmedBytes: transfer.confirmedBytes,
      resentBytes: transfer.resentBytes,
      bytesPerSecond,
      etaMs: state.phase === 'uploading' ? etaMs(transfer.identity.sizeBytes - progressBytes, bytesPerSecond) : null,
      limitBytesPerSecond: transfer.limitBytesPerSecond,
      exempt: this.#engine.limits.isExempt(transfer.id),
      limitedBy: limitOf(this.#engine, transfer),
      attempt: state.phase === 'retrying' ? state.attempt : 0,
      retryAtMs: state.phase === 'retrying' ? state.retryAtMs : null,
      error: 'error' in state ? state.error : null,
      verified: state.phase === 'completed' ? state.verified : null,
    }
  }
}

function isQueueOrder({ by, descending }: QueueSort): boolean {
  return by === 'queue' && !descending
}

/** The last piece of the key. */
function nameOf({ key }: Transfer): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

/** One of those that the limit binds, so that the chip can name it or its destination. */
function limitedTransfer(engine: Engine, by: LimitedBy): QueueSummary['limitedTransfer'] {
  if (by === 'nothing' || by === 'paused' || by === 'global') return null
  for (const transfer of engine.dispatcher.working()) {
    if (limitOf(engine, transfer) !== by) continue
    return { name: nameOf(transfer), destinationId: transfer.destinationId }
  }
  return null
}
