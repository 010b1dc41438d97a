import { setImmediate } from 'node:timers/promises'
import type { Which } from '../../shared/contract.ts'
import { isActive } from '../../shared/transfer.ts'
import type { EngineContext } from './engine-context.ts'
import type { Transfer } from './transfer-record.ts'

/** Dealt with in one go: about 10 ms, so that a window is answered in between, however long the queue is. */
const SLICE = 2_000

/** What a person asks about many transfers at a time: one wish after the other, each slice by slice. */
export class Bulk {
  readonly #engine: EngineContext
  #last: Promise<unknown> = Promise.resolve()

  constructor(engine: EngineContext) {
    this.#engine = engine
  }

  /** Those under way come first, and none of the others starts meanwhile. Resolves when all are dealt with. */
  run(which: Which, act: (slice: readonly Transfer[]) => void): Promise<void> {
    const done = this.#last.then(() => this.#run(which, act))
    this.#last = done.catch(() => {})
    return done
  }

  #run(which: Which, act: (slice: readonly Transfer[]) => void): Promise<void> {
    const { queue, dispatcher } = this.#engine
    const { underWay = [], others = [] } = Object.groupBy(queue.select(which), ({ state }) =>
      isActive(state.phase) ? 'underWay' : 'others',
    )
    const transfers = [...underWay, ...others]
    return dispatcher.withoutStarts(async () => {
      for (let at = 0; at < transfers.length; at += SLICE) {
        if (at > 0) await setImmediate()
        act(transfers.slice(at, at + SLICE))
      }
    })
  }
}
