import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import type { LimitedBy } from '../../src/shared/contract.ts'
import { EngineScene, MiB } from '../support/engine-scene.ts'

const VIEW = { firstIndex: 0, count: 10, filter: 'all', sort: { by: 'queue', descending: false } } as const
const PACE = { limitBytesPerSecond: null, requestsPerSecond: null, filesPerSecond: null }

async function limitedBy(scene: EngineScene): Promise<LimitedBy> {
  return (await scene.engine.call('subscribe', VIEW)).summary.limitedBy
}

it('names the node of the limit tree that binds', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('setPaused', { paused: true })
  await scene.add(await scene.write('a', randomBytes(12 * MiB)), 'a')
  await scene.event('scanned')
  await scene.engine.call('setLimit', { limitBytesPerSecond: MiB })
  await scene.engine.call('setPaused', { paused: false })
  await scene.until(async () => (await limitedBy(scene)) === 'global')

  await scene.engine.call('setDestinationPace', { id: 'd', ...PACE, limitBytesPerSecond: MiB / 2 })
  await scene.until(async () => (await limitedBy(scene)) === 'destination')

  await scene.engine.call('setTransferLimit', { id: 1, limitBytesPerSecond: MiB / 4 })
  await scene.until(async () => (await limitedBy(scene)) === 'transfer')

  await scene.engine.call('setPaused', { paused: true })
  expect(await limitedBy(scene)).toBe('paused')
})

it('keeps a high limit with sizes that no whole number of its writes makes up', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: 400_000_000 })
  const bytes = randomBytes(1_060_000)
  await scene.add(await scene.write('a', bytes), 'a')
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
})

it('exempts one transfer from the limit and puts it back, in mid-part, and no byte goes twice', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: 16 * 1024 })
  const bytes = randomBytes(16 * MiB)
  await scene.add(await scene.write('a', bytes), 'a')
  const row = async () => (await scene.engine.call('subscribe', VIEW)).rows[0]
  await scene.until(async () => (await row())?.limitedBy === 'global')

  await scene.engine.call('setTransferLimit', { id: 1, limitBytesPerSecond: 2 * MiB })
  await scene.engine.call('exemptTransfer', { id: 1, exempt: true })
  await scene.until(async () => (await row())?.limitedBy === 'transfer')
  expect(await row()).toMatchObject({ exempt: true })
  // At 16 KiB/s these would take minutes.
  await scene.until(async () => (await scene.sentBytes()) > 2 * MiB)
  expect(scene.requests('UploadPart')).toEqual([])

  await scene.engine.call('setPaused', { paused: true })
  expect(await row()).toMatchObject({ limitedBy: 'paused' })
  await scene.engine.call('setPaused', { paused: false })
  await scene.engine.call('exemptTransfer', { id: 1, exempt: false })
  await scene.until(async () => (await row())?.limitedBy === 'global')
  await scene.engine.call('setTransferLimit', { id: 1, limitBytesPerSecond: null })
  await scene.engine.call('exemptTransfer', { id: 1, exempt: true })
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
})

it('takes the weight of a batch, before and while it is sent, and refuses one that means nothing', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('setBatchWeight', { batchId: 1, weight: 2.5 })
  await scene.add(await scene.write('a', 'x'), 'a')
  expect(await scene.end('a')).toMatchObject({ phase: 'completed' })
  for (const weight of [0, -1, Number.NaN]) {
    const refused = scene.engine.call('setBatchWeight', { batchId: 1, weight })
    await expect(refused).rejects.toThrow(`A weight must be above 0, not ${weight}.`)
  }
})

it('uses fewer connections under a low limit, and more again when it is lifted, without a part sent twice', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: 64 * 1024 })
  const bytes = randomBytes(22 * MiB)
  await scene.add(await scene.write('a', bytes), 'a')
  await scene.until(async () => (await scene.sentBytes()) > 0)
  const connections = async () => (await scene.engine.call('stats', null)).connections
  expect(await connections()).toBe(1)
  await scene.engine.call('setLimit', { limitBytesPerSecond: 4 * MiB })
  await scene.until(async () => (await connections()) === 4)
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
})

it('starts no part that could not end before a pause that is known', async () => {
  await using scene = await EngineScene.start()
  const nextPauseMs = Date.now() + 3_600_000
  // 12 MiB at 2 KiB/s need far more than the hour that is left.
  await scene.engine.call('setLimit', { limitBytesPerSecond: 2048, source: 'schedule', nextPauseMs })
  await scene.add(await scene.write('a', randomBytes(12 * MiB)), 'a')
  await scene.event('scanned')
  await scene.event('progress')
  expect(await scene.sentBytes()).toBe(0)
  await scene.engine.call('setLimit', { limitBytesPerSecond: null, nextPauseMs: null })
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
})

it('spaces the requests of a destination evenly, whatever the number of connections and threads', async () => {
  await using scene = await EngineScene.start({ threads: 2, connections: 8 })
  await scene.engine.call('setDestinationPace', { id: 'd', ...PACE, requestsPerSecond: 20 })
  for (let index = 0; index < 40; index++) await scene.write(`f${index}`, 'x')
  await scene.add(scene.folder, '')
  await scene.event('idle')
  const at = scene.requests('PutObject').map((request) => request.atMs)
  expect(at).toHaveLength(40)
  // 39 gaps of 50 ms; a busy machine can only make it longer.
  expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(39 * 50 - 100)
  expect(await scene.engine.call('stats', null)).toMatchObject({ completed: 40, retries: 0 })
})

it('takes files per second by whole files, not by parts', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('setDestinationPace', { id: 'd', ...PACE, filesPerSecond: 10 })
  await scene.write('large', randomBytes(17 * MiB))
  for (let index = 0; index < 10; index++) await scene.write(`f${index}`, 'x')
  await scene.add(scene.folder, '')
  await scene.event('idle')
  const at = scene.requests('PutObject').map((request) => request.atMs)
  expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(9 * 100 - 100)
  expect(await scene.end('large')).toMatchObject({ phase: 'completed' })
})

it('keeps connections alive under a tiny limit, before a server that drops what is silent for 2 s', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: 8 * 1024, demo: { idleBodyMs: 2_000 } })
  const bytes = randomBytes(40 * 1024)
  await scene.write('one', bytes)
  await scene.write('two', bytes)
  await scene.add(scene.folder, '')
  expect(await scene.end('one')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(await scene.end('two')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(await scene.engine.call('stats', null)).toMatchObject({ retries: 0, resentBytes: 0 })
  expect(scene.server.log.every((request) => request.status === 200)).toBe(true)
  expect(bytes.equals(await scene.far.bytes('two'))).toBe(true)
})

it('lends what a transfer with a limit of its own cannot use to the others', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: 20 * MiB })
  await scene.engine.call('setPaused', { paused: true })
  await scene.write('1-limited', randomBytes(40 * MiB))
  const bytes = randomBytes(11 * MiB)
  await scene.write('2-free', bytes)
  await scene.add(scene.folder, '')
  await scene.event('scanned')
  await scene.engine.call('setTransferLimit', { id: 1, limitBytesPerSecond: 64 * 1024 })
  await scene.engine.call('setPaused', { paused: false })
  expect(await scene.end('2-free')).toMatchObject({ phase: 'completed' })
  expect(bytes.equals(await scene.far.bytes('2-free'))).toBe(true)
  expect(scene.events.some((event) => event.type === 'ended' && event.end.key === '1-limited')).toBe(false)
})

it('goes on with the others at once when the one that is being sent is paused', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: 4 * MiB })
  await scene.write('1-paused', randomBytes(40 * MiB))
  await scene.write('2-next', randomBytes(6 * MiB))
  await scene.add(scene.folder, '')
  await scene.until(async () => (await scene.sentBytes()) > MiB)
  await scene.engine.call('pause', { which: { kind: 'ids', ids: [1] }, mode: 'now' })
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  expect(await scene.end('2-next')).toMatchObject({ phase: 'completed' })
  // The parts of the paused one were still held open then: the first to end was not one of them.
  expect(scene.requests('UploadPart')[0]?.path).toContain('2-next')
  await scene.engine.call('resume', { kind: 'ids', ids: [1] })
  expect(await scene.end('1-paused')).toMatchObject({ phase: 'completed' })
})
