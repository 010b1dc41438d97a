import { afterEach, describe, expect, it } from 'vitest'
import { Counters, MAX_LANES } from '../../src/main/engine/counters.ts'
import { SenderPool } from '../../src/main/engine/sender-pool.ts'
import type { PutJob, PutOutcome } from '../../src/main/engine/sender-protocol.ts'

const SENDER = new URL('../support/echo-sender.ts', import.meta.url).pathname

/** A pool whose threads only say who they are. */
class Rig {
  readonly #outcomes: PutOutcome[] = []
  #wake = () => {}
  #jobId = 0
  readonly pool = new SenderPool(
    SENDER,
    2,
    new SharedArrayBuffer(8),
    new Counters(),
    new SharedArrayBuffer(8),
    (outcome) => {
      if (outcome.kind === 'put') this.#outcomes.push(outcome)
      this.#wake()
    },
    () => {},
    () => true,
  )

  /** Hands out so many jobs at once; answers the lanes of each thread that got some, by thread. */
  async send(jobs: number): Promise<Map<string, number[]>> {
    this.#outcomes.length = 0
    for (let job = 0; job < jobs; job++) this.pool.dispatch({ kind: 'put', jobId: ++this.#jobId, leaf: 1 } as PutJob)
    while (this.#outcomes.length < jobs) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return new Map(this.#outcomes.map(({ etag, versionId }) => [etag, (versionId ?? '').split(',').map(Number)]))
  }
}

let rig: Rig
afterEach(() => rig.pool.close())

describe('the threads of the senders', () => {
  it('share the connections evenly, or one of them takes all', async () => {
    rig = new Rig()
    expect(rig.pool.setConnections(5, false)).toBe(true)
    expect(await rig.send(4)).toEqual(
      new Map([
        ['0', [0, 2, 4]],
        ['1', [1, 3]],
      ]),
    )
    expect(rig.pool.setConnections(5, true)).toBe(true)
    const single = await rig.send(4)
    expect([...single.keys()]).toEqual(['0'])
    const lanes = single.get('0') ?? []
    expect(new Set(lanes).size).toBe(5)
    // What the other one had, it may still be writing to.
    expect(lanes.filter((lane) => lane === 1 || lane === 3)).toEqual([])
    expect(lanes.every((lane) => lane < 2 * MAX_LANES)).toBe(true)
    expect(rig.pool.setConnections(5, true)).toBe(false)
    expect(rig.pool.setConnections(5, false)).toBe(true)
    expect([...(await rig.send(4)).keys()].toSorted()).toEqual(['0', '1'])
  })

  it('have their part of the limit until what they are at has ended', () => {
    rig = new Rig()
    rig.pool.setConnections(4, false)
    for (let jobId = 1; jobId <= 4; jobId++) rig.pool.dispatch({ kind: 'put', jobId, leaf: jobId } as PutJob)
    rig.pool.setConnections(4, true)
    expect(rig.pool.atWork().map(({ leaves }) => leaves)).toEqual([
      [1, 3],
      [2, 4],
    ])
    expect(rig.pool.atWork()[1]?.lanes).toEqual([1, 3])
  })
})
