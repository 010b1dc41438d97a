import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { HeadBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { clientFor, refusalOf } from '../support/s3-server.ts'
import type { GetSubject } from './subject.ts'

export function accessCases(subject: GetSubject): void {
  const listWith = async (config: S3ClientConfig): Promise<{ code: string; status: number | undefined }> => {
    const client = clientFor(subject().server, config)
    try {
      return await refusalOf(client.send(new ListObjectsV2Command({ Bucket: subject().bucket })))
    } finally {
      client.destroy()
    }
  }

  describe('access', () => {
    it('refuses a wrong secret', async () => {
      const { accessKeyId } = subject().server
      expect(await listWith({ credentials: { accessKeyId, secretAccessKey: 'wrong' } })).toEqual({
        code: 'SignatureDoesNotMatch',
        status: 403,
      })
    })

    it('refuses an unknown key', async () => {
      const credentials = { accessKeyId: 'UNKNOWNKEY', secretAccessKey: 'wrong' }
      expect(await listWith({ credentials })).toEqual({ code: 'InvalidAccessKeyId', status: 403 })
    })

    it('refuses a request without a signature', async () => {
      const { server, bucket } = subject()
      const answer = await fetch(`${server.endpoint}/${bucket}?list-type=2`)
      expect(answer.status).toBe(403)
      expect(await answer.text()).toContain('<Code>AccessDenied</Code>')
    })

    it('refuses a clock that is 20 minutes wrong, either way', async () => {
      for (const minutes of [-20, 20]) {
        expect(await listWith({ systemClockOffset: minutes * 60_000 })).toEqual({
          code: 'RequestTimeTooSkewed',
          status: 403,
        })
      }
    })

    it('refuses a changed request: a header added after signing', async () => {
      const { client, bucket: Bucket } = subject()
      const command = new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Metadata: { a: 'signed' } })
      command.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as { headers: Record<string, string> }
          request.headers['x-amz-meta-a'] = 'changed'
          return next(args)
        },
        { step: 'finalizeRequest', priority: 'low' },
      )
      expect(await refusalOf(client.send(command))).toEqual({ code: 'SignatureDoesNotMatch', status: 403 })
    })

    it('tells the right region to who signs for another, as its record says', async () => {
      const { server, bucket: Bucket, can } = subject()
      if (can.checksRegion) {
        expect(await listWith({ region: 'eu-west-1' })).toEqual({ code: 'AuthorizationHeaderMalformed', status: 400 })
        return
      }
      const client = clientFor(server, { region: 'eu-west-1' })
      await client.send(new HeadBucketCommand({ Bucket }))
      client.destroy()
    })
  })
}
