import type { TransferRow } from '../../shared/contract.ts'
import type { RateSample } from '../../shared/samples.ts'
import { CONFIRMED_MEAN_MS, RateHistory, SAMPLE_PERIOD_MS } from '../../shared/samples.ts'
import { isEnded } from '../../shared/transfer.ts'
import type { PartState, Slowness, TransferDetails } from '../../shared/transfer-details.ts'
import { choosePartBytes, partCount } from '../core/part-plan.ts'
import { partRuns } from '../core/part-runs.ts'
import type { TimeFacts } from '../core/why-slow.ts'
import { sharesOf, slowestOf, whySlow } from '../core/why-slow.ts'
import type { Engine } from './engine.ts'
import { limitedBy, limitOf } from './limited-by.ts'
import { SlidingMean } from './sliding-mean.ts'
import { TimeUse } from './time-use.ts'
import type { Transfer } from './transfer-record.ts'
import { multipart } from './transfer-record.ts'

/** Transfers whose graphs are kept, about 100 KB each at the most. */
const MAX_GRAPHS = 100

interface Graph {
  readonly history: RateHistory
  readonly confirmed: SlidingMean
  progressBytes: number
  confirmedBytes: number
}

/**
 * What the panel of one transfer shows, and why everything together goes no faster. Reads the counters as often as the
 * sampler does, whether or not a panel is open: the last seconds are then there when it opens.
 */
export class DetailsView {
  readonly #engine: Engine
  readonly #timeUse: TimeUse
  /** The transfers that moved last come last. */
  readonly #graphs = new Map<Transfer, Graph>()
  /** Requests and payload of the last seconds, for their mean size. */
  readonly #requests = new SlidingMean(CONFIRMED_MEAN_MS)
  readonly #payload = new SlidingMean(CONFIRMED_MEAN_MS)
  #before = { requests: 0, payload: 0 }

  constructor(engine: Engine) {
    this.#engine = engine
    this.#timeUse = new TimeUse(engine)
  }

  /** @param progress bytes of a transfer that are at a socket or acknowledged */
  sample(progress: (transfer: Transfer) => number): void {
    this.#timeUse.sample()
    const { requests } = this.#engine.tally
    const payload = this.#engine.counters.payloadBytes()
    this.#requests.add(requests - this.#before.requests, SAMPLE_PERIOD_MS)
    this.#payload.add(payload - this.#before.payload, SAMPLE_PERIOD_MS)
    this.#before = { requests, payload }
    const working = this.#engine.dispatcher.working()
    for (const [transfer, graph] of this.#graphs) {
      if (this.#engine.queue.get(transfer.id) === undefined) this.#graphs.delete(transfer)
      else if (!working.has(transfer) && isDrawn(transfer, graph)) this.#draw(transfer, graph, progress)
    }
    for (const transfer of working) this.#draw(transfer, this.#graphOf(transfer, progress), progress)
  }

  /** Why everything together goes no faster. */
  slowness(): Slowness {
    const { dispatcher, limits } = this.#engine
    if (limits.paused) return { cause: 'waiting', for: 'resume' }
    if (dispatcher.inHand === 0 && this.#timeUse.total.restedMs === 0) return { cause: 'none' }
    const { spent, restedMs } = this.#timeUse.total
    const requests = this.#requests.sum
    return slowestOf({
      spent,
      restedMs,
      isThrottled: [...this.#engine.destinations.values()].some((one) => one.inHand > 0 && one.adaptive.factor < 1),
      requestBytes: requests === 0 ? Number.POSITIVE_INFINITY : this.#payload.sum / requests,
      answerMs: requests === 0 ? 0 : this.#engine.tally.requestMs / Math.max(1, this.#engine.tally.requests),
      limitedBy: limitedBy(this.#engine),
    })
  }

  /** @param row what the list shows of it */
  of(transfer: Transfer, row: TransferRow, sinceMs: number): TransferDetails {
    const { work, options, identity, state } = transfer
    const partBytes =
      work?.partBytes ??
      (multipart(transfer)
        ? choosePartBytes(identity.sizeBytes, options.partBytes, options.limits?.maxPartCount)
        : Math.max(1, identity.sizeBytes))
    const inFlight = new Set(work?.jobs.values())
    const stateOf = (partNumber: number): PartState => {
      if (state.phase === 'completed' || work?.done.has(partNumber)) return 'confirmed'
      return inFlight.has(partNumber) ? 'in-flight' : 'waiting'
    }
    const time = this.#timeOf(transfer, Math.min(identity.sizeBytes, partBytes))
    const samples = this.#graphs.get(transfer)?.history.all ?? []
    return {
      row,
      slowness: this.#whySlow(transfer, time),
      shares: sharesOf(time),
      partBytes,
      parts: partRuns(partCount(identity.sizeBytes, partBytes), stateOf),
      samples: samples.filter(({ atMs }) => atMs > sinceMs),
      log: this.#engine.log.of(transfer.id),
    }
  }

  #whySlow(transfer: Transfer, time: TimeFacts): Slowness {
    const { limits, destinations, quotas } = this.#engine
    const { state, work } = transfer
    const gate = destinations.get(transfer.destinationId)?.gate ?? { kind: 'open' }
    return whySlow(
      {
        phase: state.phase,
        error: 'error' in state ? state.error.code : null,
        atWork: work !== null && work.jobs.size > 0,
        allPaused: limits.paused,
        heldByQuota: quotas.untilMs(transfer.destinationId) !== null,
        gate: gate.kind === 'open' || gate.kind === 'blocked' ? gate.kind : 'resting',
        gateError: 'error' in gate ? gate.error.code : null,
      },
      time,
    )
  }

  #timeOf(transfer: Transfer, requestBytes: number): TimeFacts {
    const { spent, restedMs } = this.#timeUse.of(transfer)
    const runtime = this.#engine.destinations.get(transfer.destinationId)
    return {
      spent,
      restedMs,
      isThrottled: runtime !== undefined && runtime.adaptive.factor < 1,
      requestBytes,
      answerMs: spent.answer,
      limitedBy: limitOf(this.#engine, transfer),
    }
  }

  #graphOf(transfer: Transfer, progress: (transfer: Transfer) => number): Graph {
    const graph = this.#graphs.get(transfer) ?? {
      history: new RateHistory(),
      confirmed: new SlidingMean(CONFIRMED_MEAN_MS),
      progressBytes: progress(transfer),
      confirmedBytes: transfer.confirmedBytes,
    }
    this.#graphs.delete(transfer)
    this.#graphs.set(transfer, graph)
    for (const oldest of this.#graphs.keys()) {
      if (this.#graphs.size <= MAX_GRAPHS) break
      this.#graphs.delete(oldest)
    }
    return graph
  }

  #draw(transfer: Transfer, graph: Graph, progress: (transfer: Transfer) => number): void {
    const progressBytes = progress(transfer)
    const perSecond = 1000 / SAMPLE_PERIOD_MS
    const isPaused = transfer.state.phase === 'paused' || this.#engine.limits.paused
    const sent = Math.max(0, progressBytes - graph.progressBytes)
    graph.confirmed.add(Math.max(0, transfer.confirmedBytes - graph.confirmedBytes), SAMPLE_PERIOD_MS)
    graph.progressBytes = progressBytes
    graph.confirmedBytes = transfer.confirmedBytes
    const sample: RateSample = {
      atMs: Date.now(),
      sentBytesPerSecond: Math.round(sent * perSecond),
      confirmedBytesPerSecond: Math.round(graph.confirmed.perSecond),
      limitBytesPerSecond: isPaused ? 0 : transfer.limitBytesPerSecond,
      retries: 0,
    }
    graph.history.append(sample)
  }
}

/** Pauses are drawn; once it has ended the curve goes down to 0, and no further. */
function isDrawn({ state }: Transfer, { history }: Graph): boolean {
  return !isEnded(state.phase) || history.newest?.sentBytesPerSecond !== 0
}
