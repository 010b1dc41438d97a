import { ListObjectsCommand, ListObjectsV2Command, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3'
import { beforeAll, describe, expect, it } from 'vitest'
import { inUtf8Order } from './odd-keys.ts'
import type { GetSubject } from './subject.ts'

const KEYS = [
  'list/a',
  'list/b/1',
  'list/b/2',
  'list/b/3/deep',
  'list/b0',
  'list/c//x',
  'list/z',
  'list/\u{1f600}',
  'list/\uffee',
  'other/x',
]

export function listingCases(subject: GetSubject): void {
  const page = (more: object) => subject().client.send(new ListObjectsV2Command({ Bucket: subject().bucket, ...more }))

  describe('listing', () => {
    beforeAll(async () => {
      const { client, bucket: Bucket } = subject()
      for (const Key of KEYS) await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
    })

    it.each([1, 2, 3, 100])('shows every key once and in UTF-8 order in pages of %d', async (pageSize) => {
      const { client, bucket: Bucket } = subject()
      const found: string[] = []
      for await (const { Contents = [], KeyCount } of paginateListObjectsV2(
        { client, pageSize },
        { Bucket, Prefix: 'list/' },
      )) {
        expect(KeyCount).toBeLessThanOrEqual(pageSize)
        for (const { Key = '' } of Contents) found.push(Key)
      }
      expect(found).toEqual(inUtf8Order(KEYS.filter((key) => key.startsWith('list/'))))
    })

    it.each([1, 2, 100])('rolls up common prefixes, each once, in pages of %d', async (pageSize) => {
      const { client, bucket: Bucket } = subject()
      const keys: string[] = []
      const prefixes: string[] = []
      const request = { Bucket, Prefix: 'list/', Delimiter: '/' }
      for await (const { Contents = [], CommonPrefixes = [] } of paginateListObjectsV2({ client, pageSize }, request)) {
        for (const { Key = '' } of Contents) keys.push(Key)
        for (const { Prefix = '' } of CommonPrefixes) prefixes.push(Prefix)
      }
      expect(prefixes).toEqual(['list/b/', 'list/c/'])
      expect(keys).toEqual(inUtf8Order(['list/a', 'list/b0', 'list/z', 'list/\u{1f600}', 'list/\uffee']))
    })

    it('starts after a key, there or not', async () => {
      const keysAfter = async (StartAfter: string) =>
        ((await page({ Prefix: 'list/b', StartAfter })).Contents ?? []).map(({ Key }) => Key)
      expect(await keysAfter('list/b/2')).toEqual(['list/b/3/deep', 'list/b0'])
      expect(await keysAfter('list/b/21')).toEqual(['list/b/3/deep', 'list/b0'])
    })

    it('gives size and ETag with each key', async () => {
      const { Contents = [] } = await page({ Prefix: 'list/a' })
      expect(Contents).toMatchObject([{ Key: 'list/a', Size: 6, ETag: expect.stringMatching(/^"[0-9a-f]{32}"$/) }])
    })

    it('pages through version 1 by marker', async () => {
      const { client, bucket: Bucket } = subject()
      const found: string[] = []
      let Marker: string | undefined
      for (let pages = 0; pages < 20; pages++) {
        const answer = await client.send(
          new ListObjectsCommand({ Bucket, Prefix: 'list/b', MaxKeys: 1, ...(Marker === undefined ? {} : { Marker }) }),
        )
        for (const { Key = '' } of answer.Contents ?? []) found.push(Key)
        if (answer.IsTruncated !== true) break
        Marker = answer.NextMarker ?? found.at(-1)
      }
      expect(found).toEqual(['list/b/1', 'list/b/2', 'list/b/3/deep', 'list/b0'])
    })

    it('shows nothing for a prefix that nothing has', async () => {
      expect(await page({ Prefix: 'no such prefix' })).toMatchObject({ KeyCount: 0, IsTruncated: false })
    })
  })
}
