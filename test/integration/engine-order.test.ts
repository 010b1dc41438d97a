import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { EngineScene, MiB } from '../support/engine-scene.ts'
import { RestartScene } from '../support/restart-scene.ts'

const ALL = { kind: 'filter', filter: 'all' } as const
const VIEW = { firstIndex: 0, count: 50, filter: 'all', sort: { by: 'queue', descending: false } } as const
const PART = 5 * MiB

/** Behind all that was added before: walks run beside one another. */
async function add(scene: EngineScene, key: string, bytes: Uint8Array | string): Promise<void> {
  await scene.add(await scene.write(key, bytes), key)
  await scene.event('queued', (event) => event.key === key)
}

it('sends what is moved to the front before the next part of others, and no part twice', async () => {
  await using scene = await EngineScene.start({ connections: 1, limitBytesPerSecond: 20 * MiB })
  await add(scene, 'bulk', randomBytes(10 * PART))
  await add(scene, 'small', 'a few bytes')
  await add(scene, 'urgent', randomBytes(3 * PART))
  await scene.until(() => scene.requests('UploadPart').length >= 2)
  const { rows } = await scene.engine.call('subscribe', VIEW)
  expect(rows.map(({ key }) => key)).toEqual(['bulk', 'small', 'urgent'])
  const urgent = rows[2]?.id ?? -1
  await scene.engine.call('move', { which: { kind: 'ids', ids: [urgent] }, place: { kind: 'first' } })
  const moved = await scene.engine.call('subscribe', VIEW)
  expect(moved.rows.map(({ key }) => key)).toEqual(['urgent', 'bulk', 'small'])
  const bulkParts = () => scene.requests('UploadPart').filter(({ key }) => key === 'bulk').length
  const before = bulkParts()

  expect(await scene.end('urgent')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  // The one in flight, one more while the urgent one asked for its upload id, and one after it had ended.
  expect(bulkParts()).toBeLessThanOrEqual(before + 3)
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  expect(await scene.end('bulk')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(bulkParts()).toBe(10)
})

it('sends parts in the order of the queue when one under way is moved behind another', async () => {
  await using scene = await EngineScene.start({ connections: 1, limitBytesPerSecond: 20 * MiB })
  for (const key of ['one', 'two']) await add(scene, key, randomBytes(6 * PART))
  await scene.until(() => scene.requests('UploadPart').length >= 1)
  const { rows } = await scene.engine.call('subscribe', VIEW)
  const [one, two] = rows
  if (one === undefined || two === undefined) throw new Error('both are in the queue')
  await scene.engine.call('move', { which: { kind: 'ids', ids: [one.id] }, place: { kind: 'after', id: two.id } })
  const before = scene.requests('UploadPart').length
  for (const key of ['one', 'two']) expect(await scene.end(key)).toMatchObject({ phase: 'completed', resentBytes: 0 })
  const after = scene.requests('UploadPart').slice(before)
  const untilTwoEnded = after.slice(
    0,
    after.findLastIndex(({ key }) => key === 'two'),
  )
  // The one in flight, and one more while the other asked for its upload id.
  expect(untilTwoEnded.filter(({ key }) => key === 'one').length).toBeLessThanOrEqual(2)
  expect((await scene.engine.call('subscribe', VIEW)).rows.map(({ key }) => key)).toEqual(['two', 'one'])
})

it('keeps the order in the journal', async () => {
  await using scene = await RestartScene.start()
  for (const name of ['a', 'b', 'c', 'd']) await scene.write(name, name)
  const first = scene.engine()
  await first.call('setPaused', { paused: true })
  await first.call('addBatch', scene.batch())
  await first.event('scanned')
  const { rows } = await first.call('subscribe', VIEW)
  expect(rows.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
  const idOf = (name: string) => rows.find((row) => row.name === name)?.id ?? -1
  const move = (name: string, place: { kind: 'first' } | { kind: 'before'; id: number }) =>
    first.call('move', { which: { kind: 'ids', ids: [idOf(name)] }, place })
  await move('d', { kind: 'first' })
  await move('c', { kind: 'before', id: idOf('b') })
  await first.kill()

  const second = scene.engine()
  await second.call('restore', null)
  const restored = await second.call('subscribe', VIEW)
  expect(restored.rows.map(({ name }) => name)).toEqual(['d', 'a', 'c', 'b'])
})

it('finds by a piece of the key, in any case, and acts on what is found only', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('setPaused', { paused: true })
  for (const name of ['Reel 1.mov', 'reel 2.MOV', 'still.tif']) await scene.write(`set/${name}`, name)
  await scene.add(`${scene.folder}/set`, 'shoot/')
  await scene.event('scanned')
  const search = 'REEL'
  const found = await scene.engine.call('subscribe', { ...VIEW, search })
  expect(found.rows.map(({ name }) => name).sort()).toEqual(['Reel 1.mov', 'reel 2.MOV'])
  expect(found.matching).toBe(2)
  await scene.engine.call('cancel', { ...ALL, search })
  expect((await scene.engine.call('subscribe', { ...VIEW, filter: 'done', search })).matching).toBe(2)
  expect((await scene.engine.call('subscribe', { ...VIEW, filter: 'waiting', search })).matching).toBe(0)
  expect((await scene.engine.call('subscribe', VIEW)).rows).toMatchObject([{}, {}, { phase: 'queued' }])
  // A file that comes later is found too.
  await scene.add(await scene.write('late reel', 'late'), 'late reel')
  await scene.event('queued', ({ key }) => key === 'late reel')
  expect((await scene.engine.call('subscribe', { ...VIEW, search: 'late' })).matching).toBe(1)
})
