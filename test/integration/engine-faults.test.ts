import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Fault } from '../../src/main/demo/faults.ts'
import { EngineScene, MiB } from '../support/engine-scene.ts'

/** Each fault is injected for real, and each ends with the bytes compared at the far side. */
const RECOVERED: readonly (readonly [string, readonly Fault[], object?])[] = [
  [
    '503 SlowDown on a part',
    [{ on: 'UploadPart', partNumber: 2, do: { kind: 'answer', status: 503, code: 'SlowDown' } }],
  ],
  ['429 on a small file', [{ on: 'PutObject', do: { kind: 'answer', status: 429, code: 'TooManyRequests' } }]],
  [
    '500 on create',
    [{ on: 'CreateMultipartUpload', times: 2, do: { kind: 'answer', status: 500, code: 'InternalError' } }],
  ],
  [
    'an answer in mid-body',
    [{ on: 'UploadPart', do: { kind: 'answer', status: 400, code: 'RequestTimeout', afterBytes: MiB } }],
  ],
  ['a connection that breaks in mid-body', [{ on: 'UploadPart', times: 3, do: { kind: 'drop', afterBytes: 2 * MiB } }]],
  [
    'a connection that breaks before the body',
    [{ on: ['UploadPart', 'PutObject'], times: 3, do: { kind: 'drop', when: 'before-reading' } }],
  ],
  ['a lost answer to a part', [{ on: 'UploadPart', do: { kind: 'drop', when: 'after-commit' } }]],
  ['a lost answer to a small file', [{ on: 'PutObject', do: { kind: 'drop', when: 'after-commit' } }]],
  ['a lost answer to the completion', [{ on: 'CompleteMultipartUpload', do: { kind: 'drop', when: 'after-commit' } }]],
  ['an error inside a 200', [{ on: 'CompleteMultipartUpload', do: { kind: 'error-in-ok', code: 'InternalError' } }]],
  ['an empty answer to the completion', [{ on: 'CompleteMultipartUpload', do: { kind: 'empty-answer' } }]],
  [
    'a truncated answer to the completion',
    [{ on: 'CompleteMultipartUpload', do: { kind: 'truncated-answer', bytes: 40 } }],
  ],
  ['an answer without an ETag', [{ on: 'PutObject', do: { kind: 'empty-answer' } }]],
  ['a lie about the ETag of a part', [{ on: 'UploadPart', partNumber: 1, do: { kind: 'wrong-etag' } }]],
  [
    'an upload that the server forgot',
    [{ on: 'UploadPart', partNumber: 3, do: { kind: 'answer', status: 404, code: 'NoSuchUpload' } }],
  ],
  [
    'an upload that the server forgot, in the words of Ceph 16',
    [{ on: 'UploadPart', partNumber: 3, do: { kind: 'answer', status: 404, code: 'NoSuchKey' } }],
  ],
  ['a server that ignores checksums', [{ on: 'any', times: null, do: { kind: 'ignore-checksums' } }]],
]

for (const [what, faults] of RECOVERED) {
  it(`gets every byte across in spite of ${what}`, async () => {
    await using scene = await EngineScene.start()
    scene.server.setFaults(faults)
    const large = randomBytes(17 * MiB)
    const small = randomBytes(1000)
    await scene.write('large', large)
    await scene.write('small', small)
    await scene.add(scene.folder, '')
    expect(await scene.end('large')).toMatchObject({ phase: 'completed', error: null })
    expect(await scene.end('small')).toMatchObject({ phase: 'completed' })
    expect(large.equals(await scene.far.bytes('large'))).toBe(true)
    expect(small.equals(await scene.far.bytes('small'))).toBe(true)
    await scene.until(async () => (await scene.far.openUploads()).length === 0)
  })
}

it('honours Retry-After in full', async () => {
  await using scene = await EngineScene.start()
  scene.server.setFaults([
    { on: 'PutObject', do: { kind: 'answer', status: 503, code: 'SlowDown', retryAfterSeconds: 2 } },
  ])
  await scene.add(await scene.write('a', 'x'), 'a')
  await scene.end('a')
  const [first, second] = scene.requests('PutObject')
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(1_990)
})

it('never calls an object complete that the server stored wrongly', async () => {
  await using scene = await EngineScene.start()
  scene.server.setFaults([
    { on: ['PutObject', 'UploadPart'], times: null, do: { kind: 'store-wrong-byte', offset: 5, reports: 'its-own' } },
  ])
  await scene.write('large', randomBytes(12 * MiB))
  await scene.write('small', randomBytes(1000))
  await scene.add(scene.folder, '')
  for (const key of ['large', 'small']) {
    expect(await scene.end(key)).toMatchObject({ phase: 'failed', error: { code: 'checksum-mismatch' } })
  }
})

it('tries one request, not all, while a destination is down', async () => {
  await using scene = await EngineScene.start()
  for (let index = 0; index < 200; index++) await scene.write(`f${index}`, 'x')
  scene.server.setFaults([{ on: 'PutObject', times: 6, do: { kind: 'answer', status: 503, code: 'SlowDown' } }])
  await scene.add(scene.folder, '')
  await scene.event('idle')
  expect(await scene.far.keys()).toHaveLength(200)
  // Those in hand when the first one failed, then one at a time.
  expect(scene.requests('PutObject').length).toBeLessThanOrEqual(200 + 6)
  const stats = await scene.engine.call('stats', null)
  expect(stats).toMatchObject({ completed: 200, failed: 0, throttled: 6 })
})

it('gives up when it was told to, and says why', async () => {
  await using scene = await EngineScene.start()
  scene.server.setFaults([{ on: 'any', times: null, do: { kind: 'answer', status: 503, code: 'SlowDown' } }])
  for (let index = 0; index < 20; index++) await scene.write(`f${index}`, 'x')
  await scene.add(scene.folder, '', { giveUpAfterMs: 1_000 })
  await scene.event('idle')
  expect(await scene.engine.call('stats', null)).toMatchObject({ failed: 20, completed: 0 })
})
