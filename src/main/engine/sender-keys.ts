import { admits } from '../core/gate.ts'
import { renewAtMs } from './credentials.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import { errorFromThrown } from './s3-errors.ts'
import type { SenderPool } from './sender-pool.ts'

/** The keys that the senders sign with: fetched before a destination's first request, and anew before they run out. */
export class SenderKeys {
  readonly #engine: EngineContext
  readonly #pool: SenderPool

  constructor(engine: EngineContext, pool: SenderPool) {
    this.#engine = engine
    this.#pool = pool
  }

  /** May a request to this destination start now? If only the senders lack its keys, they are fetched. */
  ready(runtime: DestinationRuntime | undefined): boolean {
    const now = Date.now()
    if (runtime === undefined || !admits(runtime.gate, now)) return false
    if (runtime.sendersUntilMs > now) return true
    if (!runtime.equipping) void this.#equipSenders(runtime)
    return false
  }

  async #equipSenders(runtime: DestinationRuntime): Promise<void> {
    runtime.equipping = true
    try {
      const control = await runtime.control()
      this.#pool.putDestination(await control.forSenders())
      const { expiration } = await control.credentials()
      runtime.sendersUntilMs = renewAtMs(expiration, Date.now())
    } catch (thrown) {
      const offered = [...this.#engine.dispatcher.offered].find((transfer) => transfer.destinationId === runtime.id)
      const first = offered ?? this.#engine.queue.next((id) => id === runtime.id)
      if (first !== null)
        this.#engine.recovery.onFailure(first, errorFromThrown(thrown, runtime.context), 'destination')
    } finally {
      runtime.equipping = false
      this.#engine.dispatcher.fill()
    }
  }
}
