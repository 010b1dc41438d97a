import { expect, it } from 'vitest'
import type { Fault } from '../../src/main/demo/faults.ts'
import type { ServerTraits } from '../../src/shared/server-traits.ts'
import { destinationOf, EngineScene } from '../support/engine-scene.ts'

const GOOD = { checksums: 'checked', conditionalWrites: 'honoured', listParts: true, region: 'told' } as const

it.each<[string, readonly Fault[], Omit<ServerTraits, 'clockOffsetMs'>]>([
  ['does all', [], GOOD],
  [
    'ignores checksums',
    [{ on: 'any', times: null, do: { kind: 'ignore-checksums' } }],
    { ...GOOD, checksums: 'ignored' },
  ],
  [
    'refuses checksums',
    [{ on: 'PutObject', times: null, do: { kind: 'refuse-checksums' } }],
    { ...GOOD, checksums: 'refused' },
  ],
  [
    'ignores conditions',
    [{ on: 'any', times: null, do: { kind: 'ignore-conditions' } }],
    { ...GOOD, conditionalWrites: 'ignored' },
  ],
  [
    'does not know conditions',
    // The plain one, the right and the wrong checksum come first.
    [{ on: 'PutObject', skip: 3, do: { kind: 'answer', status: 501, code: 'NotImplemented' } }],
    { ...GOOD, conditionalWrites: 'refused' },
  ],
  [
    'does not list parts',
    [{ on: 'ListParts', times: null, do: { kind: 'answer', status: 501, code: 'NotImplemented' } }],
    { ...GOOD, listParts: false },
  ],
  [
    'takes a wrong region for wrong keys',
    // The test itself lists first, in the region that is set.
    [{ on: 'ListObjectsV2', skip: 1, do: { kind: 'answer', status: 403, code: 'SignatureDoesNotMatch' } }],
    { ...GOOD, region: 'untold' },
  ],
  [
    'says neither',
    [{ on: 'ListObjectsV2', skip: 1, do: { kind: 'answer', status: 403, code: 'AccessDenied' } }],
    { ...GOOD, region: null },
  ],
])('a test finds out that a server %s, and leaves nothing behind', async (_what, faults, traits) => {
  await using scene = await EngineScene.start()
  scene.server.setFaults(faults)
  const result = await scene.engine.call('testDestination', destinationOf(scene.server))
  expect(result).toMatchObject({ ok: true, found: traits })
  // The same clock: one second of the Date header, and what a busy machine takes to answer.
  expect(Math.abs(result.found?.clockOffsetMs ?? Number.NaN)).toBeLessThan(60_000)
  scene.server.setFaults([])
  expect(await scene.far.keys()).toEqual([])
  expect(await scene.far.openUploads()).toEqual([])
})

it('a test that fails on its way leaves nothing behind either, and says why', async () => {
  await using scene = await EngineScene.start()
  scene.server.setFaults([{ on: 'CreateMultipartUpload', do: { kind: 'answer', status: 503, code: 'SlowDown' } }])
  const result = await scene.engine.call('testDestination', destinationOf(scene.server))
  expect(result).toMatchObject({ ok: false, found: null })
  expect(result.steps.at(-1)).toMatchObject({ step: 'write', ok: false })
  expect(await scene.far.keys()).toEqual([])
})

it.each(['PermanentRedirect', 'AuthorizationHeaderMalformed'])(
  'a test that meets a wrong region (%s) names the right one',
  async (code) => {
    await using scene = await EngineScene.start()
    const status = code === 'PermanentRedirect' ? 301 : 400
    scene.server.setFaults([{ on: 'any', times: null, do: { kind: 'answer', status, code, region: 'ap-south-1' } }])
    const { steps } = await scene.engine.call('testDestination', destinationOf(scene.server))
    expect(steps.at(-1)).toMatchObject({ step: 'bucket', ok: false, region: 'ap-south-1' })
  },
)

it('a region that would lead to another host is told, and not offered', async () => {
  await using scene = await EngineScene.start()
  const region = 'example.org/'
  const answer = { kind: 'answer', status: 301, code: 'PermanentRedirect', region } as const
  scene.server.setFaults([{ on: 'any', times: null, do: answer }])
  const { steps } = await scene.engine.call('testDestination', destinationOf(scene.server))
  expect(steps.at(-1)).toMatchObject({ step: 'bucket', ok: false, message: expect.stringContaining(region) })
  expect(steps.at(-1)).not.toHaveProperty('region')
})
