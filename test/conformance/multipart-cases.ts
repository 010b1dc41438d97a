import { randomBytes } from 'node:crypto'
import type { CompletedPart } from '@aws-sdk/client-s3'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../support/s3-server.ts'
import type { GetSubject } from './subject.ts'

/** The least S3 allows for a part that is not the last. */
const PART_BYTES = 5 * 1024 * 1024

export function multipartCases(subject: GetSubject): void {
  const begin = async (Key: string, more: object = {}): Promise<string> => {
    const { client, bucket: Bucket } = subject()
    const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))
    expect(UploadId).not.toBe('')
    return UploadId
  }
  const part = async (Key: string, UploadId: string, PartNumber: number, Body: Buffer): Promise<CompletedPart> => {
    const { client, bucket: Bucket } = subject()
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))
    return { PartNumber, ETag }
  }
  const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) => {
    const { client, bucket: Bucket } = subject()
    return client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }),
    )
  }
  const abort = (Key: string, UploadId: string) =>
    subject().client.send(new AbortMultipartUploadCommand({ Bucket: subject().bucket, Key, UploadId }))
  const read = async (Key: string, more: object = {}): Promise<Buffer> => {
    const { client, bucket: Bucket } = subject()
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }))
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }
  const noSuchUpload = { code: 'NoSuchUpload', status: 404 }

  describe('multipart uploads', () => {
    it('puts parts together by number, however they come, and reads across their seams', async () => {
      const Key = 'multi/odd key+é'
      const whole = randomBytes(2 * PART_BYTES + 1234)
      const UploadId = await begin(Key, { ContentType: 'video/x-odd', Metadata: { a: '1' } })
      const third = await part(Key, UploadId, 30, whole.subarray(2 * PART_BYTES))
      const first = await part(Key, UploadId, 1, whole.subarray(0, PART_BYTES))
      await part(Key, UploadId, 7, randomBytes(100))
      const second = await part(Key, UploadId, 7, whole.subarray(PART_BYTES, 2 * PART_BYTES))
      const answer = await complete(Key, UploadId, [first, second, third])
      expect((await read(Key)).equals(whole)).toBe(true)
      const seam = await read(Key, { Range: `bytes=${PART_BYTES - 10}-${2 * PART_BYTES + 9}` })
      expect(seam.equals(whole.subarray(PART_BYTES - 10, 2 * PART_BYTES + 10))).toBe(true)
      const { client, bucket: Bucket, can } = subject()
      const found = await client.send(new HeadObjectCommand({ Bucket, Key }))
      expect(found).toMatchObject({
        ContentLength: whole.length,
        ContentType: 'video/x-odd',
        Metadata: { a: '1' },
        ETag: expect.stringMatching(/^"[0-9a-f]{32}-3"$/),
      })
      expect(answer.ETag).toBe(can.completeNamesEtag ? found.ETag : '')
      expect(await refusalOf(part(Key, UploadId, 1, Buffer.from('late')))).toEqual(noSuchUpload)
    })

    it('gives the object the tags that the upload was begun with, as its record says', async () => {
      const { client, bucket: Bucket, can } = subject()
      const Key = 'multi/tagged'
      const UploadId = await begin(Key, { Tagging: 'project=a%20b' })
      await complete(Key, UploadId, [await part(Key, UploadId, 1, Buffer.from('x'))])
      const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket, Key }))
      expect(TagSet).toEqual(can.keepsMultipartTags ? [{ Key: 'project', Value: 'a b' }] : [])
    })

    it('is no object until it is completed, and leaves the one that is there', async () => {
      const { client, bucket: Bucket } = subject()
      const Key = 'multi/unfinished'
      await client.send(new PutObjectCommand({ Bucket, Key, Body: 'the old one' }))
      const UploadId = await begin(Key)
      await part(Key, UploadId, 1, randomBytes(100))
      expect((await read(Key)).toString()).toBe('the old one')
      await abort(Key, UploadId)
      expect((await read(Key)).toString()).toBe('the old one')
    })

    it('lists parts in pages, with size and ETag', async () => {
      const { client, bucket: Bucket } = subject()
      const Key = 'multi/listed'
      const UploadId = await begin(Key)
      const sent = []
      for (const number of [1, 2, 5, 6, 10_000]) sent.push(await part(Key, UploadId, number, Buffer.alloc(number % 7)))
      const found: { PartNumber: number | undefined; Size: number | undefined; ETag: string | undefined }[] = []
      let PartNumberMarker: string | undefined
      let pages = 0
      for (let more = true; more && pages < 10; pages++) {
        const answer = await client.send(
          new ListPartsCommand({
            Bucket,
            Key,
            UploadId,
            MaxParts: 2,
            ...(PartNumberMarker === undefined ? {} : { PartNumberMarker }),
          }),
        )
        for (const { PartNumber, Size, ETag } of answer.Parts ?? []) found.push({ PartNumber, Size, ETag })
        PartNumberMarker = answer.NextPartNumberMarker
        more = answer.IsTruncated === true
      }
      expect(pages).toBe(3)
      expect(found).toEqual(sent.map(({ PartNumber = 0, ETag }) => ({ PartNumber, Size: PartNumber % 7, ETag })))
      await abort(Key, UploadId)
    })

    it('lists open uploads in pages, several of one key among them', async () => {
      const { client, bucket: Bucket } = subject()
      const keys = ['open/a', 'open/b', 'open/b', 'open/c d+é', 'open/z']
      const begun = new Map<string, string>()
      for (const key of keys) begun.set(await begin(key), key)
      const found = new Map<string, string>()
      const order: string[] = []
      let markers = {}
      for (let pages = 0; pages < 10; pages++) {
        const answer = await client.send(
          new ListMultipartUploadsCommand({ Bucket, Prefix: 'open/', MaxUploads: 2, ...markers }),
        )
        expect((answer.Uploads ?? []).length).toBeLessThanOrEqual(2)
        for (const { UploadId = '', Key = '' } of answer.Uploads ?? []) {
          found.set(UploadId, Key)
          order.push(Key)
        }
        if (answer.IsTruncated !== true) break
        markers = { KeyMarker: answer.NextKeyMarker, UploadIdMarker: answer.NextUploadIdMarker }
      }
      expect(order).toEqual(keys)
      expect(found).toEqual(begun)
      for (const [uploadId, key] of begun) await abort(key, uploadId)
      const after = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'open/' }))
      expect(after.Uploads ?? []).toEqual([])
    })

    it('forgets an aborted upload', async () => {
      const { client, bucket: Bucket, can } = subject()
      const Key = 'multi/aborted'
      const UploadId = await begin(Key)
      const sent = await part(Key, UploadId, 1, randomBytes(100))
      await abort(Key, UploadId)
      expect(await refusalOf(part(Key, UploadId, 2, randomBytes(1)))).toEqual(noSuchUpload)
      expect(await refusalOf(client.send(new ListPartsCommand({ Bucket, Key, UploadId })))).toEqual({
        code: can.listAbortedCode,
        status: 404,
      })
      expect(await refusalOf(complete(Key, UploadId, [sent]))).toEqual(can.completeAborted)
    })

    it('refuses to complete with parts that are too small or unknown, and stays open', async () => {
      const Key = 'multi/refused'
      const UploadId = await begin(Key)
      const small = await part(Key, UploadId, 1, randomBytes(100))
      const last = await part(Key, UploadId, 2, randomBytes(PART_BYTES))
      expect(await refusalOf(complete(Key, UploadId, [small, last]))).toEqual({ code: 'EntityTooSmall', status: 400 })
      expect(await refusalOf(complete(Key, UploadId, [{ ...last, PartNumber: 3 }]))).toEqual({
        code: 'InvalidPart',
        status: 400,
      })
      const wrong = { PartNumber: 1, ETag: '"00000000000000000000000000000000"' }
      expect(await refusalOf(complete(Key, UploadId, [wrong]))).toEqual({ code: 'InvalidPart', status: 400 })
      const large = await part(Key, UploadId, 1, randomBytes(PART_BYTES))
      await complete(Key, UploadId, [large, last])
      expect((await read(Key)).length).toBe(2 * PART_BYTES)
    })

    it('wants the parts in order, as its record says', async () => {
      const Key = 'multi/order'
      const UploadId = await begin(Key)
      const whole = randomBytes(2 * PART_BYTES)
      const first = await part(Key, UploadId, 1, whole.subarray(0, PART_BYTES))
      const second = await part(Key, UploadId, 2, whole.subarray(PART_BYTES))
      const call = complete(Key, UploadId, [second, first])
      if (subject().can.wantsPartOrder) {
        expect(await refusalOf(call)).toEqual({ code: 'InvalidPartOrder', status: 400 })
        await complete(Key, UploadId, [first, second])
      } else await call
      expect((await read(Key)).equals(whole)).toBe(true)
    })

    it('leaves out the parts that the completing request leaves out, as its record says', async () => {
      const Key = 'multi/subset'
      const UploadId = await begin(Key)
      await part(Key, UploadId, 1, randomBytes(PART_BYTES))
      const second = await part(Key, UploadId, 2, Buffer.from('only this'))
      const call = complete(Key, UploadId, [second])
      if (subject().can.completesSubset) {
        await call
        expect((await read(Key)).toString()).toBe('only this')
      } else {
        expect(await refusalOf(call)).toEqual({ code: 'InvalidPart', status: 400 })
        await abort(Key, UploadId)
      }
    })

    it('refuses part numbers outside 1 to 10 000, as its record says', async () => {
      const Key = 'multi/numbers'
      const UploadId = await begin(Key)
      for (const number of [0, 10_001]) {
        const call = part(Key, UploadId, number, randomBytes(1))
        if (subject().can.limitsPartNumbers) {
          expect(await refusalOf(call)).toEqual({ code: 'InvalidArgument', status: 400 })
        } else await call
      }
      await abort(Key, UploadId)
    })

    it('completes under If-None-Match: * as its record says', async () => {
      const { client, bucket: Bucket, can } = subject()
      const Key = 'multi/exists'
      await client.send(new PutObjectCommand({ Bucket, Key, Body: 'old' }))
      const UploadId = await begin(Key)
      const sent = await part(Key, UploadId, 1, Buffer.from('new'))
      const call = complete(Key, UploadId, [sent], { IfNoneMatch: '*' })
      if (can.conditionalComplete) {
        expect(await refusalOf(call)).toEqual({ code: 'PreconditionFailed', status: 412 })
        await abort(Key, UploadId)
      } else await call
      expect((await read(Key)).toString()).toBe(can.conditionalComplete ? 'old' : 'new')
    })
  })
}
