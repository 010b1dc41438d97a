import type { TransferError } from '../../shared/errors.ts'
import { concernsDestination, recoveryOf } from '../../shared/errors.ts'
import { afterFailure, afterSuccess, OPEN } from '../core/gate.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import { ADAPTIVE_DEFAULTS, step } from '../flow/adaptive-factor.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import type { Transfer } from './transfer-record.ts'

/** A file's own failures (a checksum that differs, an answer without an ETag) end it after so many in a row. */
const MAX_OWN_FAILURES = 5

/** Moves the destination's factor, and its pace with it where that changes anything. */
function adapt(runtime: DestinationRuntime, kind: 'slow-down' | 'answered'): void {
  const { factor } = runtime.adaptive
  runtime.adaptive = step(runtime.adaptive, { kind }, performance.now(), CAUTIOUS)
  if (runtime.adaptive.factor !== factor) runtime.applyFactor()
}

/** Never above what a person set, and down to a tenth of it. */
const CAUTIOUS = { ...ADAPTIVE_DEFAULTS, maxFactor: 1 }

/** What becomes of transfers and destinations when something fails, and when it works again. */
export class Recovery {
  readonly #engine: EngineContext
  /** Retries of single transfers; those that wait for their destination have none. */
  readonly #timers = new Map<Transfer, NodeJS.Timeout>()

  constructor(engine: EngineContext) {
    this.#engine = engine
  }

  /** A job or a control call of this transfer failed. */
  onFailure(transfer: Transfer, error: TransferError): void {
    const runtime = this.#engine.destinations.get(transfer.destinationId)
    const recovery = recoveryOf(error.code)
    if (error.code === 'throttled' && runtime !== undefined) this.slowedDown(runtime)
    if (runtime !== undefined && !concernsDestination(error.code)) this.unprobe(runtime)
    if (runtime === undefined || recovery === 'fail') return this.#engine.apply(transfer, { type: 'failed', error })
    if (recovery === 'ask') return this.#block(runtime, transfer, error)
    if (concernsDestination(error.code)) return this.#backOff(runtime, transfer, error)
    if (error.code === 'upload-vanished') return this.#restart(transfer, error)
    this.#retryLater(transfer, error)
  }

  /** The destination asked for less. */
  slowedDown(runtime: DestinationRuntime): void {
    this.#engine.tally.throttled++
    adapt(runtime, 'slow-down')
  }

  /** The destination accepted a request. */
  onSuccess(transfer: Transfer): void {
    const runtime = this.#engine.destinations.get(transfer.destinationId)
    if (runtime === undefined) return
    adapt(runtime, 'answered')
    const recovered = runtime.gate.kind === 'closed' || runtime.gate.kind === 'probing'
    runtime.gate = afterSuccess(runtime.gate)
    if (runtime.answered && !recovered) return
    runtime.answered = true
    this.#tell(runtime)
    if (!recovered) return
    for (const other of this.#resting(runtime)) this.#engine.apply(other, { type: 'retry-due' })
  }

  /** The request that was to find out has ended without finding out: the next one may. */
  unprobe(runtime: DestinationRuntime): void {
    const { gate } = runtime
    if (gate.kind === 'probing') runtime.gate = { ...gate, kind: 'closed', untilMs: Date.now() }
  }

  /** A person says that it is mended: everything that waited goes on. */
  unblock(runtime: DestinationRuntime): void {
    runtime.gate = OPEN
    runtime.generation++
    this.#tell(runtime)
    for (const transfer of this.#engine.queue.list) {
      if (transfer.destinationId !== runtime.id) continue
      if (transfer.state.phase === 'waiting') this.#engine.apply(transfer, { type: 'unblocked' })
      else if (transfer.state.phase === 'retrying') this.#engine.apply(transfer, { type: 'retry-due' })
    }
    this.#engine.dispatcher.fill()
  }

  forget(transfer: Transfer): void {
    clearTimeout(this.#timers.get(transfer))
    this.#timers.delete(transfer)
  }

  /** The server no longer knows the upload: once, it is sent again from the start. */
  #restart(transfer: Transfer, error: TransferError): void {
    transfer.restarts++
    if (transfer.restarts > 1) return this.#engine.apply(transfer, { type: 'failed', error })
    const message = `The server lost the parts of ${transfer.key}; it is sent again from the start.`
    this.#engine.emit({ type: 'notice', level: 'info', message })
    this.#engine.apply(transfer, { type: 'start-over' })
  }

  #retryLater(transfer: Transfer, error: TransferError): void {
    transfer.attempts++
    if (transfer.attempts >= MAX_OWN_FAILURES) return this.#engine.apply(transfer, { type: 'failed', error })
    this.#engine.tally.retries++
    const delayMs = retryDelayMs(transfer.attempts, Math.random(), error.retryAfterMs)
    const retryAtMs = Date.now() + delayMs
    this.#engine.apply(transfer, { type: 'retry-later', error, attempt: transfer.attempts, retryAtMs })
    this.forget(transfer)
    const retry = () => {
      this.#timers.delete(transfer)
      this.#engine.apply(transfer, { type: 'retry-due' })
      this.#engine.dispatcher.fill()
    }
    this.#timers.set(transfer, setTimeout(retry, delayMs))
  }

  /** Until a person acts. What is queued stays queued; what was under way says what it waits for. */
  #block(runtime: DestinationRuntime, transfer: Transfer, error: TransferError): void {
    runtime.gate = { kind: 'blocked', error }
    if (runtime.timer !== null) clearTimeout(runtime.timer)
    // Keys may be mended outside (a profile signed in again): ask for them anew.
    runtime.forgetClient()
    const event = { type: 'blocked' as const, error }
    this.#engine.apply(transfer, event)
    const { dispatcher } = this.#engine
    for (const other of [...dispatcher.offered, ...dispatcher.working(), ...this.#resting(runtime)]) {
      if (other.destinationId === runtime.id) this.#engine.apply(other, event)
    }
    this.#tell(runtime)
  }

  /** The whole destination rests; one request will find out when it is well again. */
  #backOff(runtime: DestinationRuntime, transfer: Transfer, error: TransferError): void {
    const now = Date.now()
    const before = runtime.gate
    runtime.gate = afterFailure(before, error, now, (attempt) =>
      retryDelayMs(attempt, Math.random(), error.retryAfterMs),
    )
    const { gate } = runtime
    if (gate.kind === 'blocked') return this.#engine.apply(transfer, { type: 'blocked', error: gate.error })
    if (gate.kind !== 'closed') return
    this.#engine.tally.retries++
    const { giveUpAfterMs } = transfer.options
    if (giveUpAfterMs !== null && now - gate.sinceMs >= giveUpAfterMs) return this.#giveUp(runtime, error)
    const later = { type: 'retry-later' as const, error, attempt: gate.attempt, retryAtMs: gate.untilMs }
    this.#engine.apply(transfer, later)
    for (const other of this.#resting(runtime)) if (other !== transfer) this.#engine.apply(other, later)
    if (gate === before) return
    this.#wakeAt(runtime, gate.untilMs)
    this.#tell(runtime)
  }

  #wakeAt(runtime: DestinationRuntime, atMs: number): void {
    if (runtime.timer !== null) clearTimeout(runtime.timer)
    runtime.timer = setTimeout(() => {
      runtime.timer = null
      const [first] = this.#resting(runtime)
      if (first !== undefined) this.#engine.apply(first, { type: 'retry-due' })
      this.#engine.dispatcher.fill()
    }, atMs - Date.now())
  }

  /** Retries have gone on for as long as was allowed: nothing of this destination is tried again. */
  #giveUp(runtime: DestinationRuntime, error: TransferError): void {
    for (const transfer of this.#engine.queue.list) {
      if (transfer.destinationId !== runtime.id || transfer.options.giveUpAfterMs === null) continue
      this.#engine.apply(transfer, { type: 'failed', error })
    }
    runtime.gate = OPEN
  }

  /** Transfers that wait for their destination's gate, not for a timer of their own. */
  #resting(runtime: DestinationRuntime): Transfer[] {
    return this.#engine.queue.retrying.filter(
      (transfer) => transfer.destinationId === runtime.id && !this.#timers.has(transfer),
    )
  }

  #tell(runtime: DestinationRuntime): void {
    const { id, error, answered } = runtime
    this.#engine.emit({ type: 'destination', id, error, answered })
  }
}
