import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { S3Client } from '@aws-sdk/client-s3'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { startDemoWorker } from '../../src/main/demo/client.ts'
import { startDemoServer } from '../../src/main/demo/server.ts'
import { clientFor, refusalOf } from '../support/s3-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

const Bucket = 'demo'
const LARGE = randomBytes(6 * 1024 * 1024)

async function read(client: S3Client, Key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

async function keysOf(client: S3Client): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
  return Contents.map(({ Key = '' }) => Key)
}

describe('the demo bucket on disk', () => {
  it('keeps keys, objects, copies and open uploads over a restart', async () => {
    await using folder = await tempFolder('restart')
    const first = await startDemoServer({ dir: folder.path })
    const before = clientFor(first)
    const put = (Key: string, Body: Buffer | string) => before.send(new PutObjectCommand({ Bucket, Key, Body }))
    await put('small', 'tiny')
    await put('large', LARGE)
    await put('../../escape', 'inside')
    await put('overwritten', LARGE)
    await put('overwritten', 'now small')
    await put('deleted', 'x')
    await before.send(new DeleteObjectCommand({ Bucket, Key: 'deleted' }))
    await before.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/large` }))
    await before.send(new DeleteObjectCommand({ Bucket, Key: 'large' }))
    const upload = { Bucket, Key: 'multi' }
    const { UploadId } = await before.send(new CreateMultipartUploadCommand(upload))
    const { ETag } = await before.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: LARGE }))
    before.destroy()
    await first.close()

    const second = await startDemoServer({ dir: folder.path })
    expect([second.accessKeyId, second.secretAccessKey]).toEqual([first.accessKeyId, first.secretAccessKey])
    const after = clientFor(second)
    expect(await keysOf(after)).toEqual(['../../escape', 'copy', 'overwritten', 'small'])
    expect((await read(after, 'small')).toString()).toBe('tiny')
    expect((await read(after, 'overwritten')).toString()).toBe('now small')
    expect((await read(after, 'copy')).equals(LARGE)).toBe(true)
    const { Parts } = await after.send(new ListPartsCommand({ ...upload, UploadId }))
    expect(Parts).toMatchObject([{ PartNumber: 1, Size: LARGE.length, ETag }])
    await after.send(
      new CompleteMultipartUploadCommand({
        ...upload,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      }),
    )
    expect((await read(after, 'multi')).equals(LARGE)).toBe(true)
    after.destroy()
    await second.close()
    expect((await readdir(folder.path)).sort()).toEqual(['buckets', 'credentials.json', 'tmp'])
    expect((await stat(join(folder.path, 'credentials.json'))).mode & 0o777).toBe(0o600)
  })

  it('shows no half object after kill -9 in the middle of uploads, and removes what was left', async () => {
    await using folder = await tempFolder('kill')
    const code = `
      const { startDemoServer } = await import(${JSON.stringify(new URL('../../src/main/demo/server.ts', import.meta.url).href)})
      const server = await startDemoServer({ dir: ${JSON.stringify(folder.path)} })
      console.log(JSON.stringify({ endpoint: server.endpoint, region: server.region, accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey }))
    `
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    const line = await new Promise<string>((resolve) => child.stdout.once('data', (bytes) => resolve(String(bytes))))
    const client = clientFor(JSON.parse(line))
    await client.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'whole' }))
    const writes: Promise<unknown>[] = []
    let done = 0
    const halfWay = new Promise<void>((resolve) => {
      for (let n = 0; n < 40; n++) {
        const write = client.send(
          new PutObjectCommand({ Bucket, Key: `k${n}`, Body: LARGE.subarray(0, 1_500_000 + n) }),
        )
        writes.push(
          write.then(() => {
            if (++done === 5) resolve()
          }),
        )
      }
    })
    await halfWay
    child.kill('SIGKILL')
    const results = await Promise.allSettled(writes)
    client.destroy()

    await using server = await startDemoServer({ dir: folder.path }).then((demo) => ({
      ...demo,
      [Symbol.asyncDispose]: demo.close,
    }))
    const again = clientFor(server)
    const keys = await keysOf(again)
    const acknowledged = results.flatMap(({ status }, n) => (status === 'fulfilled' ? [`k${n}`] : []))
    expect(keys).toEqual(expect.arrayContaining(['kept', ...acknowledged]))
    for (const key of keys.filter((name) => name !== 'kept')) {
      const n = Number(key.slice(1))
      expect((await read(again, key)).equals(LARGE.subarray(0, 1_500_000 + n))).toBe(true)
    }
    expect(await readdir(join(folder.path, 'tmp'))).toEqual([])
    const folders = await readdir(join(folder.path, 'buckets', Bucket, 'multipart'))
    expect(folders.length).toBe(keys.length - 1)
    again.destroy()
  })

  it('takes off an entry that was cut short, and goes on behind the last whole one', async () => {
    await using folder = await tempFolder('torn')
    const log = join(folder.path, 'buckets', Bucket, 'objects.log')
    for (const damage of [(size: number) => truncate(log, size - 1), () => appendFile(log, randomBytes(30))]) {
      const server = await startDemoServer({ dir: folder.path })
      const client = clientFor(server)
      await client.send(new PutObjectCommand({ Bucket, Key: 'whole', Body: 'whole' }))
      const { size: whole } = await stat(log)
      await client.send(new PutObjectCommand({ Bucket, Key: 'last', Body: 'last' }))
      client.destroy()
      await server.close()
      await damage((await stat(log)).size)
      const again = await startDemoServer({ dir: folder.path })
      const reader = clientFor(again)
      const keys = await keysOf(reader)
      expect(keys).toContain('whole')
      if (!keys.includes('last')) expect((await stat(log)).size).toBe(whole)
      await reader.send(new PutObjectCommand({ Bucket, Key: 'last', Body: 'mended' }))
      expect((await read(reader, 'last')).toString()).toBe('mended')
      reader.destroy()
      await again.close()
    }
  })

  it('removes at the start what a killed server left of uploads', async () => {
    await using folder = await tempFolder('left')
    const multipart = join(folder.path, 'buckets', Bucket, 'multipart')
    const server = await startDemoServer({ dir: folder.path })
    const client = clientFor(server)
    await client.send(new PutObjectCommand({ Bucket, Key: 'large', Body: LARGE }))
    client.destroy()
    await server.close()
    const [content = ''] = await readdir(multipart)
    // Killed before an object named the folder, and between publishing an object and tidying up.
    await mkdir(join(multipart, 'nobody-s'))
    await writeFile(join(multipart, 'nobody-s', 'content'), 'x')
    await writeFile(join(multipart, content, 'upload.json'), '{}')
    await writeFile(join(multipart, content, '00007-unused'), 'x')
    const again = await startDemoServer({ dir: folder.path })
    expect(await readdir(multipart)).toEqual([content])
    expect(await readdir(join(multipart, content))).toEqual(['content'])
    const reader = clientFor(again)
    expect((await read(reader, 'large')).equals(LARGE)).toBe(true)
    reader.destroy()
    await again.close()
  })

  it('gives back the space of overwritten objects at the next start', async () => {
    await using folder = await tempFolder('compact')
    const log = join(folder.path, 'buckets', Bucket, 'objects.log')
    const server = await startDemoServer({ dir: folder.path })
    const client = clientFor(server)
    const Body = LARGE.subarray(0, 200 * 1024)
    await client.send(new PutObjectCommand({ Bucket, Key: 'other', Body: 'other' }))
    for (let n = 0; n < 90; n++) await client.send(new PutObjectCommand({ Bucket, Key: 'same', Body }))
    client.destroy()
    await server.close()
    expect((await stat(log)).size).toBeGreaterThan(16 * 1024 * 1024)
    const again = await startDemoServer({ dir: folder.path })
    const reader = clientFor(again)
    expect((await stat(log)).size).toBeLessThan(Body.length + 2000)
    expect((await read(reader, 'same')).equals(Body)).toBe(true)
    expect((await read(reader, 'other')).toString()).toBe('other')
    reader.destroy()
    await again.close()
  })

  it('lets one server use a folder at a time, in this process or another', async () => {
    await using folder = await tempFolder('lock')
    const first = await startDemoServer({ dir: folder.path })
    await expect(startDemoServer({ dir: folder.path })).rejects.toThrow('Another demo bucket is using the folder')
    await first.close()
    const second = await startDemoServer({ dir: folder.path })
    await second.close()
  })

  it('says in a sentence that the port is taken, and releases the folder', async () => {
    await using folder = await tempFolder('port')
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await expect(startDemoServer({ dir: folder.path, port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use`)
    await new Promise((resolve) => other.close(resolve))
    const server = await startDemoServer({ dir: folder.path, port })
    expect(server.endpoint).toBe(`http://127.0.0.1:${port}`)
    await server.close()
  })
})

describe('the demo bucket in a worker', () => {
  const path = new URL('../../src/main/demo/worker.ts', import.meta.url)

  it('serves, takes a script of faults and closes', async () => {
    await using folder = await tempFolder('worker')
    const demo = await startDemoWorker(path, { dir: folder.path })
    const client = clientFor(demo)
    const put = () => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'v' }))
    await put()
    await demo.setFaults([{ on: 'PutObject', do: { kind: 'answer', status: 503, code: 'SlowDown' } }])
    expect(await refusalOf(put())).toEqual({ code: 'SlowDown', status: 503 })
    await put()
    client.destroy()
    await demo.close()
    await demo.close()
    await expect(fetch(demo.endpoint)).rejects.toThrow()
  })

  it('fails with the sentence of the server', async () => {
    await using folder = await tempFolder('worker')
    const demo = await startDemoWorker(path, { dir: folder.path })
    await expect(startDemoWorker(path, { dir: folder.path })).rejects.toThrow('Another demo bucket is using the folder')
    await demo.close()
  })
})
