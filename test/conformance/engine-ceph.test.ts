import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EngineDestination, TransferEnd, TransferOptions } from '../../src/main/engine/api.ts'
import { EngineClient } from '../../src/main/engine/client.ts'
import { PLAIN_OBJECT } from '../../src/shared/object-settings.ts'
import type { ChecksumAlgorithm } from '../../src/shared/transfer.ts'
import { startCephRgw } from '../support/ceph-rgw.ts'
import { DEFAULTS, MiB, sourceWorkers } from '../support/engine-scene.ts'
import type { TestS3Server } from '../support/s3-server.ts'
import { clientFor } from '../support/s3-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** The engine as shipped against an S3 server that is not ours. */
let ceph: TestS3Server
beforeAll(async () => {
  ceph = await startCephRgw()
  await clientFor(ceph).send(new CreateBucketCommand({ Bucket: 'engine' }))
})
afterAll(() => ceph[Symbol.asyncDispose]())

function destination(): EngineDestination {
  const { endpoint, region, accessKeyId, secretAccessKey } = ceph
  return {
    id: 'd',
    endpoint,
    region,
    bucket: 'engine',
    pathStyle: true,
    credentials: { kind: 'keys', accessKeyId, secretAccessKey, sessionToken: null },
    caFile: null,
    proxy: null,
    bindAddress: null,
  }
}

async function upload(
  folder: string,
  prefix: string,
  checksum: ChecksumAlgorithm = 'crc32',
  options: Partial<TransferOptions> = {},
  onNotice: (message: string) => void = () => {},
): Promise<Map<string, TransferEnd>> {
  const engine = new EngineClient(sourceWorkers, { connections: 4, threads: 1, limitBytesPerSecond: null })
  const ends = new Map<string, TransferEnd>()
  const idle = new Promise<void>((resolve) => {
    engine.onEvent((event) => {
      if (event.type === 'ended') ends.set(event.end.key, event.end)
      if (event.type === 'notice') onNotice(event.message)
      if (event.type === 'idle') resolve()
    })
  })
  await engine.call('putDestination', destination())
  await engine.call('addBatch', {
    destinationId: 'd',
    sources: [{ path: folder, keyOrPrefix: prefix }],
    options: { ...DEFAULTS, checksum, ...options },
    include: [],
    exclude: [],
    start: 'at-once',
  })
  await idle
  await engine.close()
  return ends
}

it('uploads files with odd names, empty and multipart ones, and each reads back byte for byte', async () => {
  await using folder = await tempFolder('ceph-engine')
  const files = new Map([
    ['empty', Buffer.alloc(0)],
    ['a b+c%20#?é😀.txt', Buffer.from('odd')],
    ["sub/it's (1)!.bin", randomBytes(100_000)],
    ['large.bin', randomBytes(17 * MiB + 3)],
  ])
  for (const [name, bytes] of files) {
    await mkdir(join(folder.path, name, '..'), { recursive: true })
    await writeFile(join(folder.path, name), bytes)
  }
  const client = clientFor(ceph)
  const ends = await upload(folder.path, 'p/')
  for (const [name, bytes] of files) {
    expect(ends.get(`p/${name}`)).toMatchObject({ phase: 'completed' })
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'engine', Key: `p/${name}` }))
    expect(bytes.equals(Buffer.from((await Body?.transformToByteArray()) ?? []))).toBe(true)
  }
  // Ceph 16 keeps no checksums and names no ETag at completion: size and ETag of the object are the proof.
  expect(ends.get('p/large.bin')).toMatchObject({ verified: 'size' })
  expect((await client.send(new ListMultipartUploadsCommand({ Bucket: 'engine' }))).Uploads ?? []).toEqual([])

  const again = await upload(folder.path, 'p/')
  for (const end of again.values()) expect(end).toMatchObject({ phase: 'skipped', skipReason: 'same' })
  client.destroy()
})

it.each<[ChecksumAlgorithm, object, object]>([
  ['crc32c', { verified: 'accepted' }, { verified: 'size' }],
  ['crc64nvme', { verified: 'accepted' }, { verified: 'size' }],
  ['sha256', { verified: 'accepted' }, { verified: 'size' }],
  // Its ETags are MD5s.
  ['md5', { verified: 'checksum' }, { verified: 'checksum' }],
  ['none', { verified: 'accepted' }, { verified: 'size' }],
])('claims no more with %s than Ceph 16 shows', async (checksum, small, large) => {
  await using folder = await tempFolder('ceph-checksums')
  await writeFile(join(folder.path, 'small'), randomBytes(1_000))
  const bytes = randomBytes(6 * MiB)
  await writeFile(join(folder.path, 'large'), bytes)
  const ends = await upload(folder.path, `${checksum}/`, checksum)
  expect(ends.get(`${checksum}/small`)).toMatchObject({ phase: 'completed', ...small })
  expect(ends.get(`${checksum}/large`)).toMatchObject({ phase: 'completed', ...large })
  const client = clientFor(ceph)
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'engine', Key: `${checksum}/large` }))
  expect(bytes.equals(Buffer.from((await Body?.transformToByteArray()) ?? []))).toBe(true)
  client.destroy()
})

it('keeps beside the bytes what was asked for', async () => {
  await using folder = await tempFolder('ceph-objects')
  await writeFile(join(folder.path, 'small.mp4'), randomBytes(1_000))
  await writeFile(join(folder.path, 'large.mp4'), randomBytes(6 * MiB))
  const kept = { cacheControl: 'max-age=60', metadata: { project: 'a b' }, storageClass: 'STANDARD' }
  const object = { ...PLAIN_OBJECT, ...kept, tags: { retention: 'one year é' } }
  const notices: string[] = []
  const ends = await upload(folder.path, 'kept/', 'crc32', { object }, (message) => notices.push(message))
  const client = clientFor(ceph)
  for (const name of ['small', 'large']) {
    const Key = `kept/${name}.mp4`
    expect(ends.get(Key)).toMatchObject({ phase: 'completed' })
    expect(await client.send(new HeadObjectCommand({ Bucket: 'engine', Key }))).toMatchObject({
      ContentType: 'video/mp4',
      CacheControl: 'max-age=60',
      Metadata: { project: 'a b' },
    })
    const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket: 'engine', Key }))
    // Ceph 16 loses those of a multipart upload, and the engine says so.
    expect(TagSet).toEqual(name === 'small' ? [{ Key: 'retention', Value: 'one year é' }] : [])
  }
  expect(notices).toEqual([expect.stringMatching(/^The server dropped the tags of kept\/large\.mp4/)])
  client.destroy()
})

it.each([1_000, 6 * MiB])('keeps both of two uploads of %i bytes to one key at once', async (length) => {
  await using folder = await tempFolder('ceph-both')
  const contents = [randomBytes(length), randomBytes(length)]
  const sources = await Promise.all(
    contents.map(async (bytes, index) => {
      const path = join(folder.path, `f${index}`)
      await writeFile(path, bytes)
      return { path, keyOrPrefix: `both-${length}.bin` }
    }),
  )
  const engine = new EngineClient(sourceWorkers, { connections: 4, threads: 1, limitBytesPerSecond: null })
  const ended: TransferEnd[] = []
  const done = new Promise<void>((resolve) => {
    engine.onEvent((event) => {
      if (event.type === 'ended' && ended.push(event.end) === contents.length) resolve()
    })
  })
  await engine.call('putDestination', destination())
  for (const source of sources) {
    await engine.call('addBatch', {
      destinationId: 'd',
      sources: [source],
      options: { ...DEFAULTS, onExists: 'keep-both' },
      include: [],
      exclude: [],
      start: 'at-once',
    })
  }
  await done
  await engine.close()
  expect(ended.map(({ key, phase }) => [key, phase]).sort()).toEqual([
    [`both-${length} (2).bin`, 'completed'],
    [`both-${length}.bin`, 'completed'],
  ])
  const client = clientFor(ceph)
  const kept: string[] = []
  for (const { key: Key } of ended) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'engine', Key }))
    kept.push((await Body?.transformToString('base64')) ?? '')
  }
  expect(kept.sort()).toEqual(contents.map((bytes) => bytes.toString('base64')).sort())
  client.destroy()
})

it('finds out what Ceph 16 can do, and leaves nothing behind', async () => {
  const engine = new EngineClient(sourceWorkers, { connections: 4, threads: 1, limitBytesPerSecond: null })
  const result = await engine.call('testDestination', destination())
  await engine.close()
  expect(result).toMatchObject({
    ok: true,
    found: { checksums: 'ignored', conditionalWrites: 'honoured', listParts: true, region: 'ignored' },
  })
  const client = clientFor(ceph)
  const listed = await client.send(new ListObjectsV2Command({ Bucket: 'engine', Prefix: '.sluice-test-' }))
  expect(listed.KeyCount).toBe(0)
  expect((await client.send(new ListMultipartUploadsCommand({ Bucket: 'engine' }))).Uploads ?? []).toEqual([])
  client.destroy()
})
