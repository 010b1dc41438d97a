import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import type { EngineEvent, TransferEnd } from '../../src/main/engine/api.ts'
import { EngineClient } from '../../src/main/engine/client.ts'
import { DEFAULTS, destinationOf, EngineScene, MiB, sourceWorkers } from '../support/engine-scene.ts'
import { RestartScene } from '../support/restart-scene.ts'

const KEEP = { onExists: 'keep-both' } as const

/** How so many transfers ended, in the order of their ids. */
async function ends(scene: EngineScene, count: number): Promise<TransferEnd[]> {
  const ended = () => scene.events.flatMap((event) => (event.type === 'ended' ? [event.end] : []))
  await scene.until(() => ended().length >= count)
  return ended().sort((a, b) => a.id - b.id)
}

for (const [size, what] of [
  [1000, 'a small file'],
  [12 * MiB, 'a multipart file'],
] as const) {
  it(`keeps ${what} beside what differs, under the next name that is free`, async () => {
    await using scene = await EngineScene.start()
    await scene.far.put('set.1/a.tar.gz', 'of another size')
    const [first, second, third] = [randomBytes(size), randomBytes(size), randomBytes(size)]
    await scene.add(await scene.write('first', first), 'set.1/a.tar.gz', KEEP)
    expect(await scene.end('set.1/a (2).tar.gz')).toMatchObject({ phase: 'completed', verified: 'checksum' })
    // The second name holds an object of the same size, which only its content tells from this one.
    await scene.add(await scene.write('second', second), 'set.1/a.tar.gz', KEEP)
    expect(await scene.end('set.1/a (3).tar.gz')).toMatchObject({ phase: 'completed' })
    // Each further name is made of the one that was wanted, not of the one before.
    await scene.add(await scene.write('third', third), 'set.1/a.tar.gz', KEEP)
    expect(await scene.end('set.1/a (4).tar.gz')).toMatchObject({ phase: 'completed' })
    expect(String(await scene.far.bytes('set.1/a.tar.gz'))).toBe('of another size')
    expect(first.equals(await scene.far.bytes('set.1/a (2).tar.gz'))).toBe(true)
    expect(second.equals(await scene.far.bytes('set.1/a (3).tar.gz'))).toBe(true)
    expect(third.equals(await scene.far.bytes('set.1/a (4).tar.gz'))).toBe(true)
    await scene.event('idle')
    expect(await scene.far.openUploads()).toEqual([])
  })

  it(`skips ${what} that is there, under its own name or beside it, and sends nothing twice for it`, async () => {
    await using scene = await EngineScene.start()
    const bytes = randomBytes(size)
    const path = await scene.write('a', bytes)
    await scene.far.put('own', bytes)
    await scene.add(path, 'own', KEEP)
    expect(await scene.end('own')).toMatchObject({ phase: 'skipped', skipReason: 'same' })
    await scene.far.put('beside', 'another')
    await scene.far.put('beside (2)', bytes)
    await scene.add(path, 'beside', KEEP)
    expect(await scene.end('beside (2)')).toMatchObject({ phase: 'skipped', skipReason: 'same', resentBytes: 0 })
    expect(await scene.far.keys()).toEqual(['beside', 'beside (2)', 'own'])
  })

  it(`keeps both of two uploads of ${what} to one key at once, of one program and of another`, async () => {
    await using scene = await EngineScene.start()
    const other = new EngineClient(sourceWorkers, { connections: 2, threads: 1, limitBytesPerSecond: null })
    const otherIdle = new Promise<void>((resolve) => {
      other.onEvent(({ type }: EngineEvent) => type === 'idle' && resolve())
    })
    await other.call('putDestination', destinationOf(scene.server))
    const contents = [randomBytes(size), randomBytes(size), randomBytes(size)]
    const paths = await Promise.all(contents.map((bytes, index) => scene.write(`f${index}`, bytes)))
    const [one = '', two = '', three = ''] = paths
    await Promise.all([
      scene.add(one, 'a.bin', KEEP),
      scene.add(two, 'a.bin', KEEP),
      other.call('addBatch', {
        destinationId: 'd',
        sources: [{ path: three, keyOrPrefix: 'a.bin' }],
        options: { ...DEFAULTS, ...KEEP },
        include: [],
        exclude: [],
        start: 'at-once',
      }),
    ])
    for (const end of await ends(scene, 2)) expect(end).toMatchObject({ phase: 'completed' })
    await otherIdle
    await other.close()
    const keys = await scene.far.keys()
    expect(keys).toEqual(['a (2).bin', 'a (3).bin', 'a.bin'])
    const kept = await Promise.all(keys.map(async (key) => (await scene.far.bytes(key)).toString('base64')))
    expect(kept.sort()).toEqual(contents.map((bytes) => bytes.toString('base64')).sort())
  })

  it(`is the answer to ${what} whose key exists, whatever the rule was`, async () => {
    await using scene = await EngineScene.start()
    await scene.far.put('a.bin', 'another')
    const bytes = randomBytes(size)
    await scene.add(await scene.write('a', bytes), 'a.bin', { onExists: 'fail' })
    const { id } = await scene.end('a.bin')
    const which = { kind: 'ids' as const, ids: [id] }
    await scene.engine.call('retry', { which, overwrite: false, keepBoth: true })
    expect(await scene.end('a (2).bin')).toMatchObject({ id, phase: 'completed' })
    expect(bytes.equals(await scene.far.bytes('a (2).bin'))).toBe(true)
    expect(String(await scene.far.bytes('a.bin'))).toBe('another')
  })

  it(`looks at each name of ${what} where the server does not honour If-None-Match`, async () => {
    await using scene = await EngineScene.start()
    scene.server.setFaults([{ on: 'any', times: null, do: { kind: 'ignore-conditions' } }])
    await scene.engine.call('putDestination', destinationOf(scene.server, { conditionalWrites: false }))
    for (const key of ['a', 'a (2)']) await scene.far.put(key, 'another')
    await scene.add(await scene.write('a', randomBytes(size)), 'a', KEEP)
    expect(await scene.end('a (3)')).toMatchObject({ phase: 'completed' })
    for (const key of ['a', 'a (2)']) expect(String(await scene.far.bytes(key))).toBe('another')
  })
}

it.each([true, false])(
  'keeps both where the key gets an object while parts are sent (If-None-Match honoured: %s)',
  async (honoured) => {
    await using scene = await EngineScene.start({ limitBytesPerSecond: MiB })
    if (!honoured) scene.server.setFaults([{ on: 'any', times: null, do: { kind: 'ignore-conditions' } }])
    const bytes = randomBytes(12 * MiB)
    await scene.add(await scene.write('a', bytes), 'a', KEEP)
    await scene.until(() => scene.requests('CreateMultipartUpload').length > 0)
    await scene.far.put('a', 'theirs')
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    const end = await scene.end('a (2)')
    expect(end).toMatchObject({ phase: 'completed', verified: 'checksum' })
    expect(end.resentBytes).toBeGreaterThanOrEqual(12 * MiB)
    expect(String(await scene.far.bytes('a'))).toBe('theirs')
    expect(bytes.equals(await scene.far.bytes('a (2)'))).toBe(true)
    await scene.event('idle')
    await scene.until(async () => (await scene.far.openUploads()).length === 0)
  },
)

it('is ours, and needs no other name, where the answer to its only try was lost', async () => {
  await using scene = await EngineScene.start()
  scene.server.setFaults([{ on: 'PutObject', do: { kind: 'drop', when: 'after-commit' } }])
  await scene.add(await scene.write('a', 'x'), 'a', KEEP)
  expect(await scene.end('a')).toMatchObject({ phase: 'completed' })
  expect(await scene.far.keys()).toEqual(['a'])
})

it('refuses a name that would be too long, in one sentence', async () => {
  await using scene = await EngineScene.start()
  const key = 'k'.repeat(1022)
  await scene.far.put(key, 'another')
  await scene.add(await scene.write('a', 'x'), key, KEEP)
  const end = await scene.end(key)
  expect(end).toMatchObject({ phase: 'failed', error: { code: 'key-too-long' } })
  expect(end.error?.message).toMatch(/^The key has 1026 bytes, and S3 allows 1024\.$/)
})

it('goes on under the name that it took after a kill -9', async () => {
  await using scene = await RestartScene.start()
  const large = randomBytes(30 * MiB)
  await scene.write('large.bin', large)
  await scene.write('small.txt', 'ours')
  await scene.far.put('p/large.bin', 'another')
  await scene.far.put('p/small.txt', 'another')
  const first = await scene.begun({ connections: 1, limitBytesPerSecond: 20 * MiB }, KEEP)
  await scene.requests('UploadPart', 2)
  await first.kill()
  const second = await scene.restarted()
  await scene.finished(second)
  const ended = await second.call('batchEnds', { batchId: 1, afterId: 0, limit: 10 })
  expect(ended.map(({ key, phase }) => [key, phase]).sort()).toEqual([
    ['p/large (2).bin', 'completed'],
    ['p/small (2).txt', 'completed'],
  ])
  expect(large.equals(await scene.far.bytes('p/large (2).bin'))).toBe(true)
  expect(await scene.far.keys()).toEqual(['p/large (2).bin', 'p/large.bin', 'p/small (2).txt', 'p/small.txt'])
  expect(scene.count('CreateMultipartUpload')).toBe(1)
})

it('tells before a drop how many keys hold objects of another size', async () => {
  await using scene = await EngineScene.start()
  for (let index = 0; index < 12; index++) await scene.write(`f/${index}`, `file ${index}`)
  await scene.far.put('p/3', 'file 3')
  await scene.far.put('p/4', 'another size')
  await scene.far.put('p/5', 'and another')
  const found = await scene.engine.call('preflight', {
    destinationId: 'd',
    sources: [{ path: `${scene.folder}/f`, keyOrPrefix: 'p/' }],
    options: { ...DEFAULTS, ...KEEP },
  })
  expect(found?.existing).toMatchObject({ count: 3, otherSize: 2, complete: true })
})
