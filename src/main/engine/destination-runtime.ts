import type { ErrorCode, TransferError } from '../../shared/errors.ts'
import type { Gate } from '../core/gate.ts'
import { OPEN } from '../core/gate.ts'
import type { AdaptiveState } from '../flow/adaptive-factor.ts'
import { effectiveRate, FACTOR_AT_REST } from '../flow/adaptive-factor.ts'
import { RequestPacer } from '../flow/request-pacer.ts'
import type { DestinationPace, EngineDestination } from './api.ts'
import { sameKeys } from './credentials.ts'
import type { DestinationNodes, Limits, Spread } from './limits.ts'
import { strictest } from './limits.ts'
import type { QuotaControl } from './quota-control.ts'
import { contextOf, S3Control } from './s3-control.ts'

export const NO_PACE: DestinationPace = { limitBytesPerSecond: null, requestsPerSecond: null, filesPerSecond: null }

/** A destination while it is used: its client, whether requests may go there, and what it has shown it can do. */
export class DestinationRuntime {
  readonly id: string
  gate: Gate = OPEN
  /** It has accepted a request. */
  answered = false
  /** False once it refused `If-None-Match`: existing keys are then looked for beforehand. */
  conditionalWrites: boolean
  /** Whether it keeps the tags of an upload in parts has been looked at. */
  tagsLookedAt = false
  timer: NodeJS.Timeout | null = null
  /** When the credentials that the senders have run out. */
  sendersUntilMs = 0
  equipping = false
  /** The keys are being asked for anew: true when that brought others. */
  renewing: Promise<boolean> | null = null
  /** New keys have come, and no request has succeeded with them yet. */
  renewed = false
  /** Rises with new keys and when a person has mended something: what began before says nothing about now. */
  generation = 0
  /** Transfers that have failed since it last accepted a request. */
  readonly failedKeys = new Set<number>()
  /** Its jobs in the senders' hands. */
  inHand = 0
  /** How much of its pace the destination bears at the moment. */
  adaptive: AdaptiveState = FACTOR_AT_REST
  /** They outlive a change of its keys. */
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
    this.conditionalWrites = (config.conditionalWrites ?? true) && (old?.conditionalWrites ?? true)
    this.nodes = old?.nodes ?? limits.takeDestination()
    this.pacer = new RequestPacer(limits.ownThread, this.nodes.requests)
    if (old === undefined) {
      if (config.pace !== undefined) this.setPace(config.pace)
      return
    }
    this.answered = old.answered
    this.tagsLookedAt = old.tagsLookedAt
    this.generation = old.generation + 1
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
    return this.gate.kind === 'open' || this.renewing !== null ? null : this.gate.error
  }

  /** May it be that these keys have run out, where others can be had without a person? */
  mayRenew(code: ErrorCode): boolean {
    const isAboutKeys = code === 'credentials-expired' || code === 'auth-rejected'
    return this.#config.credentials.kind === 'profile' && isAboutKeys && !this.renewed
  }

  /** Asks for the keys anew, and answers whether they are others than those before. @throws SluiceError */
  async renewKeys(): Promise<boolean> {
    const before = (await this.#control)?.lastCredentials ?? null
    // Nothing has been refused yet but the asking itself.
    if (before === null) return false
    this.forgetClient()
    const now = await (await this.control()).credentials()
    this.renewed = !sameKeys(before, now)
    return this.renewed
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

  /** The connections of control calls are made anew; calls under way fail, and are retried. */
  reconnect(): void {
    this.#control?.then(
      (control) => control.reconnect(),
      () => {},
    )
  }

  /** Connections of control calls that stand unused may be as dead as one that was found so. */
  dropIdle(): void {
    this.#control?.then(
      (control) => control.dropIdle(),
      () => {},
    )
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.forgetClient()
  }
}
