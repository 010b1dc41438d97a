import type { ErrorCode, TransferError } from '../../shared/errors.ts'
import { recoveryOf } from '../../shared/errors.ts'

/** "Within 10 s", with room for starting, stopping and saying so. */
const PATIENCE_MS = 7_000

/** Waiting seldom mends these, and a mistyped address is the usual reason. */
const HOPELESS_AT_FIRST: readonly ErrorCode[] = ['host-not-found', 'connection-refused']

/**
 * Decides when a destination that does not work ends the run. Nobody is there to mend it, so what needs a person
 * ends it at any time; trouble with the network only does so before the destination's first answer.
 */
export class FirstAnswer {
  readonly #giveUp: (sentence: string) => void
  #answered = false
  #error: TransferError | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(giveUp: (sentence: string) => void) {
    this.#giveUp = giveUp
  }

  /** From now on an answer is due. */
  expect(): void {
    if (this.#answered) return
    this.#timer ??= setTimeout(() => {
      const reason = this.#error?.message ?? 'no answer'
      this.#giveUp(`the destination did not answer within ${PATIENCE_MS / 1000} s: ${reason}`)
    }, PATIENCE_MS)
  }

  /** Bytes flow or a file is done: whoever takes them is there. */
  alive(): void {
    this.#answered = true
    this.stop()
  }

  /** What the engine says about the destination; `error` null: it works. */
  heard(error: TransferError | null, answered: boolean): void {
    const needsPerson = error !== null && recoveryOf(error.code) === 'ask'
    if (answered && !needsPerson) this.alive()
    this.#error = error
    if (error === null) return
    if (needsPerson || (!this.#answered && HOPELESS_AT_FIRST.includes(error.code))) this.#giveUp(error.message)
  }

  /** No timer is left behind, and no answer due, until `expect`: we are paused, say. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
