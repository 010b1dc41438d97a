import { randomBytes } from 'node:crypto'
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect, it } from 'vitest'
import type { DemoServer } from '../../src/main/demo/server.ts'
import type { ObjectSettings } from '../../src/shared/object-settings.ts'
import { PLAIN_OBJECT } from '../../src/shared/object-settings.ts'
import { destinationOf, EngineScene, MiB } from '../support/engine-scene.ts'

const SETTINGS: ObjectSettings = {
  ...PLAIN_OBJECT,
  cacheControl: 'max-age=60',
  metadata: { project: 'harbour', note: 'a b=c' },
  storageClass: 'STANDARD_IA',
}

/** What another client is told about an object. */
async function told({ endpoint, region, bucket, accessKeyId, secretAccessKey }: DemoServer, key: string) {
  const credentials = { accessKeyId, secretAccessKey }
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials })
  try {
    const { ContentType, CacheControl, Metadata, StorageClass } = await client.send(
      new HeadObjectCommand({ Bucket: bucket, Key: key }),
    )
    return { ContentType, CacheControl, Metadata, StorageClass }
  } finally {
    client.destroy()
  }
}

for (const [size, what] of [
  [1000, 'a small file'],
  [12 * MiB, 'a multipart file'],
] as const) {
  it(`keeps type, cache control, metadata and storage class with ${what}`, async () => {
    await using scene = await EngineScene.start()
    const path = await scene.write('film.mp4', randomBytes(size))
    await scene.add(path, 'set/film.mp4', { object: SETTINGS })
    expect(await scene.end('set/film.mp4')).toMatchObject({ phase: 'completed', verified: 'checksum' })
    expect(await told(scene.server, 'set/film.mp4')).toEqual({
      ContentType: 'video/mp4',
      CacheControl: 'max-age=60',
      Metadata: { project: 'harbour', note: 'a b=c' },
      StorageClass: 'STANDARD_IA',
    })
    await scene.add(path, 'plain.css')
    await scene.end('plain.css')
    expect(await told(scene.server, 'plain.css')).toEqual({ ContentType: 'text/css', Metadata: {} })
    await scene.add(path, 'typed.css', { object: { ...PLAIN_OBJECT, contentType: 'text/x-mine' } })
    await scene.end('typed.css')
    expect(await told(scene.server, 'typed.css')).toMatchObject({ ContentType: 'text/x-mine' })
  })

  it(`keeps tags with ${what}, and fails in one sentence where the store keeps none`, async () => {
    await using scene = await EngineScene.start()
    const path = await scene.write('a', randomBytes(size))
    const object = { ...PLAIN_OBJECT, tags: { retention: 'one year', 'a/b': 'é+=' } }
    await scene.add(path, 'a', { object })
    expect(await scene.end('a')).toMatchObject({ phase: 'completed', verified: 'checksum' })
    expect(await scene.far.tags('a')).toEqual(object.tags)
    expect(scene.events.filter(({ type }) => type === 'notice')).toEqual([])
    const message = "Header 'x-amz-tagging' with value 'retention=one%20year' not implemented"
    scene.server.setFaults([
      {
        on: ['PutObject', 'CreateMultipartUpload'],
        times: null,
        do: { kind: 'answer', status: 501, code: 'NotImplemented', message },
      },
    ])
    await scene.add(path, 'b', { object })
    const { error } = await scene.end('b')
    expect(error).toMatchObject({ code: 'tags-refused', message: 'The server keeps no tags: upload without them.' })
    expect(error?.detail).toContain('HTTP 501')
  })

  it(`fails with the server's words where it cannot keep what is asked for ${what}`, async () => {
    await using scene = await EngineScene.start()
    const path = await scene.write('a', randomBytes(size))
    await scene.add(path, 'a', { object: { ...PLAIN_OBJECT, storageClass: 'NO_SUCH_CLASS' } })
    const end = await scene.end('a')
    expect(end).toMatchObject({ phase: 'failed', error: { code: 'object-rejected' } })
    expect(end.error?.message).toMatch(/storage class you specified is not valid/)
    await scene.add(path, 'b', { object: { ...PLAIN_OBJECT, encryption: { kind: 'kms', keyId: 'k' } } })
    expect((await scene.end('b')).error?.message).toMatch(/x-amz-server-side-encryption/)
    expect(await scene.far.keys()).toEqual([])
  })

  it(`does not replace ${what} where the server does not honour If-None-Match`, async () => {
    await using scene = await EngineScene.start()
    scene.server.setFaults([{ on: 'any', times: null, do: { kind: 'ignore-conditions' } }])
    await scene.engine.call('putDestination', destinationOf(scene.server, { conditionalWrites: false }))
    for (const key of ['kept/1', 'kept/2']) await scene.far.put(key, 'old')
    const bytes = randomBytes(size)
    const folder = await scene.write('f/1', bytes)
    for (const name of ['2', '3', '4']) await scene.write(`f/${name}`, bytes)
    await scene.add(folder.replace(/1$/, ''), 'kept/', { onExists: 'skip' })
    for (const key of ['kept/1', 'kept/2']) {
      expect(await scene.end(key)).toMatchObject({ phase: 'skipped', skipReason: 'exists' })
      expect((await scene.far.bytes(key)).toString()).toBe('old')
    }
    for (const key of ['kept/3', 'kept/4']) expect(await scene.end(key)).toMatchObject({ phase: 'completed' })
    await scene.event('idle')
    expect(bytes.equals(await scene.far.bytes('kept/4'))).toBe(true)
  })

  it(`uploads ${what} to a server that refuses checksum headers`, async () => {
    await using scene = await EngineScene.start()
    scene.server.setFaults([{ on: 'any', times: null, do: { kind: 'refuse-checksums' } }])
    await scene.engine.call('putDestination', destinationOf(scene.server, { checksumHeaders: false }))
    const path = await scene.write('a', randomBytes(size))
    await scene.add(path, 'a', { checksum: 'md5' })
    expect(await scene.end('a')).toMatchObject({ phase: 'completed', verified: 'checksum' })
    await scene.add(path, 'a', { checksum: 'md5' })
    await scene.event('ended', ({ end }) => end.phase === 'skipped' && end.skipReason === 'same')
  })
}

it('looks at every key once a server has refused If-None-Match', async () => {
  await using scene = await EngineScene.start()
  await scene.far.put('later', 'old')
  scene.server.setFaults([
    { on: 'PutObject', do: { kind: 'answer', status: 501, code: 'NotImplemented' } },
    { on: 'any', times: null, do: { kind: 'ignore-conditions' } },
  ])
  const path = await scene.write('a', 'new')
  await scene.add(path, 'first', { onExists: 'skip' })
  expect(await scene.end('first')).toMatchObject({ phase: 'completed' })
  await scene.add(path, 'later', { onExists: 'skip' })
  expect(await scene.end('later')).toMatchObject({ phase: 'skipped' })
  expect((await scene.far.bytes('later')).toString()).toBe('old')
})

it('takes larger parts where a store allows fewer, and refuses what it would not take', async () => {
  await using scene = await EngineScene.start()
  const limits = { maxPartCount: 2, maxObjectBytes: 15 * MiB, equalParts: false }
  await scene.add(await scene.write('a', randomBytes(12 * MiB)), 'a', { limits })
  expect(await scene.end('a')).toMatchObject({ phase: 'completed' })
  expect(scene.server.counters.UploadPart).toBe(2)
  await scene.add(await scene.write('b', randomBytes(16 * MiB)), 'b', { limits })
  const { totals } = await scene.event('scanned', (event) => event.totals.problemCount > 0)
  expect(totals.problems[0]?.error).toMatchObject({ code: 'too-large' })
})
