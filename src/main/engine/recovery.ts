import type { TransferError } from '../../shared/errors.ts'
import { concernsDestination, recoveryOf } from '../../shared/errors.ts'
import { afterFailure, afterNetworkChange, afterSuccess, closesGate, OPEN } from '../core/gate.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import { ADAPTIVE_DEFAULTS, step } from '../flow/adaptive-factor.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import { errorFromThrown } from './s3-errors.ts'
import type { Transfer } from './transfer-record.ts'
import { TransferRests } from './transfer-rests.ts'

/** A file that changes while it is read is begun anew so many times, if it is at all. */
const MAX_CHANGES = 3
/** Whatever writes to a file is given this long to end. */
const SETTLE_MS = 1_000

/** Within this time after a change of the network everybody tries again. */
const RECONNECT_MS = 2_000
const NETWORK_CHANGED: TransferError = { code: 'network-lost', message: 'The network changed; connecting again.' }

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
  readonly #rests: TransferRests

  constructor(engine: EngineContext) {
    this.#engine = engine
    this.#rests = new TransferRests(engine)
  }

  /**
   * A job or a control call of this transfer failed.
   * @param about 'destination' where the request was not about the transfer's own key
   */
  onFailure(transfer: Transfer, error: TransferError, about: 'key' | 'destination' = 'key'): void {
    const runtime = this.#engine.destinations.get(transfer.destinationId)
    const recovery = recoveryOf(error.code)
    if (error.code === 'throttled' && runtime !== undefined) this.slowedDown(runtime)
    if (runtime !== undefined && !concernsDestination(error.code)) this.unprobe(runtime)
    if (recovery === 'wait') return this.#engine.sources.wait(transfer, error)
    if (error.code === 'source-changed' && this.#sendsAnew(transfer, error)) return
    if (runtime === undefined || recovery === 'fail') return this.#engine.apply(transfer, { type: 'failed', error })
    if (recovery === 'ask') return this.#refused(runtime, transfer, error)
    if (concernsDestination(error.code)) {
      // A server that drops slow requests, and a line that carries next to nothing on each, want fewer at once.
      if (error.code === 'request-timeout') {
        adapt(runtime, 'slow-down')
        runtime.dropIdle()
      }
      runtime.failedKeys.add(transfer.id)
      const { gate, failedKeys, answered } = runtime
      const closes = about === 'destination' || closesGate(gate, error.code, failedKeys.size, answered)
      return closes ? this.#backOff(runtime, transfer, error) : this.#rests.retryAlone(transfer, error)
    }
    if (error.code === 'upload-vanished') return this.restart(transfer, error)
    this.#rests.retryOwn(transfer, error)
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
    runtime.failedKeys.clear()
    this.#rests.succeeded(transfer)
    const recovered = runtime.gate.kind === 'closed' || runtime.gate.kind === 'probing'
    runtime.gate = afterSuccess(runtime.gate)
    runtime.renewed = false
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
    runtime.renewed = false
    this.#goOn(runtime)
  }

  /**
   * Keys that were refused are asked for anew, once for all who need them. Resolves with true when it is worth trying
   * again; with false a person must act, who has been told.
   */
  renew(runtime: DestinationRuntime, error: TransferError): Promise<boolean> {
    runtime.renewing ??= this.#renew(runtime, error).finally(() => {
      runtime.renewing = null
      this.#engine.dispatcher.fill()
    })
    return runtime.renewing
  }

  async #renew(runtime: DestinationRuntime, error: TransferError): Promise<boolean> {
    // Nothing new starts with the old keys. What the server has let in already goes on, so that no byte is sent twice.
    runtime.gate = { kind: 'blocked', error }
    let failure = error
    try {
      if (await runtime.renewKeys()) {
        this.#goOn(runtime)
        return true
      }
    } catch (thrown) {
      failure = errorFromThrown(thrown, runtime.context)
      if (recoveryOf(failure.code) !== 'ask') {
        // Whoever asks next meets it again, and retries.
        this.#goOn(runtime)
        return true
      }
    }
    // A person may have been quicker.
    if (runtime.gate.kind !== 'blocked') return true
    runtime.renewing = null
    this.#block(runtime, failure)
    return false
  }

  #goOn(runtime: DestinationRuntime): void {
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

  /** Its failure says nothing about now: it goes on as if its destination had been blocked and mended. */
  again(transfer: Transfer, error: TransferError): void {
    this.#engine.apply(transfer, { type: 'blocked', error })
    this.#engine.apply(transfer, { type: 'unblocked' })
  }

  forget(transfer: Transfer): void {
    this.#rests.forget(transfer)
  }

  /** What waits for the network tries again within seconds, not all at the same moment. */
  networkChanged(): void {
    const now = Date.now()
    for (const runtime of this.#engine.destinations.values()) {
      const untilMs = now + Math.random() * RECONNECT_MS
      runtime.gate = afterNetworkChange(runtime.gate, NETWORK_CHANGED, now, untilMs)
      runtime.failedKeys.clear()
      if (runtime.gate.kind === 'closed') this.#wakeAt(runtime, runtime.gate.untilMs)
    }
    this.#rests.endWithin(RECONNECT_MS)
  }

  /** What the server has of the upload is of no use: once, it is sent again from the start. */
  restart(transfer: Transfer, error: TransferError): void {
    transfer.restarts++
    if (transfer.restarts > transfer.changes + 1) return this.#engine.apply(transfer, { type: 'failed', error })
    const message = `${transfer.key} is sent again from the start. ${error.message}`
    this.#engine.emit({ type: 'notice', level: 'info', message })
    this.#engine.apply(transfer, { type: 'start-over' })
  }

  /** By the person's setting, a file that changed is sent anew; not for ever, since some are always written to. */
  #sendsAnew(transfer: Transfer, error: TransferError): boolean {
    if (transfer.options.onChange !== 'restart') return false
    // Several parts have noticed.
    if (this.#rests.has(transfer)) return true
    if (transfer.changes >= MAX_CHANGES) return false
    transfer.changes++
    const message = `${transfer.key} changed while it was being uploaded; it is sent again from the start.`
    this.#engine.emit({ type: 'notice', level: 'info', message })
    const retryAtMs = Date.now() + SETTLE_MS
    this.#engine.apply(transfer, { type: 'retry-later', error, attempt: transfer.changes, retryAtMs })
    this.#rests.until(transfer, SETTLE_MS, () => void this.#engine.calls.beginAgain(transfer, { type: 'start-over' }))
    return true
  }

  /** Only a person can mend it, unless the keys have run out and come from where there are others. */
  #refused(runtime: DestinationRuntime, transfer: Transfer, error: TransferError): void {
    const blocked = { type: 'blocked' as const, error }
    const { gate } = runtime
    // Requests that were in flight together are refused together, the last of them late: that is one question.
    const isAsked = gate.kind === 'blocked' && gate.error.code === error.code
    if (runtime.renewing === null && (isAsked || !runtime.mayRenew(error.code))) {
      this.#engine.apply(transfer, blocked)
      if (!isAsked) this.#block(runtime, error)
      return
    }
    if (transfer.state.phase !== 'uploading') this.#engine.apply(transfer, blocked)
    void this.renew(runtime, error).then((renewed) => {
      if (!renewed) this.#engine.apply(transfer, blocked)
      else if (transfer.state.phase === 'uploading') this.#engine.dispatcher.offer(transfer)
      this.#engine.settled(transfer)
    })
  }

  /** Until a person acts. What is queued stays queued; what was under way says what it waits for. */
  #block(runtime: DestinationRuntime, error: TransferError): void {
    runtime.gate = { kind: 'blocked', error }
    if (runtime.timer !== null) clearTimeout(runtime.timer)
    // Keys may be mended outside (a profile signed in again): ask for them anew.
    runtime.forgetClient()
    const event = { type: 'blocked' as const, error }
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
      // The timer decides: the clock may have been set back, and timers fire up to 1 ms early by it.
      if (runtime.gate.kind === 'closed') runtime.gate = { ...runtime.gate, untilMs: Date.now() }
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
      (transfer) => transfer.destinationId === runtime.id && !this.#rests.has(transfer),
    )
  }

  #tell(runtime: DestinationRuntime): void {
    const { id, error, answered } = runtime
    this.#engine.emit({ type: 'destination', id, error, answered })
  }
}
