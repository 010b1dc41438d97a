import { connectionsFor } from '../flow/connections-for.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import { strictest } from './limits.ts'
import { SMALL_JOBS_PER_LANE } from './sender-pool.ts'
import type { Transfer, Work } from './transfer-record.ts'

/** Before a pause that is known, parts get half as much time again as they should need, and this for the answer. */
const PAUSE_MARGIN = 1.5
const PAUSE_ANSWER_MS = 1_000

/** How much may be under way at once: by the connections, the limits that hold, and a pause that is known. */
export class Admission {
  readonly #engine: EngineContext
  /** The measured rate, for plans; told by the sampler. */
  rateBytesPerSecond = 0
  connections = 1
  /** Connections of paused transfers, lent to others for the moment. */
  lent = 0
  /** Something did not begin since it could not end before a pause that is known. */
  heldBack = false

  constructor(engine: EngineContext) {
    this.#engine = engine
  }

  /**
   * Jobs that a destination may have in hand: fewer under a low limit, so that none of its connections falls silent, and
   * fewer while it asks for less. Of small files some may wait.
   */
  allowed(runtime: DestinationRuntime, small: boolean, transfer: Transfer | null): number {
    const { factor } = runtime.adaptive
    // Nothing waits behind the first requests: they may find out that the keys are wrong.
    if (small) {
      const perLane = runtime.answered ? SMALL_JOBS_PER_LANE : 1
      return this.lent + perLane * connectionsFor(null, this.connections, factor)
    }
    const { limits } = this.#engine
    const limit = strictest(transfer === null ? limits.heldTo : limits.heldToFor(transfer.id), runtime.heldTo)
    return this.lent + connectionsFor(limit, this.connections, factor)
  }

  /** A transfer that its own limit holds back gains nothing by more connections, which others could use. */
  gainsByMore({ limitBytesPerSecond }: Transfer, { node, jobs }: Work): boolean {
    if (limitBytesPerSecond === null || jobs.size === 0) return true
    const most = node !== null && this.#engine.limits.binds(node) ? 1 : Math.floor(this.connections / 2)
    return jobs.size < most
  }

  holdsBack(bytes: number): boolean {
    const holdsBack = !this.endsInTime(bytes)
    if (holdsBack) this.heldBack = true
    return holdsBack
  }

  /** A pause that is known beforehand sends no byte twice: what could not end before it does not begin. */
  endsInTime(bytes: number): boolean {
    const { nextPauseMs, heldTo } = this.#engine.limits
    if (nextPauseMs === null) return true
    const measured = this.rateBytesPerSecond > 0 ? this.rateBytesPerSecond : Number.POSITIVE_INFINITY
    const rate = Math.min(heldTo ?? Number.POSITIVE_INFINITY, measured)
    // Each of the connections gets its share, and a part is only done when the server has said so.
    const neededMs = Number.isFinite(rate) ? ((bytes * this.connections) / rate) * 1000 : 0
    return Date.now() + neededMs * PAUSE_MARGIN + PAUSE_ANSWER_MS < nextPauseMs
  }
}
