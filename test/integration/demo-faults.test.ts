import { crc32 } from 'node:zlib'
import type { S3Client } from '@aws-sdk/client-s3'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import type { Fault, FaultAction } from '../../src/main/demo/faults.ts'
import { FaultPlan } from '../../src/main/demo/faults.ts'
import type { DemoServer } from '../../src/main/demo/server.ts'
import { startTestDemo } from '../support/demo-bucket.ts'
import { clientFor, refusalOf } from '../support/s3-server.ts'

const Bucket = 'demo'
const Key = 'k'
const BODY = Buffer.alloc(1_000_000, 'x')
const CRC32_OF_BODY = Buffer.from(crc32(BODY).toString(16).padStart(8, '0'), 'hex').toString('base64')

interface Scene extends AsyncDisposable {
  readonly server: DemoServer
  readonly client: S3Client
}

async function scene(...faults: Fault[]): Promise<Scene> {
  const server = await startTestDemo({ faults })
  const client = clientFor(server)
  return {
    server,
    client,
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      await server[Symbol.asyncDispose]()
    },
  }
}

const put = ({ client }: Scene, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: BODY, ...more }))
const head = ({ client }: Scene) => client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
const isThere = (one: Scene) =>
  head(one).then(
    () => true,
    () => false,
  )

describe('scripted faults', () => {
  it('match by operation, key and part, after so many, so many times', () => {
    const act: FaultAction = { kind: 'wrong-etag' }
    const other: FaultAction = { kind: 'empty-answer' }
    const plan = new FaultPlan()
    plan.set([
      { on: 'UploadPart', key: 'a', partNumber: 3, skip: 1, times: 2, do: act },
      { on: ['UploadPart', 'PutObject'], key: 'a', times: null, do: other },
    ])
    const third = () => plan.take('UploadPart', 'a', 3)
    expect([third(), third(), third(), third()]).toEqual([other, act, act, other])
    expect(plan.take('UploadPart', 'b', 3)).toBe(null)
    expect(plan.take('PutObject', 'a', null)).toBe(other)
    expect(plan.take('GetObject', 'a', null)).toBe(null)
  })

  it('answer with a code and Retry-After, once', async () => {
    const act = { kind: 'answer', status: 503, code: 'SlowDown', retryAfterSeconds: 7 } as const
    await using one = await scene({ on: 'PutObject', do: act })
    const error = await put(one).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'SlowDown', $response: { headers: { 'retry-after': '7' } } })
    expect(await isThere(one)).toBe(false)
    await put(one)
  })

  it('answer in the middle of a body', async () => {
    const act = { kind: 'answer', status: 400, code: 'RequestTimeout', afterBytes: 300_000 } as const
    await using one = await scene({ on: 'PutObject', do: act })
    expect(await refusalOf(put(one))).toEqual({ code: 'RequestTimeout', status: 400 })
    expect(await isThere(one)).toBe(false)
    expect(one.server.log[0]).toMatchObject({ operation: 'PutObject', status: 400, errorCode: 'RequestTimeout' })
    expect(one.server.log[0]?.bodyBytes).toBeGreaterThanOrEqual(300_000)
  })

  it('drop the socket before reading, and in the middle', async () => {
    await using one = await scene(
      { on: 'PutObject', do: { kind: 'drop', when: 'before-reading' } },
      { on: 'PutObject', do: { kind: 'drop', afterBytes: 200_000 } },
    )
    await expect(put(one)).rejects.toThrow()
    await expect(put(one)).rejects.toThrow()
    expect(await isThere(one)).toBe(false)
    const [first, second] = one.server.log
    expect(first).toMatchObject({ status: 0, bodyBytes: 0 })
    expect(second).toMatchObject({ status: 0 })
    expect(second?.bodyBytes).toBeGreaterThanOrEqual(200_000)
    await put(one)
  })

  it('drop the answer when all is stored', async () => {
    await using one = await scene({ on: 'PutObject', do: { kind: 'drop', when: 'after-commit' } })
    await expect(put(one)).rejects.toThrow()
    expect(await head(one)).toMatchObject({ ContentLength: BODY.length })
  })

  it('start late, and stall, and still do the work', async () => {
    await using one = await scene(
      { on: 'PutObject', do: { kind: 'delay', ms: 60 } },
      { on: 'PutObject', do: { kind: 'stall', afterBytes: 1, ms: 60 } },
    )
    for (const _ of [1, 2]) {
      const startMs = performance.now()
      await put(one)
      // A timer of 60 ms may end a millisecond early by this clock.
      expect(performance.now() - startMs).toBeGreaterThan(55)
    }
    expect(await head(one)).toMatchObject({ ContentLength: BODY.length })
  })

  it('hold up neither a close nor the process', async () => {
    const one = await scene(
      { on: 'PutObject', do: { kind: 'delay', ms: 3_600_000 } },
      { on: 'PutObject', do: { kind: 'stall', afterBytes: 1, ms: 3_600_000 } },
    )
    const puts = [put(one).catch(() => 'cut'), put(one).catch(() => 'cut')]
    await put(one)
    await one[Symbol.asyncDispose]()
    expect(await Promise.all(puts)).toEqual(['cut', 'cut'])
  })

  it('answer 200 with an error inside, nothing at all, or half of it', async () => {
    await using one = await scene(
      { on: 'CompleteMultipartUpload', do: { kind: 'error-in-ok', code: 'InternalError' } },
      { on: 'CompleteMultipartUpload', do: { kind: 'truncated-answer', bytes: 90 } },
      { on: 'CompleteMultipartUpload', do: { kind: 'empty-answer' } },
    )
    const { client, server } = one
    const begin = async () => {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: BODY }))
      return new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      })
    }
    const first = await begin()
    expect(await refusalOf(client.send(first))).toMatchObject({ code: 'InternalError' })
    expect(server.log.at(-1)).toMatchObject({ status: 200, errorCode: 'InternalError' })
    expect(await isThere(one)).toBe(false)
    await expect(client.send(first)).rejects.toThrow()
    expect(await isThere(one)).toBe(true)
    // The SDK itself takes an empty 200 for an abort.
    await expect(client.send(await begin())).rejects.toThrow()
    expect(server.log.at(-1)).toMatchObject({ operation: 'CompleteMultipartUpload', status: 200, errorCode: null })
  })

  it('cut a download short', async () => {
    await using one = await scene({ on: 'GetObject', do: { kind: 'truncated-answer', bytes: 1000 } })
    await put(one)
    const { Body, ContentLength } = await one.client.send(new GetObjectCommand({ Bucket, Key }))
    expect(ContentLength).toBe(BODY.length)
    await expect(Body?.transformToByteArray()).rejects.toThrow()
  })

  it('lie about the ETag of a part, so that completing fails', async () => {
    await using one = await scene({ on: 'UploadPart', partNumber: 2, do: { kind: 'wrong-etag' } })
    const { client } = one
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    const Parts = []
    for (const PartNumber of [1, 2]) {
      const Body = Buffer.alloc(5 * 1024 * 1024)
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))
      Parts.push({ PartNumber, ETag: ETag ?? '' })
    }
    const complete = (parts: { PartNumber: number; ETag: string }[]) =>
      client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }))
    expect(await refusalOf(complete(Parts))).toEqual({ code: 'InvalidPart', status: 400 })
    const { Parts: listed = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
    await complete(listed.map(({ PartNumber = 0, ETag = '' }) => ({ PartNumber, ETag })))
  })

  it('store a wrong byte, and report the checksum of it or none', async () => {
    const wrong = (reports: 'its-own' | 'nothing'): Fault => ({
      on: 'PutObject',
      do: { kind: 'store-wrong-byte', offset: 999_999, reports },
    })
    await using one = await scene(wrong('its-own'), wrong('nothing'))
    for (const reports of ['its-own', 'nothing']) {
      await put(one, { ChecksumCRC32: CRC32_OF_BODY })
      const { Body } = await one.client.send(new GetObjectCommand({ Bucket, Key }))
      const stored = Buffer.from((await Body?.transformToByteArray()) ?? [])
      expect(stored.subarray(0, 999_999).equals(BODY.subarray(0, 999_999))).toBe(true)
      expect(stored[999_999]).toBe('x'.charCodeAt(0) ^ 0xff)
      const { ChecksumCRC32 } = await head(one)
      if (reports === 'nothing') expect(ChecksumCRC32).toBe(undefined)
      else expect(ChecksumCRC32).not.toBe(CRC32_OF_BODY)
    }
  })

  it('ignore checksums, as servers that do not know them', async () => {
    await using one = await scene({ on: 'PutObject', do: { kind: 'ignore-checksums' } })
    expect((await put(one, { ChecksumCRC32: 'AAAAAA==' })).ChecksumCRC32).toBe(undefined)
    expect((await head(one)).ChecksumCRC32).toBe(undefined)
    expect(await refusalOf(put(one, { ChecksumCRC32: 'AAAAAA==' }))).toEqual({ code: 'BadDigest', status: 400 })
  })
})
