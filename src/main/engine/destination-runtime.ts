import type { TransferError } from '../../shared/errors.ts'
import type { Gate } from '../core/gate.ts'
import { OPEN } from '../core/gate.ts'
import type { EngineDestination } from './api.ts'
import { contextOf, S3Control } from './s3-control.ts'

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
  #control: Promise<S3Control> | null = null
  readonly #onBytes: (bytes: number) => void
  readonly #config: EngineDestination

  /** For messages. */
  readonly context: string

  constructor(config: EngineDestination, onBytes: (bytes: number) => void) {
    this.id = config.id
    this.#config = config
    this.#onBytes = onBytes
    this.context = contextOf(config)
  }

  /** The client, made on first use. A failure is not kept: the next call tries again. */
  control(): Promise<S3Control> {
    this.#control ??= S3Control.open(this.#config, this.#onBytes).catch((thrown) => {
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
