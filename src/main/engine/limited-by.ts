import type { LimitedBy } from '../../shared/contract.ts'
import type { EngineContext } from './engine-context.ts'
import type { Transfer } from './transfer-record.ts'

/** The node that binds for any of the transfers being sent, the widest first. */
export function limitedBy(engine: EngineContext): LimitedBy {
  const { limits, dispatcher } = engine
  const streams = [...engine.streams]
  if (limits.paused || dispatcher.awaitsPause || streams.some((stream) => stream.awaitsPause)) return 'paused'
  if (limits.totalBinds !== null) return limits.totalBinds
  for (const transfer of [...dispatcher.working(), ...streams.map((stream) => stream.transfer)]) {
    const by = limitOf(engine, transfer)
    if (by !== 'nothing') return by
  }
  const isBusy = dispatcher.inHand > 0 || streams.some((stream) => stream.inHand > 0)
  if (!isBusy && quotaUntilMs(engine) !== null) return 'quota'
  return 'nothing'
}

/** What holds this transfer down; 'nothing' while nothing does, or it is not being sent. */
export function limitOf(engine: EngineContext, transfer: Transfer): LimitedBy {
  const { limits, destinations } = engine
  const { work } = transfer
  if (work === null || work.jobs.size === 0) return waitsForQuota(engine, transfer) ? 'quota' : 'nothing'
  if (limits.paused || transfer.state.phase === 'paused') return 'paused'
  if (work.node !== null && limits.binds(work.node)) return 'transfer'
  const runtime = destinations.get(transfer.destinationId)
  if (runtime !== undefined) {
    const { bytes, requests, files } = runtime.nodes
    if (limits.binds(bytes)) return runtime.spreads('bytes') ? 'quota' : 'destination'
    if (limits.binds(requests) || limits.binds(files)) return runtime.spreads('requests') ? 'quota' : 'requests'
  }
  if (limits.binds(limits.totals.requests) || limits.binds(limits.totals.files)) return 'quota'
  const total = limits.totalBinds
  if (total !== null && !(total === 'global' && limits.isExempt(transfer.id))) return total
  return runtime !== undefined && runtime.adaptive.factor < 1 ? 'server' : 'nothing'
}

/** Until when a quota lets nothing new begin for transfers that would like to go, epoch ms; null: none does. */
export function quotaUntilMs({ quotas, queue, dispatcher, streams, destinations }: EngineContext): number | null {
  let soonest: number | null = null
  const underWay = [...dispatcher.offered, ...[...streams].map((stream) => stream.transfer)]
  const offered = new Set(underWay.map(({ destinationId }) => destinationId))
  for (const id of destinations.keys()) {
    if (!offered.has(id) && !queue.hasPending(id)) continue
    const untilMs = quotas.untilMs(id)
    if (untilMs === null) return null
    soonest = Math.min(soonest ?? untilMs, untilMs)
  }
  return soonest
}

function waitsForQuota({ quotas }: EngineContext, { state, destinationId }: Transfer): boolean {
  return (state.phase === 'queued' || state.phase === 'uploading') && quotas.untilMs(destinationId) !== null
}
