import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../support/s3-server.ts'
import { inUtf8Order, ODD_KEYS } from './odd-keys.ts'
import type { GetSubject } from './subject.ts'

export function objectCases(subject: GetSubject): void {
  const put = (Key: string, Body: string, more: object = {}) =>
    subject().client.send(new PutObjectCommand({ Bucket: subject().bucket, Key, Body, ...more }))
  const get = async (Key: string, more: object = {}) => {
    const answer = await subject().client.send(new GetObjectCommand({ Bucket: subject().bucket, Key, ...more }))
    return { ...answer, text: (await answer.Body?.transformToString()) ?? '' }
  }
  const head = (Key: string, more: object = {}) =>
    subject().client.send(new HeadObjectCommand({ Bucket: subject().bucket, Key, ...more }))

  describe('objects', () => {
    it('keeps every odd key apart, lists them in order and deletes them', async () => {
      const { client, bucket: Bucket } = subject()
      for (const key of ODD_KEYS) await put(key, `content of ${key}`)
      for (const key of ODD_KEYS) expect((await get(key)).text).toBe(`content of ${key}`)
      const plain = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }))
      const listed = (plain.Contents ?? []).map(({ Key }) => decodeURIComponent((Key ?? '').replaceAll('+', ' ')))
      expect(listed).toEqual(inUtf8Order(ODD_KEYS))
      const removal = await client.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects: ODD_KEYS.map((Key) => ({ Key })) } }),
      )
      expect(removal.Errors ?? []).toEqual([])
      expect((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0)
    })

    it('refuses a key of 1025 bytes', async () => {
      expect(await refusalOf(put('k'.repeat(1025), 'x'))).toEqual({ code: subject().can.keyTooLongCode, status: 400 })
    })

    it('keeps an empty object', async () => {
      const { ETag } = await put('empty', '', { ContentLength: 0 })
      expect(ETag).toBe('"d41d8cd98f00b204e9800998ecf8427e"')
      expect(await head('empty')).toMatchObject({ ContentLength: 0, ETag })
      expect((await get('empty')).text).toBe('')
    })

    it('returns content type, user metadata and storage class as they came', async () => {
      await put('described', 'x', {
        ContentType: 'text/x-odd; charset=utf-8',
        CacheControl: 'max-age=60',
        ContentDisposition: 'attachment; filename="a b"',
        Metadata: { mtime: '1732060800.5', note: 'two  spaces' },
      })
      expect(await head('described')).toMatchObject({
        ContentType: 'text/x-odd; charset=utf-8',
        CacheControl: 'max-age=60',
        ContentDisposition: 'attachment; filename="a b"',
        Metadata: { mtime: '1732060800.5', note: 'two  spaces' },
      })
    })

    it('keeps tags, and tells them', async () => {
      const { client, bucket: Bucket } = subject()
      const tagsOf = async (Key: string) => {
        const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket, Key }))
        return Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]))
      }
      await put('tagged', 'x', { Tagging: 'retention=one%20year&a%2Fb=%C3%A9%2B%3D&empty=' })
      expect(await tagsOf('tagged')).toEqual({ retention: 'one year', 'a/b': 'é+=', empty: '' })
      expect(await head('tagged')).toMatchObject({ TagCount: 3 })
      await put('tagged', 'x')
      expect(await tagsOf('tagged')).toEqual({})
      expect(await refusalOf(tagsOf('missing'))).toEqual({ code: 'NoSuchKey', status: 404 })
    })

    it('refuses more than ten tags, and one whose name is too long', async () => {
      const eleven = Array.from({ length: 11 }, (_, index) => `t${index}=x`).join('&')
      for (const Tagging of [eleven, `${'n'.repeat(129)}=x`]) {
        expect(await refusalOf(put('too tagged', 'x', { Tagging }))).toMatchObject({ status: 400 })
      }
      expect(await refusalOf(get('too tagged'))).toMatchObject({ status: 404 })
    })

    it('overwrites an object whole', async () => {
      await put('twice', 'first, and longer', { Metadata: { first: 'yes' } })
      await put('twice', 'second')
      const { text, Metadata } = await get('twice')
      expect(text).toBe('second')
      expect(Metadata ?? {}).toEqual({})
    })

    it('says NoSuchKey, 404 without a body for HEAD, and 204 for deleting nothing', async () => {
      const { client, bucket: Bucket } = subject()
      expect(await refusalOf(get('missing'))).toEqual({ code: 'NoSuchKey', status: 404 })
      expect(await refusalOf(head('missing'))).toMatchObject({ status: 404 })
      const { $metadata } = await client.send(new DeleteObjectCommand({ Bucket, Key: 'missing' }))
      expect($metadata.httpStatusCode).toBe(204)
    })

    it.each([
      ['bytes=0-3', '0123', 'bytes 0-3/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-2', '89', 'bytes 8-9/10'],
      ['bytes=8-100', '89', 'bytes 8-9/10'],
    ])('reads the range %s', async (Range, text, ContentRange) => {
      await put('digits', '0123456789')
      expect(await get('digits', { Range })).toMatchObject({ text, ContentRange, ContentLength: text.length })
    })

    it('refuses a range behind the end', async () => {
      await put('digits', '0123456789')
      expect(await refusalOf(get('digits', { Range: 'bytes=10-' }))).toEqual({ code: 'InvalidRange', status: 416 })
    })

    it('reads under If-Match and If-None-Match', async () => {
      const { ETag } = await put('conditional', 'x')
      expect((await get('conditional', { IfMatch: ETag })).text).toBe('x')
      expect(await refusalOf(get('conditional', { IfMatch: '"other"' }))).toMatchObject({ status: 412 })
      expect(await refusalOf(get('conditional', { IfNoneMatch: ETag }))).toMatchObject({ status: 304 })
      expect((await get('conditional', { IfNoneMatch: '"other"' })).text).toBe('x')
    })

    it('writes under If-None-Match: * only what is not there', async () => {
      await put('once', 'first', { IfNoneMatch: '*' })
      expect(await refusalOf(put('once', 'second', { IfNoneMatch: '*' }))).toEqual({
        code: 'PreconditionFailed',
        status: 412,
      })
      expect((await get('once')).text).toBe('first')
    })

    it('writes under If-Match only over what was named, as its record says', async () => {
      const { ETag } = await put('guarded', 'first')
      expect(await refusalOf(put('guarded', 'second', { IfMatch: '"other"' }))).toMatchObject({ status: 412 })
      const call = put('guarded', 'third', { IfMatch: ETag })
      if (subject().can.conditionalOverwrite) await call
      else expect(await refusalOf(call)).toMatchObject({ status: 412 })
      expect((await get('guarded')).text).toBe(subject().can.conditionalOverwrite ? 'third' : 'first')
    })

    it('copies content and metadata, or replaces the metadata', async () => {
      const { client, bucket: Bucket, can } = subject()
      const source = 'from a+b/é'
      await put(source, 'copied', { ContentType: 'text/a', Metadata: { a: '1' } })
      const CopySource = `${Bucket}/${encodeURIComponent(source)}`
      const { CopyObjectResult } = await client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }))
      const { ETag = '' } = await head(source)
      expect(CopyObjectResult?.ETag).toBe(can.quotesCopyEtag ? ETag : ETag.replaceAll('"', ''))
      expect(await get('to')).toMatchObject({ text: 'copied', ContentType: 'text/a', Metadata: { a: '1' } })
      await client.send(
        new CopyObjectCommand({
          Bucket,
          Key: source,
          CopySource,
          MetadataDirective: 'REPLACE',
          ContentType: 'text/b',
          Metadata: { b: '2' },
        }),
      )
      expect(await get(source)).toMatchObject({ text: 'copied', ContentType: 'text/b', Metadata: { b: '2' } })
    })
  })
}
