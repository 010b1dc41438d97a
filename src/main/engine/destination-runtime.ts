import type { TransferError } from '../../shared/errors.ts'
import type { Gate } from '../core/gate.ts'
import { OPEN } from '../core/gate.ts'
import type { AdaptiveState } from '../flow/adaptive-factor.ts'
import { effectiveRate, FACTOR_AT_REST } from '../flow/adaptive-factor.ts'
import { systemClock } from '../flow/clock.ts'
import { RequestPacer } from '../flow/request-pacer.ts'
import type { DestinationPace, EngineDestination } from './api.ts'
import type { Limits, Spread } from './limits.ts'
import { strictest } from './limits.ts'
import type { QuotaControl } from './quota-control.ts'
import { contextOf, S3Control } from './s3-control.ts'

/** The limit nodes of a destination: its bytes, its requests, its files. They outlive a change of its keys. */
export interface DestinationNodes {
  readonly bytes: number
  readonly requests: number
  readonly files: number
}

export const NO_PACE: DestinationPace = { limitBytesPerSecond: null, requestsPerSecond: null, filesPerSecond: null }

/** A destination while it is used: its client, whether requests may go there, and what it has shown it can do. */
export class DestinationRuntime {
  readonly id: string
  gate: Gate = OPEN
  /** It has accepted a request. */
  answered = false
  /** False once it refused `If-None-Match`: existing keys are then looked for beforehand. */
  conditionalWrites = true
  timer: NodeJS.Timeout | null = null
  /** When the credentials that the senders have run out. */
  sendersUntilMs = 0
  equipping = false
  /** Rises when a person has mended something: what began before says nothing about now. */
  generation = 0
  /** Its jobs in the senders' hands. */
  inHand = 0
  /** How much of its pace the destination bears at the moment. */
  adaptive: AdaptiveState = FACTOR_AT_REST
  readonly nodes: DestinationNodes
  /** For the control calls, which this thread makes. */
  readonly pacer: RequestPacer
  readonly #limits: Limits
  readonly #quotas: QuotaControl
  #pace = NO_PACE
  #spread: Spread = { bytes: null, requests: null, files: null }
  #control: Promise<S3Control> | null = null
  readonly #config: EngineDestination

  /** For messages. */
  readonly context: string

  /** @param old the same destination with other keys: limits, nodes and what is in hand go on */
  constructor(config: EngineDestination, limits: Limits, quotas: QuotaControl, old?: DestinationRuntime) {
    this.id = config.id
    this.#config = config
    this.#limits = limits
    this.#quotas = quotas
    this.context = contextOf(config)
    this.nodes = old?.nodes ?? { bytes: limits.take(null), requests: limits.take(null), files: limits.take(null) }
    this.pacer = new RequestPacer({
      table: limits.table,
      clock: systemClock,
      nodes: [this.nodes.requests, limits.totals.requests],
    })
    if (old === undefined) return
    this.answered = old.answered
    this.generation = old.generation
    this.inHand = old.inHand
    this.#pace = old.#pace
    this.#spread = old.#spread
    this.adaptive = old.adaptive
  }

  get pace(): DestinationPace {
    return this.#pace
  }

  setPace(pace: DestinationPace): void {
    this.#pace = pace
    this.#hold()
  }

  /** Rates from quotas of this destination: they hold beside its pace. */
  setSpread(spread: Spread): void {
    this.#spread = spread
    this.#hold()
  }

  /** The limit of its bytes, or what a quota leaves of it; null unlimited. */
  get heldTo(): number | null {
    return strictest(this.#pace.limitBytesPerSecond, this.#spread.bytes)
  }

  /** Is it a quota, and not its own pace, that this destination's bytes (or requests and files) are held to? */
  spreads(what: 'bytes' | 'requests'): boolean {
    const { limitBytesPerSecond, requestsPerSecond, filesPerSecond } = this.#pace
    if (what === 'bytes') return this.heldTo !== limitBytesPerSecond
    return (
      strictest(requestsPerSecond, this.#spread.requests) !== requestsPerSecond ||
      strictest(filesPerSecond, this.#spread.files) !== filesPerSecond
    )
  }

  #hold(): void {
    this.#limits.set(this.nodes.bytes, this.heldTo)
    this.#limits.setRequests(this.nodes.files, strictest(this.#pace.filesPerSecond, this.#spread.files))
    this.applyFactor()
  }

  /** Requests per second follow the adaptive factor downwards; a limit set by a person is never exceeded. */
  applyFactor(): void {
    const { requestsPerSecond } = this.#pace
    const rate = effectiveRate(requestsPerSecond, this.adaptive.factor, requestsPerSecond)
    this.#limits.setRequests(this.nodes.requests, strictest(rate, this.#spread.requests))
  }

  /** Every request counts with its bytes, sent by this thread for this destination. */
  #charge(bytes: number): void {
    this.#limits.charge(this.nodes.bytes, bytes)
    this.#quotas.count(this.id, 'requests', 1)
    this.#quotas.count(this.id, 'bytes', bytes)
  }

  /** The client, made on first use. A failure is not kept: the next call tries again. */
  control(): Promise<S3Control> {
    this.#control ??= S3Control.open(this.#config, (bytes) => this.#charge(bytes)).catch((thrown) => {
      this.#control = null
      throw thrown
    })
    return this.#control
  }

  get error(): TransferError | null {
    return this.gate.kind === 'open' ? null : this.gate.error
  }

  /** The next use makes a new client, with credentials asked for anew. */
  forgetClient(): void {
    this.sendersUntilMs = 0
    this.#control?.then(
      (control) => control.close(),
      () => {},
    )
    this.#control = null
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.forgetClient()
  }
}
