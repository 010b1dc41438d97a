import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { EngineScene, MiB } from '../support/engine-scene.ts'

it('sends what waited on a thread that has no connections any more', async () => {
  await using scene = await EngineScene.start({ threads: 2, connections: 4 })
  scene.server.setFaults([{ on: 'PutObject', times: null, do: { kind: 'delay', ms: 50 } }])
  const files = new Map(Array.from({ length: 60 }, (_, index) => [`f${index}`, randomBytes(1000 + index)]))
  for (const [name, bytes] of files) await scene.write(name, bytes)
  await scene.add(scene.folder, '')
  await scene.until(() => scene.requests('PutObject').length >= 12)
  await scene.engine.call('setConnections', { connections: 1 })
  await scene.event('idle')
  for (const [name, bytes] of files) expect(bytes.equals(await scene.far.bytes(name))).toBe(true)
  expect(await scene.engine.call('stats', null)).toMatchObject({ completed: files.size, retries: 0, resentBytes: 0 })
})

it('goes from two threads to one and back while bytes are on their way, and sends none twice', async () => {
  await using scene = await EngineScene.start({ threads: 2, limitBytesPerSecond: 40 * MiB })
  scene.server.setFaults([{ on: 'PutObject', times: null, do: { kind: 'delay', ms: 20 } }])
  const large = randomBytes(24 * MiB)
  const files = new Map(Array.from({ length: 200 }, (_, index) => [`f/${index}`, randomBytes(500 + index)]))
  for (const [name, bytes] of files) await scene.write(name, bytes)
  await scene.add(await scene.write('large', large), 'large')
  await scene.add(join(scene.folder, 'f'), 'f/')
  for (const limitBytesPerSecond of [4 * MiB, null, 7 * MiB]) {
    const before = scene.requests('PutObject').length
    await scene.until(() => scene.requests('PutObject').length > before + 30)
    await scene.engine.call('setLimit', { limitBytesPerSecond })
  }
  await scene.event('idle')
  for (const [name, bytes] of files.set('large', large)) expect(bytes.equals(await scene.far.bytes(name))).toBe(true)
  expect(await scene.engine.call('stats', null)).toMatchObject({ completed: files.size, retries: 0, resentBytes: 0 })
})
