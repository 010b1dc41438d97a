import type { LimitedBy } from '../../shared/contract.ts'
import type { EngineContext } from './engine-context.ts'
import type { Transfer } from './transfer-record.ts'

/** The node that binds for any of the transfers being sent, the widest first. */
export function limitedBy(engine: EngineContext): LimitedBy {
  const { limits, dispatcher } = engine
  if (limits.paused || dispatcher.awaitsPause) return 'paused'
  if (limits.rootBinds) return 'global'
  for (const transfer of dispatcher.working()) {
    const by = limitOf(engine, transfer)
    if (by !== 'nothing') return by
  }
  return 'nothing'
}

/** What holds this transfer down; 'nothing' while nothing does, or it is not being sent. */
export function limitOf(engine: EngineContext, transfer: Transfer): LimitedBy {
  const { limits, destinations } = engine
  const { work } = transfer
  if (work === null || work.jobs.size === 0) return 'nothing'
  if (limits.paused || transfer.state.phase === 'paused') return 'paused'
  if (work.node !== null && limits.binds(work.node)) return 'transfer'
  const runtime = destinations.get(transfer.destinationId)
  if (runtime !== undefined) {
    if (limits.binds(runtime.nodes.bytes)) return 'destination'
    if (limits.binds(runtime.nodes.requests) || limits.binds(runtime.nodes.files)) return 'requests'
  }
  if (limits.rootBinds) return 'global'
  return runtime !== undefined && runtime.adaptive.factor < 1 ? 'server' : 'nothing'
}
