import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { EngineScene, MiB } from '../support/engine-scene.ts'

for (const [size, what] of [
  [1000, 'a small file'],
  [12 * MiB, 'a multipart file'],
] as const) {
  it(`leaves a key alone that holds the same bytes as ${what}`, async () => {
    await using scene = await EngineScene.start()
    const path = await scene.write('a', randomBytes(size))
    await scene.add(path, 'a')
    await scene.event('idle')
    await scene.add(path, 'a')
    await scene.event('ended', ({ end }) => end.phase === 'skipped' && end.skipReason === 'same')
    expect(scene.server.counters.CompleteMultipartUpload ?? 0).toBeLessThanOrEqual(1)
  })

  it(`fails, and says how to go on, where another object has the key of ${what}`, async () => {
    await using scene = await EngineScene.start()
    await scene.far.put('a', 'something else')
    const bytes = randomBytes(size)
    const path = await scene.write('a', bytes)
    await scene.add(path, 'a')
    const end = await scene.end('a')
    expect(end).toMatchObject({ phase: 'failed', error: { code: 'exists-different' } })
    expect(end.error?.message).toContain('overwrite')
    expect((await scene.far.bytes('a')).toString()).toBe('something else')

    await scene.engine.call('retry', { which: { kind: 'ids', ids: [end.id] }, overwrite: true })
    await scene.event('ended', (event) => event.end.phase === 'completed')
    expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
  })

  it(`follows the rules skip, fail and overwrite for ${what}`, async () => {
    await using scene = await EngineScene.start()
    for (const key of ['skip', 'fail', 'overwrite']) await scene.far.put(key, 'old')
    const bytes = randomBytes(size)
    const path = await scene.write('a', bytes)
    for (const onExists of ['skip', 'fail', 'overwrite'] as const) await scene.add(path, onExists, { onExists })
    expect(await scene.end('skip')).toMatchObject({ phase: 'skipped', skipReason: 'exists' })
    expect(await scene.end('fail')).toMatchObject({ phase: 'failed', error: { code: 'exists' } })
    expect(await scene.end('overwrite')).toMatchObject({ phase: 'completed' })
    expect((await scene.far.bytes('skip')).toString()).toBe('old')
    expect((await scene.far.bytes('fail')).toString()).toBe('old')
    expect(bytes.equals(await scene.far.bytes('overwrite'))).toBe(true)
  })
}

it('asks nothing beforehand about the key of a small file', async () => {
  await using scene = await EngineScene.start()
  await scene.add(await scene.write('a', 'x'), 'a')
  await scene.end('a')
  expect(scene.server.log.map((request) => request.operation)).toEqual(['PutObject'])
})

it('compares by ETag where the server keeps no checksums', async () => {
  await using scene = await EngineScene.start()
  scene.server.setFaults([{ on: 'any', times: null, do: { kind: 'ignore-checksums' } }])
  const path = await scene.write('a', randomBytes(12 * MiB))
  await scene.add(path, 'a')
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', verified: 'size' })
  await scene.add(path, 'a')
  await scene.event('ended', ({ end }) => end.phase === 'skipped' && end.skipReason === 'same')
})
