import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/main/engine/engine.ts'
import { QueueView } from '../../src/main/engine/queue-view.ts'
import { RateSampler } from '../../src/main/engine/rate-sampler.ts'
import { DetailsView } from '../../src/main/engine/transfer-details.ts'
import type { Transfer } from '../../src/main/engine/transfer-record.ts'
import { newTransfer } from '../../src/main/engine/transfer-record.ts'
import type { Patch, Viewport } from '../../src/shared/contract.ts'
import { DEFAULTS } from '../support/engine-scene.ts'

const VIEW: Viewport = {
  firstIndex: 0,
  count: 50,
  filter: 'all',
  sort: { by: 'queue', descending: false },
  collapsed: [],
}
const identity = { sizeBytes: 100, mtimeNs: 0n, inode: 0n, device: 0n }

/** An engine that has no senders and no destination: what is queued stays so. */
class Scene {
  readonly engine = new Engine(
    { connections: 1, threads: 0, limitBytesPerSecond: null },
    '',
    () => {},
    () => {},
  )
  readonly view: QueueView
  /** How often a transfer was asked for its batch or its key. */
  looks = 0
  #nextId = 1

  constructor() {
    const noScan = () => ({ scanning: 0, skippedNames: 0, emptyFolders: 0, unreadable: 0 })
    this.view = new QueueView(this.engine, new RateSampler(this.engine), new DetailsView(this.engine), noScan)
  }

  add(batchId: number, keys: readonly string[]): Transfer[] {
    return keys.map((key) => {
      const id = this.#nextId++
      const origin = { id, batchId, destinationId: 'd', path: `/home/${key}`, key, options: DEFAULTS, identity }
      const transfer = newTransfer(origin)
      const count = <T>(value: T): T => {
        this.looks++
        return value
      }
      Object.defineProperty(transfer, 'batchId', { get: () => count(batchId) })
      Object.defineProperty(transfer, 'key', { get: () => count(key) })
      this.engine.queue.add(transfer)
      return transfer
    })
  }

  see(change: Partial<Viewport> = {}): Patch {
    return this.view.subscribe({ ...VIEW, ...change })
  }
}

const fail = (scene: Scene, transfer: Transfer | undefined) => {
  if (transfer === undefined) throw new Error('it is in the queue')
  scene.engine.queue.setState(transfer, { phase: 'failed', error: { code: 'internal', message: 'no' } })
}

describe('the view of the queue', () => {
  it('has a header with the totals of each batch of several files', () => {
    const scene = new Scene()
    scene.engine.queue.nameBatch(1, [{ path: '/home/film', keyOrPrefix: 'film/' }])
    const [first] = scene.add(1, ['film/a', 'film/b'])
    scene.add(2, ['alone'])
    fail(scene, first)
    const { lines, matching, headers, rows } = scene.see()
    expect({ lines, matching, names: rows.map(({ name }) => name) }).toEqual({
      lines: 4,
      matching: 3,
      names: ['a', 'b', 'alone'],
    })
    expect(headers).toMatchObject([
      {
        batchId: 1,
        line: 0,
        folder: 'film',
        others: 0,
        counts: { queued: 1, failed: 1 },
        totalBytes: 100,
        matching: 2,
      },
    ])
  })

  it('hides the rows of a collapsed batch, which still count', () => {
    const scene = new Scene()
    scene.add(1, ['a', 'b', 'c'])
    scene.add(2, ['alone'])
    const patch = scene.see({ collapsed: [1] })
    expect(patch.rows.map(({ name }) => name)).toEqual(['alone'])
    expect(patch).toMatchObject({ lines: 2, matching: 4, headers: [{ isCollapsed: true, matching: 3 }] })
  })

  it('shows the headers of batches that a filter or a search finds something of, with the totals of all', () => {
    const scene = new Scene()
    const [one] = scene.add(1, ['a1', 'a2'])
    scene.add(2, ['b1', 'b2'])
    fail(scene, one)
    expect(scene.see({ filter: 'failed' })).toMatchObject({
      lines: 2,
      headers: [{ batchId: 1, counts: { failed: 1, queued: 1 }, matching: 1 }],
      rows: [{ name: 'a1' }],
    })
    expect(scene.see({ search: 'B2' })).toMatchObject({ lines: 2, headers: [{ batchId: 2 }], rows: [{ name: 'b2' }] })
  })

  it('is flat in any other order, and for whoever does not ask for headers', () => {
    const scene = new Scene()
    scene.add(1, ['b', 'a'])
    const byName = scene.see({ sort: { by: 'name', descending: false } })
    expect(byName).toMatchObject({ lines: 2, headers: [], rows: [{ name: 'a' }, { name: 'b' }] })
    const { collapsed: _, ...flat } = VIEW
    expect(scene.view.subscribe(flat)).toMatchObject({ lines: 2, headers: [] })
  })

  it('follows what is added, moved and removed', () => {
    const scene = new Scene()
    const [first] = scene.add(1, ['a'])
    expect(scene.see().headers).toEqual([])
    const [, , last] = scene.add(1, ['b', 'c', 'd'])
    scene.add(2, ['x'])
    const next = () => {
      scene.view.patchTaken()
      return scene.view.next()
    }
    expect(next()).toMatchObject({ lines: 6, headers: [{ line: 0, counts: { queued: 4 } }] })
    if (first === undefined || last === undefined) throw new Error('they are in the queue')
    scene.engine.move([first], { kind: 'after', id: 5 })
    expect(next()).toMatchObject({
      lines: 7,
      headers: [
        { line: 0, isContinued: false },
        { line: 5, isContinued: true },
      ],
      rows: [{ name: 'b' }, { name: 'c' }, { name: 'd' }, { name: 'x' }, { name: 'a' }],
    })
    scene.engine.remove(scene.engine.queue.select({ kind: 'batches', batchIds: [1], filter: 'all', ids: [] }).slice(1))
    expect(next()).toMatchObject({ lines: 2, headers: [] })
  })

  it('looks at as many transfers for a patch as it shows, however long the queue is', () => {
    const looksFor = (files: number): number => {
      const scene = new Scene()
      for (const batchId of [1, 2]) {
        scene.add(
          batchId,
          Array.from({ length: files / 2 }, (_, at) => `${batchId}/${at}`),
        )
      }
      scene.see({ firstIndex: files / 4 })
      scene.looks = 0
      // A state has changed, and a file has been found.
      fail(scene, scene.engine.queue.list[files / 2])
      scene.add(2, ['late'])
      scene.view.patchTaken()
      expect(scene.view.next()?.rows.length).toBe(50)
      return scene.looks
    }
    expect(looksFor(40_000)).toBe(looksFor(400))
  })
})

describe('a predicate', () => {
  it('names what matches in batches, and transfers beside', () => {
    const scene = new Scene()
    const [one] = scene.add(1, ['a1', 'a2'])
    scene.add(2, ['b1'])
    const [, three] = scene.add(3, ['c1', 'c2'])
    fail(scene, one)
    const { queue } = scene.engine
    const keys = (which: Parameters<typeof queue.select>[0]) => queue.select(which).map(({ key }) => key)
    expect(keys({ kind: 'batches', batchIds: [1, 2], filter: 'all' })).toEqual(['a1', 'a2', 'b1'])
    expect(keys({ kind: 'batches', batchIds: [1, 2], filter: 'failed', ids: [three?.id ?? 0] })).toEqual(['a1', 'c2'])
    expect(keys({ kind: 'batches', batchIds: [1], filter: 'all', search: 'A2' })).toEqual(['a2'])
  })
})
