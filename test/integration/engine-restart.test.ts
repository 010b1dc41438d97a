import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { EngineEvent } from '../../src/main/engine/api.ts'
import { EngineClient } from '../../src/main/engine/client.ts'
import type { Claim } from '../../src/main/engine/data-folder.ts'
import { claimDataFolder } from '../../src/main/engine/data-folder.ts'
import { destinationOf, MiB, sourceWorkers } from '../support/engine-scene.ts'
import { RestartScene } from '../support/restart-scene.ts'
import { tempFolder } from '../support/temp-folder.ts'

const ALL = { kind: 'filter', filter: 'all' } as const
const PART = 5 * MiB

it('goes on with a large file after a kill -9, and sends again at most what was in flight', async () => {
  await using scene = await RestartScene.start()
  const bytes = randomBytes(12 * PART + 5)
  await scene.write('large', bytes)
  const first = await scene.begun({ connections: 2, limitBytesPerSecond: 40 * MiB })
  await scene.requests('UploadPart', 4)
  await first.kill()
  const before = scene.count('UploadPart')

  const second = scene.engine({ connections: 2 })
  const restored = await second.call('restore', null)
  expect(restored).toMatchObject({ unfinished: 1, destinations: [{ id: 'd', credentials: { kind: 'keys-asked' } }] })
  expect(restored.resentAtMost).toBeLessThanOrEqual(2 * PART)
  await second.call('putDestination', destinationOf(scene.server))
  const end = (await second.event('ended'))?.end
  expect(end).toMatchObject({ phase: 'completed', verified: 'checksum', key: 'p/large' })
  expect(end?.resentBytes).toBeLessThanOrEqual(restored.resentAtMost)
  expect(bytes.equals(await scene.far.bytes('p/large'))).toBe(true)
  // 13 parts; those that were in flight at the kill may have arrived unheard.
  expect(scene.count('UploadPart') - 13).toBeLessThanOrEqual(2)
  expect(before).toBeGreaterThanOrEqual(4)
  expect(scene.count('CreateMultipartUpload')).toBe(1)
  expect(await scene.far.openUploads()).toEqual([])
})

it('goes on with many small files, and none that had arrived is a failure or is sent again', async () => {
  await using scene = await RestartScene.start()
  const names = Array.from({ length: 300 }, (_, index) => `n${index}`)
  for (const name of names) await scene.write(name, `bytes of ${name}`)
  const first = await scene.begun({}, { onExists: 'fail' })
  await scene.requests('PutObject', 100)
  await first.kill()
  const second = await scene.restarted()
  await scene.finished(second)
  const ends = await second.call('batchEnds', { batchId: 1, afterId: 0, limit: 1_000 })
  expect(ends.map(({ phase }) => phase)).toEqual(names.map(() => 'completed'))
  for (const name of names) expect((await scene.far.bytes(`p/${name}`)).toString()).toBe(`bytes of ${name}`)
  expect(scene.count('PutObject')).toBe(300)
  expect(await second.call('batches', null)).toMatchObject([{ files: 300, completed: 300, failed: 0, unfinished: 0 }])
})

it('keeps what was paused paused, and its parts', async () => {
  await using scene = await RestartScene.start()
  const bytes = randomBytes(4 * PART)
  await scene.write('large', bytes)
  scene.holdFrom(3)
  const first = await scene.begun({ connections: 1 })
  await scene.requests('UploadPart', 2)
  await first.call('pause', { which: ALL, mode: 'after-parts' })
  await first.kill()
  scene.server.setFaults([])
  const sent = scene.count('UploadPart')
  const second = await scene.restarted()
  await second.event('idle')
  expect(scene.count('UploadPart')).toBe(sent)
  await second.call('resume', ALL)
  expect((await second.event('ended'))?.end).toMatchObject({ phase: 'completed', key: 'p/large' })
  expect(bytes.equals(await scene.far.bytes('p/large'))).toBe(true)
  expect(scene.count('UploadPart')).toBeLessThanOrEqual(5)
})

it('sends nothing twice after a pause that lets parts end', async () => {
  await using scene = await RestartScene.start()
  await scene.write('large', randomBytes(6 * PART))
  const engine = await scene.begun({ connections: 2, limitBytesPerSecond: 10 * MiB })
  await scene.requests('UploadPart', 1)
  expect(await engine.call('pause', { which: ALL, mode: 'after-parts' })).toEqual({ resentBytes: 0 })
  while ((await engine.call('stats', null)).connections > 0) await sleep(20)
  const ended = scene.count('UploadPart')
  expect(ended).toBeLessThan(6)
  await engine.call('resume', ALL)
  expect((await engine.event('ended'))?.end).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(scene.count('UploadPart')).toBe(6)
})

it('says what a pause at once gives up, and gives up no more', async () => {
  await using scene = await RestartScene.start()
  await scene.write('large', randomBytes(6 * PART))
  const engine = await scene.begun({ connections: 2, limitBytesPerSecond: 5 * MiB })
  while ((await engine.call('stats', null)).sentBytes < 2 * MiB) await sleep(20)
  const { resentBytes } = await engine.call('pause', { which: ALL, mode: 'now' })
  expect(resentBytes).toBeGreaterThan(0)
  while ((await engine.call('stats', null)).connections > 0) await sleep(20)
  await engine.call('setLimit', { limitBytesPerSecond: null })
  await engine.call('resume', ALL)
  const end = (await engine.event('ended'))?.end
  // What was on its way to a socket when the pause came: one quantum a connection.
  expect(end?.resentBytes).toBeLessThanOrEqual(resentBytes + 2 * 256 * 1024)
})

it('stops for a full disk, keeps what it has, says so, and goes on when there is room', async () => {
  await using scene = await RestartScene.start()
  for (let index = 0; index < 1_500; index++) await scene.write(`f${index}`, `bytes ${index}`)
  const first = await scene.begun()
  await scene.finished(first)
  await first.kill()
  const pages = statSync(join(scene.dataDir, 'journal.db')).size / 4096
  const engine = scene.engine({ journalMaxPages: pages + 8 })
  await engine.call('putDestination', destinationOf(scene.server))
  // Fewer files than before, since how many pages rows take also depends on the order in which they were written.
  const include = ['f?', 'f??', 'f???']
  const again = scene.batch({}, { sources: [{ path: scene.folder, keyOrPrefix: 'again/' }], include })
  expect(await engine.call('addBatch', again)).toEqual({ batchId: 2 })
  const stuck = await engine.event('notice', ({ level }) => level === 'error')
  expect(stuck?.message).toMatch(/Nothing new is uploaded, since the journal cannot be written \(.*full\)/)
  await expect(engine.call('addBatch', again)).rejects.toThrow('Nothing was added, since the journal cannot be written')
  // What was on its way ends.
  while ((await engine.call('stats', null)).connections > 0) await sleep(20)
  const sent = scene.count('PutObject')
  expect(sent).toBeLessThan(2_500)
  await sleep(1_500)
  expect(scene.count('PutObject')).toBe(sent)
  // The old batch makes room.
  await engine.call('forgetBatches', { batchIds: [1] })
  expect((await engine.event('notice', ({ level }) => level === 'info'))?.message).toMatch(/can be written again/)
  await scene.finished(engine)
  expect(await engine.call('batches', null)).toMatchObject([{ batchId: 2, files: 1_000, completed: 1_000 }])
  expect((await scene.far.bytes('again/f7')).toString()).toBe('bytes 7')
})

it('walks a folder again whose walk had not ended, and adds nothing twice', async () => {
  await using scene = await RestartScene.start()
  for (let index = 0; index < 2_000; index++) await scene.write(`f${index}`, 'x')
  const first = scene.engine()
  await first.call('setPaused', { paused: true })
  await first.call('addBatch', scene.batch())
  await first.event('queued')
  await first.kill()
  const second = scene.engine()
  await second.call('setPaused', { paused: true })
  const { batches } = await second.call('restore', null)
  expect(batches).toMatchObject([{ scanning: true, sources: [{ path: scene.folder }] }])
  await second.event('scanned')
  expect(await second.call('batches', null)).toMatchObject([{ files: 2_000, unfinished: 2_000, scanning: false }])
})

it('sends again what the server does not hold as the journal says', async () => {
  await using scene = await RestartScene.start()
  const bytes = randomBytes(6 * PART)
  await scene.write('large', bytes)
  scene.holdFrom(4)
  const first = await scene.begun({ connections: 1 })
  await scene.requests('UploadPart', 3)
  await first.kill()
  scene.server.setFaults([])
  await scene.far.replacePart('p/large', 2, randomBytes(PART))
  const second = await scene.restarted()
  expect((await second.event('ended'))?.end).toMatchObject({ phase: 'completed', verified: 'checksum' })
  expect(bytes.equals(await scene.far.bytes('p/large'))).toBe(true)
  // It was known before the server was asked to complete.
  expect(scene.server.log.filter(({ operation }) => operation === 'CompleteMultipartUpload')).toHaveLength(1)
})

it('begins anew, and says so, where the server no longer knows the upload', async () => {
  await using scene = await RestartScene.start()
  const bytes = randomBytes(4 * PART)
  await scene.write('large', bytes)
  scene.holdFrom(3)
  const first = await scene.begun({ connections: 1 })
  await scene.requests('UploadPart', 2)
  await first.kill()
  scene.server.setFaults([])
  await scene.far.abortAll()
  const second = await scene.restarted()
  expect((await second.event('notice'))?.message).toMatch(/sent again from the start/)
  expect((await second.event('ended'))?.end).toMatchObject({ phase: 'completed' })
  expect(bytes.equals(await scene.far.bytes('p/large'))).toBe(true)
})

it('aborts after a restart what was being cancelled, and says what it held', async () => {
  await using scene = await RestartScene.start()
  await scene.write('large', randomBytes(4 * PART))
  const held = scene.holdFrom(3)
  const first = await scene.begun({ connections: 1 })
  await scene.requests('UploadPart', 2)
  scene.server.setFaults([
    ...held,
    { on: 'AbortMultipartUpload', times: null, do: { kind: 'answer', status: 503, code: 'ServiceUnavailable' } },
  ])
  await first.call('cancel', ALL)
  await first.kill()
  expect(await scene.far.openUploads()).toEqual(['p/large'])
  scene.server.setFaults([])
  const second = await scene.restarted()
  expect((await second.event('notice'))?.message).toMatch(
    /left unfinished .* removed, with 1[05]\.\d+? ?Mi?B|with 1[05] MiB/,
  )
  expect(await scene.far.openUploads()).toEqual([])
  expect(await second.call('batches', null)).toMatchObject([{ unfinished: 0 }])
})

it('clears away an upload whose beginning was never answered', async () => {
  await using scene = await RestartScene.start()
  const bytes = randomBytes(2 * PART)
  await scene.write('large', bytes)
  scene.server.setFaults([{ on: 'CreateMultipartUpload', do: { kind: 'drop', when: 'after-commit' } }])
  const engine = await scene.begun()
  expect((await engine.event('ended'))?.end).toMatchObject({ phase: 'completed' })
  expect(
    scene.server.log.filter(({ operation, status }) => operation === 'AbortMultipartUpload' && status === 204).length,
  ).toBe(1)
  expect(await scene.far.openUploads()).toEqual([])
  expect(bytes.equals(await scene.far.bytes('p/large'))).toBe(true)
})

it('leaves out what cannot be read, says so, and goes on with the rest', async () => {
  await using scene = await RestartScene.start()
  for (const name of ['a', 'b', 'c']) await scene.write(name, name)
  const first = scene.engine()
  await first.call('setPaused', { paused: true })
  await first.call('addBatch', scene.batch())
  await first.event('scanned')
  // Asks nothing, and is answered when all is on the disk.
  await first.call('resume', ALL)
  await first.kill()
  const db = new DatabaseSync(join(scene.dataDir, 'journal.db'))
  db.exec(`UPDATE transfer SET identity = 'nonsense' WHERE id = 2`)
  db.close()
  const second = await scene.restarted()
  expect((await second.event('notice'))?.message).toBe(
    'One entry of the journal of uploads could not be read and is left out.',
  )
  await second.event('ended', ({ end }) => end.id === 3)
  expect(await scene.far.keys()).toEqual(['p/a', 'p/c'])
})

it('takes what is added while it restores for what it is', async () => {
  await using scene = await RestartScene.start()
  await scene.write('a', 'a')
  const first = scene.engine()
  await first.call('addBatch', scene.batch())
  await first.event('scanned')
  // Asks nothing, and is answered when all is on the disk.
  await first.call('resume', ALL)
  await first.kill()
  const second = scene.engine()
  const added = second.call('addBatch', scene.batch({}, { sources: [{ path: scene.folder, keyOrPrefix: 'q/' }] }))
  const { batches, unfinished } = await second.call('restore', null)
  expect(await added).toEqual({ batchId: 2 })
  expect(batches.map(({ batchId }) => batchId)).toEqual([1])
  expect(unfinished).toBe(1)
  await second.call('putDestination', destinationOf(scene.server))
  await scene.finished(second)
  expect(scene.count('PutObject')).toBe(2)
  expect(await second.call('restore', null)).toMatchObject({ batches: [], unfinished: 0 })
})

it('lists uploads of others and leaves them alone until a person names them', async () => {
  await using scene = await RestartScene.start()
  await scene.far.begin('other/program', randomBytes(PART))
  const engine = await scene.restarted()
  const page = await engine.call('openUploads', { destinationId: 'd', prefix: '', after: null })
  if ('code' in page) throw new Error(page.message)
  expect(page).toMatchObject({ uploads: [{ key: 'other/program', bytes: PART, owner: 'other' }], next: null })
  expect(await scene.far.openUploads()).toEqual(['other/program'])
  const uploads = page.uploads.map(({ key, uploadId }) => ({ key, uploadId }))
  expect(await engine.call('abortOpenUploads', { destinationId: 'd', uploads })).toEqual({
    ...{ aborted: 1, inUse: 0, problem: null },
  })
  expect(await scene.far.openUploads()).toEqual([])
})

it('has one owner, and the second process names it', async () => {
  await using scene = await RestartScene.start()
  const first = scene.engine()
  expect(await first.call('opened', null)).toEqual({ ok: true })
  const second = scene.engine()
  const message = `The data folder ${scene.dataDir} is in use by process ${first.child.pid}.`
  expect(await second.call('opened', null)).toEqual({ ok: false, message, pid: first.child.pid })
  await expect(second.call('addBatch', scene.batch())).rejects.toThrow(message)
  await first.kill()
  const third = scene.engine()
  expect(await third.call('opened', null)).toEqual({ ok: true })
})

it('stops without losing what was begun, and goes on with it', async () => {
  await using scene = await RestartScene.start()
  const bytes = randomBytes(6 * PART)
  await scene.write('large', bytes)
  const first = await scene.begun({ connections: 1, limitBytesPerSecond: 20 * MiB })
  await scene.requests('UploadPart', 2)
  await first.call('stop', { now: false })
  await first.kill()
  expect(await scene.far.openUploads()).toEqual(['p/large'])
  const second = await scene.restarted()
  expect((await second.event('ended'))?.end).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(bytes.equals(await scene.far.bytes('p/large'))).toBe(true)
  expect(scene.count('UploadPart')).toBe(6)
})

it('is started again when its thread dies, goes on, and says so', async () => {
  await using scene = await RestartScene.start()
  const bytes = randomBytes(6 * PART)
  await scene.write('large', bytes)
  const paths = { ...sourceWorkers, engine: new URL('../support/mortal-engine.ts', import.meta.url) }
  const options = { connections: 1, threads: 1, limitBytesPerSecond: null, dataDir: scene.dataDir }
  const engine = new EngineClient(paths, options, { restarts: true })
  const events: EngineEvent[] = []
  engine.onEvent((event) => events.push(event))
  const has = async (type: EngineEvent['type']) => {
    while (!events.some((event) => event.type === type)) await sleep(20)
  }
  await engine.call('putDestination', destinationOf(scene.server))
  await engine.call('setLimit', { limitBytesPerSecond: 20 * MiB })
  await engine.call('addBatch', scene.batch())
  await scene.requests('UploadPart', 2)
  await engine.call('die' as never, null as never).catch(() => {})
  await has('restarted')
  expect(events.find((event) => event.type === 'restarted')?.reason).toMatch(/undefinedFunction is not defined/)
  const told = events.map(({ type }) => type)
  expect(told.indexOf('restarting')).toBeLessThan(told.indexOf('restarted'))
  expect(told).toContain('restarting')
  expect((await engine.call('stats', null)).limitBytesPerSecond).toBe(20 * MiB)
  await has('ended')
  expect(events.find((event) => event.type === 'ended')?.end).toMatchObject({ phase: 'completed', key: 'p/large' })
  expect(bytes.equals(await scene.far.bytes('p/large'))).toBe(true)
  expect(scene.count('CreateMultipartUpload')).toBe(1)
  await engine.close()
})

it('says that it has ended when its data folder is taken before it is started again', async () => {
  await using folder = await tempFolder('engine-restart')
  const paths = { ...sourceWorkers, engine: new URL('../support/mortal-engine.ts', import.meta.url) }
  const options = { connections: 1, threads: 1, limitBytesPerSecond: null, dataDir: folder.path }
  const engine = new EngineClient(paths, options, { restarts: true })
  await engine.call('opened', null)
  let claim: ReturnType<typeof claimDataFolder> | null = null
  const dead = new Promise<string>((resolve) => {
    engine.onEvent((event) => {
      if (event.type === 'restarting') claim = claimDataFolder(folder.path)
      if (event.type === 'dead') resolve(event.message)
    })
  })
  await engine.call('die' as never, null as never).catch(() => {})
  expect(await dead).toBe(`The data folder ${folder.path} is in use by process ${process.pid}.`)
  expect(claim).toMatchObject({ ok: true })
  await expect(engine.call('stats', null)).rejects.toThrow('start Sluice again')
  ;(claim as Claim | null)?.release()
})
