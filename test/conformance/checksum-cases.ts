import { hash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { CompletedPart } from '@aws-sdk/client-s3'
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
import type { SummedPart } from '../../src/main/engine/checksums.ts'
import { openSummer, wholeChecksum } from '../../src/main/engine/checksums.ts'
import { clientFor, refusalOf } from '../support/s3-server.ts'
import { crc32Base64 } from '../support/sums.ts'
import type { GetSubject } from './subject.ts'

const PART_BYTES = 5 * 1024 * 1024
const badDigest = { code: 'BadDigest', status: 400 }

const fromHex = (hex: string) => Buffer.from(hex, 'hex').toString('base64')

/** Of `123456789`: the check values of the CRC catalogue, and what sha1sum and sha256sum print. */
const KNOWN = {
  ChecksumCRC32: fromHex('cbf43926'),
  ChecksumCRC32C: fromHex('e3069283'),
  ChecksumCRC64NVME: fromHex('ae8b14860a799888'),
  ChecksumSHA1: fromHex('f7c3bc1d808e04732adf679965ccc34ca7ae3441'),
  ChecksumSHA256: fromHex('15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'),
}

export function checksumCases(subject: GetSubject): void {
  const put = (Key: string, Body: string | Buffer, more: object) =>
    subject().client.send(new PutObjectCommand({ Bucket: subject().bucket, Key, Body, ...more }))
  const head = (Key: string) =>
    subject().client.send(new HeadObjectCommand({ Bucket: subject().bucket, Key, ChecksumMode: 'ENABLED' }))

  describe('checksums', () => {
    it('refuses a body that is not what Content-MD5 says, and keeps nothing of it', async () => {
      const ContentMD5 = hash('md5', 'something else', 'base64')
      expect(await refusalOf(put('sum/md5', 'x', { ContentMD5 }))).toEqual(badDigest)
      expect(await refusalOf(head('sum/md5'))).toMatchObject({ status: 404 })
      await put('sum/md5', 'x', { ContentMD5: hash('md5', 'x', 'base64') })
    })

    it('refuses a Content-MD5 that is none', async () => {
      expect(await refusalOf(put('sum/md5', 'x', { ContentMD5: 'AAAA' }))).toEqual({
        code: 'InvalidDigest',
        status: 400,
      })
    })

    it('refuses a body that is not what the signed sha256 says', async () => {
      const { client, bucket: Bucket } = subject()
      const command = new PutObjectCommand({ Bucket, Key: 'sum/sha', Body: 'x' })
      command.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as { headers: Record<string, string> }
          request.headers['x-amz-content-sha256'] = hash('sha256', 'another body')
          return next(args)
        },
        { step: 'build', priority: 'low' },
      )
      expect(await refusalOf(client.send(command))).toEqual({ code: 'XAmzContentSHA256Mismatch', status: 400 })
    })

    it.each(Object.entries(KNOWN))('checks and keeps %s as its record says', async (name, value) => {
      const { can } = subject()
      await put('sum/right', '123456789', { [name]: value })
      expect((await head('sum/right'))[name as keyof typeof KNOWN]).toBe(can.keepsChecksums ? value : undefined)
      const call = put('sum/wrong', '12345678X', { [name]: value })
      if (can.checksChecksums) {
        expect(await refusalOf(call)).toEqual(badDigest)
        expect(await refusalOf(head('sum/wrong'))).toMatchObject({ status: 404 })
      } else await call
    })

    it.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)(
      'takes a stream with its %s behind it',
      async (ChecksumAlgorithm) => {
        const { server, bucket: Bucket, can } = subject()
        const client = clientFor(server)
        const bytes = randomBytes(300_000)
        const call = client.send(
          new PutObjectCommand({
            Bucket,
            Key: 'sum/stream',
            Body: Readable.from([bytes.subarray(0, 70_001), bytes.subarray(70_001)]),
            ContentLength: bytes.length,
            ChecksumAlgorithm,
          }),
        )
        try {
          if (!can.takesTrailers) {
            expect((await refusalOf(call)).status).toBeGreaterThanOrEqual(400)
            return
          }
          await call
          const { Body, ContentLength, ContentEncoding } = await client.send(
            new GetObjectCommand({ Bucket, Key: 'sum/stream' }),
          )
          expect({ ContentLength, ContentEncoding }).toEqual({
            ContentLength: bytes.length,
            ContentEncoding: undefined,
          })
          expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true)
        } finally {
          client.destroy()
        }
      },
    )

    it.each([
      ['CRC32', 'FULL_OBJECT'],
      ['CRC32C', 'FULL_OBJECT'],
      ['CRC64NVME', 'FULL_OBJECT'],
      ['SHA256', 'COMPOSITE'],
    ] as const)(
      'completes an upload with the %s (%s) of each part and of the whole, as its record says',
      async (name, type) => {
        const { client, bucket: Bucket, can } = subject()
        const Key = `sum/multipart-${name}`
        const field = `Checksum${name}` as const
        const bodies = [randomBytes(PART_BYTES), randomBytes(10)]
        const { UploadId } = await client.send(
          new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: name, ChecksumType: type }),
        )
        const algorithm = name.toLowerCase() as 'crc32' | 'crc32c' | 'crc64nvme' | 'sha256'
        const summer = await openSummer(algorithm)
        const parts: SummedPart[] = []
        const Parts: CompletedPart[] = []
        for (const [index, Body] of bodies.entries()) {
          summer.begin()
          summer.update(Body)
          const checksum = summer.end()
          const PartNumber = index + 1
          const answer = await client.send(
            new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, [field]: checksum }),
          )
          expect(answer[field]).toBe(can.keepsChecksums ? checksum : undefined)
          parts.push({ bytes: Body.length, checksum })
          Parts.push({ PartNumber, ETag: answer.ETag, [field]: checksum })
        }
        const listed = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
        expect(listed.Parts?.map((part) => part[field])).toEqual(
          parts.map(({ checksum }) => (can.keepsChecksums ? checksum : undefined)),
        )
        const whole = wholeChecksum(algorithm, parts, PART_BYTES)?.value
        if (algorithm === 'crc32') expect(whole).toBe(crc32Base64(Buffer.concat(bodies)))
        const complete = (value: string | undefined) =>
          client.send(
            new CompleteMultipartUploadCommand({
              Bucket,
              Key,
              UploadId,
              MultipartUpload: { Parts },
              ChecksumType: type,
              ...(type === 'FULL_OBJECT' ? { [field]: value } : {}),
            }),
          )
        if (can.checksChecksums && type === 'FULL_OBJECT') {
          expect(await refusalOf(complete(parts[1]?.checksum ?? ''))).toEqual(badDigest)
        }
        const answer = await complete(whole)
        expect(answer[field]).toBe(can.keepsChecksums ? whole : undefined)
        const found = await head(Key)
        expect({ sum: found[field], type: found.ChecksumType }).toEqual(
          can.keepsChecksums ? { sum: whole, type } : { sum: undefined, type: undefined },
        )
      },
    )

    it('answers a part with its MD5 as the ETag, where that was sent', async () => {
      const { client, bucket: Bucket } = subject()
      const Key = 'sum/part-md5'
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
      const bodies = [randomBytes(PART_BYTES), randomBytes(10)]
      const Parts: CompletedPart[] = []
      for (const [index, Body] of bodies.entries()) {
        const PartNumber = index + 1
        const ContentMD5 = hash('md5', Body, 'base64')
        const { ETag } = await client.send(
          new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ContentMD5 }),
        )
        expect(ETag).toBe(`"${hash('md5', Body)}"`)
        Parts.push({ PartNumber, ETag })
      }
      const wrong = { ContentMD5: hash('md5', 'another', 'base64'), Body: 'x', PartNumber: 3 }
      expect(await refusalOf(client.send(new UploadPartCommand({ Bucket, Key, UploadId, ...wrong })))).toEqual(
        badDigest,
      )
      await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))
      const whole = hash('md5', Buffer.concat(bodies.map((Body) => Buffer.from(hash('md5', Body), 'hex'))))
      expect((await head(Key)).ETag).toBe(`"${whole}-2"`)
    })

    it('refuses a part that is not what its checksum says, as its record says', async () => {
      const { client, bucket: Bucket, can } = subject()
      const Key = 'sum/part'
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }),
      )
      const call = client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'x', ChecksumCRC32: 'AAAAAA==' }),
      )
      if (can.checksChecksums) expect(await refusalOf(call)).toEqual(badDigest)
      else await call
      const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
      expect(Parts.length).toBe(can.checksChecksums ? 0 : 1)
    })
  })
}
