import type { EngineStats } from './api.ts'
import type { EngineContext } from './engine-context.ts'

/** How the whole run stands. */
export function statsOf(engine: EngineContext): Omit<EngineStats, 'bytesPerSecond' | 'etaMs' | 'limitedBy'> {
  const { counters, dispatcher, limits, streams } = engine
  const { counts, list, totalBytes, confirmedBytes } = engine.queue
  const { requests, requestMs, retries, throttled, resentBytes } = engine.tally
  const { completed, failed, skipped, cancelled } = counts
  return {
    sentBytes: counters.payloadBytes(),
    confirmedBytes,
    totalBytes,
    resentBytes,
    limitBytesPerSecond: limits.effective,
    completed,
    failed,
    skipped,
    cancelled,
    connections: [...streams].reduce((sum, stream) => sum + stream.inHand, dispatcher.inHand),
    unfinished: list.length - completed - failed - skipped - cancelled,
    requests,
    retries,
    throttled,
    meanRequestMs: requests === 0 ? 0 : requestMs / requests,
  }
}
