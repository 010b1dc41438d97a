import { randomBytes } from 'node:crypto'
import { appendFile, rename, rm, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { destinationOf, EngineScene, MiB } from '../support/engine-scene.ts'

const ALL = { kind: 'filter', filter: 'all' } as const

it('uploads small, empty and multipart files, and the far side has the same bytes', async () => {
  await using scene = await EngineScene.start({ threads: 2 })
  const files = new Map([
    ['empty', Buffer.alloc(0)],
    ['small.txt', Buffer.from('hello')],
    ['medium.bin', randomBytes(3 * MiB + 17)],
    ['large.bin', randomBytes(23 * MiB + 1)],
    ['folder/with space + plus % ü 😀.txt', Buffer.from('odd')],
  ])
  for (const [name, bytes] of files) await scene.write(name, bytes)
  await scene.add(scene.folder, 'p/')
  await scene.event('idle')
  for (const [name, bytes] of files) {
    const end = await scene.end(`p/${name}`)
    expect(end).toMatchObject({ phase: 'completed', verified: 'checksum', resentBytes: 0 })
    expect(bytes.equals(await scene.far.bytes(`p/${name}`))).toBe(true)
  }
  expect(await scene.sentBytes()).toBe([...files.values()].reduce((sum, bytes) => sum + bytes.length, 0))
})

it('stops writing on pause, and a change of mind restarts no part', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: 4 * MiB })
  const bytes = randomBytes(12 * MiB)
  await scene.add(await scene.write('a', bytes), 'a')
  await scene.until(async () => (await scene.sentBytes()) > MiB)
  await scene.engine.call('pause', { which: ALL, mode: 'now' })
  const atPause = await scene.sentBytes()
  await new Promise((resolve) => setTimeout(resolve, 500))
  // What was on its way to a socket when the pause came: one quantum a connection.
  expect((await scene.sentBytes()) - atPause).toBeLessThanOrEqual(4 * 256 * 1024)
  await scene.engine.call('resume', ALL)
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
})

it('gives up the requests of a pause that lasts, and tells what was sent again', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: 4 * MiB })
  const bytes = randomBytes(12 * MiB)
  await scene.add(await scene.write('a', bytes), 'a')
  await scene.until(async () => (await scene.sentBytes()) > MiB)
  await scene.engine.call('pause', { which: ALL, mode: 'now' })
  // The server sees its sockets close: the requests were given up.
  await scene.until(() => scene.requests('UploadPart').length >= 3)
  const sent = await scene.sentBytes()
  await scene.engine.call('resume', ALL)
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: sent })
  expect(await scene.sentBytes()).toBe(bytes.length + sent)
  expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
})

it('changes the limit in mid-part without starting a part again', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: 64 * 1024 })
  const bytes = randomBytes(11 * MiB)
  await scene.add(await scene.write('a', bytes), 'a')
  await scene.until(async () => (await scene.sentBytes()) > 0)
  for (const limitBytesPerSecond of [MiB, 100 * 1024, 2 * MiB, null]) {
    await scene.engine.call('setLimit', { limitBytesPerSecond })
  }
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(scene.requests('UploadPart')).toHaveLength(3)
})

it('aborts the upload on cancel, and leaves nothing behind', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: MiB })
  await scene.add(await scene.write('a', randomBytes(12 * MiB)), 'a')
  await scene.until(async () => (await scene.sentBytes()) > 0)
  expect(await scene.far.openUploads()).toEqual(['a'])
  await scene.engine.call('cancel', ALL)
  expect(await scene.end('a')).toMatchObject({ phase: 'cancelled' })
  expect(await scene.far.openUploads()).toEqual([])
  expect(await scene.far.keys()).toEqual([])
})

it('starts a cancelled transfer again when asked', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: MiB })
  const bytes = randomBytes(12 * MiB)
  await scene.add(await scene.write('a', bytes), 'a')
  await scene.until(async () => (await scene.sentBytes()) > 0)
  await scene.engine.call('cancel', ALL)
  await scene.end('a')
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  await scene.engine.call('retry', { which: ALL, overwrite: false })
  await scene.event('ended', ({ end }) => end.phase === 'completed')
  expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
})

it('leaves nothing open at the server when it is stopped', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: MiB })
  await scene.add(await scene.write('a', randomBytes(12 * MiB)), 'a')
  await scene.until(async () => (await scene.sentBytes()) > 0)
  await scene.engine.call('stop', { now: true })
  expect(await scene.far.openUploads()).toEqual([])
})

it('notices a file that changes while it is sent', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: MiB })
  const path = await scene.write('a', randomBytes(12 * MiB))
  await scene.add(path, 'a')
  await scene.until(async () => (await scene.sentBytes()) > 0)
  await appendFile(path, 'more')
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'source-changed' } })
  await scene.until(async () => (await scene.far.openUploads()).length === 0)
  expect(await scene.far.keys()).toEqual([])
})

it('does not complete a file that is removed or replaced while it is sent', async () => {
  await using scene = await EngineScene.start({ limitBytesPerSecond: MiB })
  const removed = await scene.write('removed', randomBytes(6 * MiB))
  const replaced = await scene.write('replaced', randomBytes(6 * MiB))
  await scene.add(scene.folder, '')
  await scene.until(async () => (await scene.sentBytes()) > 0 && scene.requests('CreateMultipartUpload').length === 2)
  await rm(removed)
  await rename(await scene.write('other', randomBytes(6 * MiB)), replaced)
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  expect(await scene.end('removed')).toMatchObject({ phase: 'failed', error: { code: 'source-missing' } })
  expect(await scene.end('replaced')).toMatchObject({ phase: 'failed', error: { code: 'source-changed' } })
})

it('sends what a file is when its turn comes, not what it was when it was queued', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('setPaused', { paused: true })
  const small = await scene.write('small', 'old')
  const large = await scene.write('large', randomBytes(12 * MiB))
  await scene.add(scene.folder, '')
  await scene.event('scanned')
  await writeFile(small, 'new and longer')
  const bytes = randomBytes(7 * MiB)
  await writeFile(large, bytes)
  await scene.engine.call('setPaused', { paused: false })
  expect(await scene.end('small')).toMatchObject({ phase: 'completed', sizeBytes: 14 })
  expect(await scene.end('large')).toMatchObject({ phase: 'completed', sizeBytes: 7 * MiB })
  expect((await scene.far.bytes('small')).toString()).toBe('new and longer')
  expect(bytes.equals(await scene.far.bytes('large'))).toBe(true)
  expect(await scene.far.openUploads()).toEqual([])
})

it('looks at the file anew when a person asks for a failed one again', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('setPaused', { paused: true })
  const path = await scene.write('a', 'first')
  await scene.add(path, 'a')
  await scene.event('scanned')
  await rm(path)
  await scene.engine.call('setPaused', { paused: false })
  expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'source-missing' } })
  await scene.write('a', 'back, with other contents')
  await scene.engine.call('retry', { which: ALL, overwrite: false })
  await scene.event('ended', ({ end }) => end.phase === 'completed')
  expect((await scene.far.bytes('a')).toString()).toBe('back, with other contents')
})

it('pauses a destination whose keys are rejected, asks once, and goes on when it is mended', async () => {
  await using scene = await EngineScene.start()
  const wrong = {
    kind: 'keys',
    accessKeyId: scene.server.accessKeyId,
    secretAccessKey: 'wrong',
    sessionToken: null,
  } as const
  await scene.engine.call('putDestination', destinationOf(scene.server, { credentials: wrong }))
  for (let index = 0; index < 50; index++) await scene.write(`f${index}`, `file ${index}`)
  await scene.add(scene.folder, '')
  const told = await scene.event('destination', ({ error }) => error !== null)
  expect(told).toMatchObject({ error: { code: 'auth-rejected' }, answered: false })
  await scene.event('idle')
  expect(scene.events.filter((event) => event.type === 'ended')).toHaveLength(0)
  expect(scene.requests('PutObject').length).toBeLessThanOrEqual(8)
  await scene.engine.call('putDestination', destinationOf(scene.server))
  await scene.until(() => scene.events.filter((event) => event.type === 'ended').length === 50)
  expect((await scene.far.keys()).length).toBe(50)
})
