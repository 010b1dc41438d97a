import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'
import { EngineScene, MiB } from '../support/engine-scene.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** `resentBytes` of a file is never less than what the server got for it beyond its own bytes. */

const PART = 5 * MiB
const SIZE = 3 * PART + 3
const MORTAL = fileURLToPath(new URL('../support/mortal-sender.ts', import.meta.url))

afterEach(() => vi.unstubAllEnvs())

/** What the server got in all requests for the key, whole or not. */
function received(scene: EngineScene): number {
  const bodies = scene.server.log.filter(({ operation }) => operation === 'UploadPart' || operation === 'PutObject')
  return bodies.reduce((bytes, { bodyBytes }) => bytes + bodyBytes, 0)
}

/** How its transfer ended, for the n-th time. */
async function ended(scene: EngineScene, n: number) {
  const ends = () => scene.events.flatMap((event) => (event.type === 'ended' ? [event.end] : []))
  await scene.until(() => ends().length >= n)
  const end = ends()[n - 1]
  if (end === undefined) throw new Error('it has not ended')
  return end
}

it('counts an upload that was begun anew', async () => {
  await using scene = await EngineScene.start()
  scene.server.setFaults([{ on: 'CompleteMultipartUpload', do: { kind: 'answer', status: 404, code: 'NoSuchUpload' } }])
  await scene.add(await scene.write('a', randomBytes(SIZE)), 'a')
  expect(await ended(scene, 1)).toMatchObject({ phase: 'completed', resentBytes: SIZE })
  expect(received(scene)).toBe(2 * SIZE)
})

it('counts what a failed file had sent once a person asks for it again, and not before', async () => {
  await using scene = await EngineScene.start()
  const refusal = { kind: 'answer', status: 400, code: 'EntityTooSmall' } as const
  scene.server.setFaults([{ on: 'CompleteMultipartUpload', times: null, do: refusal }])
  await scene.add(await scene.write('a', randomBytes(SIZE)), 'a')
  // It begins anew once by itself.
  expect(await ended(scene, 1)).toMatchObject({ phase: 'failed', resentBytes: SIZE })
  scene.server.setFaults([])
  await scene.engine.call('retry', { which: { kind: 'filter', filter: 'all' }, overwrite: false })
  expect(await ended(scene, 2)).toMatchObject({ phase: 'completed', resentBytes: 2 * SIZE })
  expect(received(scene)).toBe(3 * SIZE)
})

it('counts what went out for a key that turned out to be taken', async () => {
  await using scene = await EngineScene.start()
  await scene.far.put('a', 'other')
  const path = await scene.write('a', randomBytes(60_000))
  await scene.add(path, 'a')
  expect(await ended(scene, 1)).toMatchObject({ phase: 'failed', error: { code: 'exists-different' } })
  await scene.engine.call('retry', { which: { kind: 'filter', filter: 'all' }, overwrite: true })
  const { phase, resentBytes } = await ended(scene, 2)
  expect(phase).toBe('completed')
  // The server refuses it without reading it, so this is counted at the socket.
  expect(await scene.sentBytes()).toBeGreaterThan(60_000)
  expect(resentBytes).toBe((await scene.sentBytes()) - 60_000)
})

it('counts what a sender had on its way when it died', async () => {
  await using folder = await tempFolder('sender')
  const dies = join(folder.path, 'dies')
  vi.stubEnv('SLUICE_SENDER_DIES', dies)
  await using scene = await EngineScene.start({ sender: MORTAL, limitBytesPerSecond: 4 * MiB })
  await scene.add(await scene.write('a', randomBytes(SIZE)), 'a')
  await scene.until(async () => (await scene.sentBytes()) > MiB)
  await writeFile(dies, '')
  await scene.event('notice', ({ message }) => message.startsWith('A sender thread stopped and was restarted'))
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  const { phase, resentBytes } = await ended(scene, 1)
  expect(phase).toBe('completed')
  const beyond = received(scene) - SIZE
  expect(beyond).toBeGreaterThan(0)
  expect(resentBytes).toBeGreaterThanOrEqual(beyond)
})
