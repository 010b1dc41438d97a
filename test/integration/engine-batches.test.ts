import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { EngineScene, MiB } from '../support/engine-scene.ts'
import { RestartScene } from '../support/restart-scene.ts'

const VIEW = {
  firstIndex: 0,
  count: 50,
  filter: 'all',
  sort: { by: 'queue', descending: false },
  collapsed: [],
} as const

it('tells of a batch how far it is and how fast it goes, and nothing moves of one that rests', async () => {
  await using scene = await EngineScene.start({ connections: 2, limitBytesPerSecond: 4 * MiB })
  for (const name of ['a', 'b']) await scene.write(`film/${name}`, randomBytes(30 * MiB))
  await scene.add(`${scene.folder}/film`, 'film/')
  const header = async () => (await scene.engine.call('subscribe', VIEW)).headers[0]
  await scene.until(async () => ((await header())?.etaMs ?? 0) > 0 && ((await header())?.confirmedBytes ?? 0) > 0)
  const moving = await header()
  expect(moving).toMatchObject({ folder: 'film', others: 0, totalBytes: 60 * MiB, weight: 1 })
  expect(moving?.bytesPerSecond).toBeGreaterThan(0)
  expect(moving?.progressBytes).toBeGreaterThanOrEqual(moving?.confirmedBytes ?? 0)
  const batchId = moving?.batchId ?? 0
  await scene.engine.call('pause', { which: { kind: 'batches', batchIds: [batchId], filter: 'all' }, mode: 'now' })
  expect(await header()).toMatchObject({ counts: { paused: 2 }, bytesPerSecond: 0, etaMs: null })
  await scene.engine.call('setBatchWeight', { batchId, weight: 2 })
  expect(await header()).toMatchObject({ weight: 2 })
})

it('ends the walk of a batch that is cancelled, and of no other', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('setPaused', { paused: true })
  for (const folder of ['big', 'small']) {
    for (let file = 0; file < (folder === 'big' ? 1_500 : 50); file++) await scene.write(`${folder}/${file}`, '')
  }
  await scene.add(`${scene.folder}/big`, 'big/')
  await scene.add(`${scene.folder}/small`, 'small/')
  const { headers } = await scene.engine.call('subscribe', VIEW)
  const batchId = headers.find(({ folder }) => folder === 'big')?.batchId ?? 1
  await scene.engine.call('cancel', { kind: 'batches', batchIds: [batchId], filter: 'all' })
  for (const id of [1, 2]) await scene.event('scanned', ({ totals }) => totals.batchId === id)
  const waiting = await scene.engine.call('subscribe', { ...VIEW, filter: 'waiting' })
  expect(waiting).toMatchObject({ matching: 50, headers: [{ folder: 'small', counts: { queued: 50 } }] })
})

it('leaves alone what needs no retry when a batch is retried', async () => {
  await using scene = await EngineScene.start()
  const path = await scene.write('set/done', 'as it was')
  await scene.write('set/other', 'other')
  await scene.add(`${scene.folder}/set`, 'set/')
  for (const key of ['set/done', 'set/other']) await scene.end(key)
  await scene.write('set/done', 'longer than it was')
  await scene.engine.call('retry', { which: { kind: 'batches', batchIds: [1], filter: 'all' }, overwrite: false })
  const { rows } = await scene.engine.call('subscribe', VIEW)
  expect(rows.find((row) => row.path === path)).toMatchObject({ phase: 'completed', sizeBytes: 9 })
})

it('knows after a restart what a batch was called', async () => {
  await using scene = await RestartScene.start()
  for (const name of ['a', 'b']) await scene.write(name, name)
  const first = scene.engine()
  await first.call('setPaused', { paused: true })
  await first.call('addBatch', scene.batch())
  await first.event('scanned')
  // Answered once it is on the disk.
  await first.call('pause', { which: { kind: 'batches', batchIds: [1], filter: 'all' }, mode: 'now' })
  await first.kill()
  const second = scene.engine()
  await second.call('restore', null)
  const { headers } = await second.call('subscribe', VIEW)
  expect(headers).toMatchObject([{ folder: 'files', counts: { paused: 2 } }])
})
