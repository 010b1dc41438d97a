import { expect, it } from 'vitest'
import type { Fault } from '../../src/main/demo/faults.ts'
import type { ServerTraits } from '../../src/shared/server-traits.ts'
import { destinationOf, EngineScene } from '../support/engine-scene.ts'

const GOOD = { checksums: 'checked', conditionalWrites: 'honoured', listParts: true } as const

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
