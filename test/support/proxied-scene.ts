import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { destinationOf, EngineScene, MiB } from './engine-scene.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** An engine whose way to the demo bucket leads through a network that a test breaks. */
export type ProxiedScene = EngineScene & { readonly proxy: TcpProxy }

/** The server itself is patient: ours must notice. */
export async function startBehindProxy(): Promise<ProxiedScene> {
  const scene = await EngineScene.start({ connections: 2, demo: { idleBodyMs: 3_600_000 } })
  const proxy = await TcpProxy.start(Number(new URL(scene.server.endpoint).port))
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: proxy.endpoint }))
  const dispose = scene[Symbol.asyncDispose].bind(scene)
  return Object.assign(scene, {
    proxy,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]()
      await dispose()
    },
  })
}

/** Parts that are larger than what the kernels on the way hold, so that a stall is felt in mid-part. */
const PARTS = { partBytes: 20 * MiB, multipartThresholdBytes: MiB }

/** Begins a large file, and comes back while both connections are in mid-part. */
export async function inMidPart(scene: EngineScene): Promise<Buffer> {
  const bytes = randomBytes(50 * MiB)
  const path = await scene.write('large', bytes)
  await scene.engine.call('setLimit', { limitBytesPerSecond: 4 * MiB })
  await scene.add(path, 'large', PARTS)
  await scene.until(async () => (await scene.sentBytes()) > 3 * MiB)
  return bytes
}

export async function expectWhole(scene: EngineScene, bytes: Buffer): Promise<void> {
  expect(await scene.end('large')).toMatchObject({ phase: 'completed', error: null })
  expect(bytes.equals(await scene.far.bytes('large'))).toBe(true)
  expect(await scene.far.openUploads()).toEqual([])
}
