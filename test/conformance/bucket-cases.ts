import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../support/s3-server.ts'
import type { GetSubject } from './subject.ts'

export function bucketCases(subject: GetSubject): void {
  describe('buckets', () => {
    it('creates, finds, lists and deletes a bucket', async () => {
      const { client, can } = subject()
      const Bucket = 'made-for-a-moment'
      await client.send(new CreateBucketCommand({ Bucket }))
      await client.send(new HeadBucketCommand({ Bucket }))
      const { Buckets = [] } = await client.send(new ListBucketsCommand({}))
      expect(Buckets.map(({ Name }) => Name)).toContain(Bucket)
      const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket }))
      expect(LocationConstraint ?? '').toBe(can.location)
      await client.send(new DeleteBucketCommand({ Bucket }))
      expect(await refusalOf(client.send(new HeadBucketCommand({ Bucket })))).toMatchObject({ status: 404 })
    })

    it('does not delete a bucket that holds an object', async () => {
      const { client } = subject()
      const Bucket = 'holds-one'
      await client.send(new CreateBucketCommand({ Bucket }))
      await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))
      expect(await refusalOf(client.send(new DeleteBucketCommand({ Bucket })))).toEqual({
        code: 'BucketNotEmpty',
        status: 409,
      })
      await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))
      await client.send(new DeleteBucketCommand({ Bucket }))
    })

    it('says NoSuchBucket for reading, writing and listing', async () => {
      const { client } = subject()
      const gone = { code: 'NoSuchBucket', status: 404 }
      const Bucket = 'never-there'
      expect(await refusalOf(client.send(new ListObjectsV2Command({ Bucket })))).toEqual(gone)
      expect(await refusalOf(client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' })))).toEqual(gone)
      expect(await refusalOf(client.send(new DeleteBucketCommand({ Bucket })))).toEqual(gone)
    })

    it('refuses a name that is not a bucket name', async () => {
      const { client } = subject()
      expect(await refusalOf(client.send(new CreateBucketCommand({ Bucket: 'Not_A_Name' })))).toEqual({
        code: 'InvalidBucketName',
        status: 400,
      })
    })
  })
}
