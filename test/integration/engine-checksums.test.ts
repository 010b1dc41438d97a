import { execFile } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { newDigest } from '../../src/main/demo/checksums.ts'
import type { SumAlgorithm } from '../../src/shared/transfer.ts'
import { EngineScene, MiB } from '../support/engine-scene.ts'

const run = promisify(execFile)
const PART = 5 * MiB

const FIELDS = {
  crc32: 'ChecksumCRC32',
  crc32c: 'ChecksumCRC32C',
  crc64nvme: 'ChecksumCRC64NVME',
  sha256: 'ChecksumSHA256',
  md5: null,
} as const satisfies Record<SumAlgorithm, string | null>

/** Computed by other code than the engine's. */
function sumOf(algorithm: SumAlgorithm, bytes: Buffer): Buffer {
  const digest = newDigest(algorithm.toUpperCase() as 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA256' | 'MD5')
  digest.update(bytes)
  return digest.digest()
}

function multipartSumOf(algorithm: SumAlgorithm, bytes: Buffer): string {
  if (algorithm !== 'sha256' && algorithm !== 'md5') return sumOf(algorithm, bytes).toString('base64')
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += PART) parts.push(sumOf(algorithm, bytes.subarray(at, at + PART)))
  return `${hash(algorithm, Buffer.concat(parts), 'base64')}-${parts.length}`
}

/** What others are told about an object: the AWS command line, and of CRC-64/NVME, which it is too old for, the SDK. */
async function awsHead(scene: EngineScene, key: string, checksum: SumAlgorithm): Promise<Record<string, unknown>> {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = scene.server
  if (checksum === 'crc64nvme') {
    const client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    })
    const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }))
    client.destroy()
    return { ...found }
  }
  const args = ['--endpoint-url', endpoint, '--region', region, 's3api', 'head-object', '--bucket', bucket]
  const { stdout } = await run('/usr/bin/aws', [...args, '--key', key, '--checksum-mode', 'ENABLED'], {
    env: { ...process.env, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  })
  return JSON.parse(stdout)
}

describe.each(Object.keys(FIELDS) as SumAlgorithm[])('with %s', (checksum) => {
  it('files of one request and of several are verified, and strangers are told the same', async () => {
    await using scene = await EngineScene.start()
    const small = randomBytes(700_000)
    const large = randomBytes(2 * PART + 77)
    await scene.write('empty', '')
    await scene.write('small', small)
    await scene.write('large', large)
    await scene.add(scene.folder, '', { checksum })
    const wanted = {
      empty: { value: sumOf(checksum, Buffer.alloc(0)).toString('base64'), partBytes: null },
      small: { value: sumOf(checksum, small).toString('base64'), partBytes: null },
      large: {
        value: multipartSumOf(checksum, large),
        partBytes: checksum === 'sha256' || checksum === 'md5' ? PART : null,
      },
    }
    const field = FIELDS[checksum]
    for (const [key, sum] of Object.entries(wanted)) {
      expect(await scene.end(key)).toMatchObject({
        phase: 'completed',
        verified: 'checksum',
        checksum: { algorithm: checksum, ...sum },
      })
      if (field !== null) expect((await awsHead(scene, key, checksum))[field]).toBe(sum.value)
    }
    expect(large.equals(await scene.far.bytes('large'))).toBe(true)

    // The same files again are known for the same by what the server keeps.
    await scene.add(scene.folder, '', { checksum })
    await scene.until(async () => (await scene.engine.call('stats', null)).skipped === 3)
  })

  it('bytes that the server did not get as they were sent are sent again', async () => {
    await using scene = await EngineScene.start()
    const wrong = { kind: 'store-wrong-byte', offset: 7, reports: 'its-own' } as const
    scene.server.setFaults([
      { on: 'UploadPart', partNumber: 2, do: wrong },
      { on: 'PutObject', do: wrong },
    ])
    const large = randomBytes(2 * PART + 77)
    const small = randomBytes(1_000)
    await scene.write('large', large)
    await scene.write('small', small)
    await scene.add(scene.folder, '', { checksum })
    for (const [key, bytes] of Object.entries({ large, small })) {
      expect(await scene.end(key)).toMatchObject({
        phase: 'completed',
        verified: 'checksum',
        resentBytes: expect.any(Number),
      })
      expect(bytes.equals(await scene.far.bytes(key))).toBe(true)
    }
    expect(scene.requests('UploadPart').length).toBe(4)
    expect(scene.requests('PutObject').length).toBe(2)
  })

  it('a lost answer to a completion is settled', async () => {
    await using scene = await EngineScene.start()
    scene.server.setFaults([{ on: 'CompleteMultipartUpload', do: { kind: 'drop', when: 'after-commit' } }])
    await scene.add(await scene.write('a', randomBytes(PART + 1)), 'a', { checksum })
    expect(await scene.end('a')).toMatchObject({ phase: 'completed', verified: 'checksum', resentBytes: 0 })
  })
})

it('with none, nothing is claimed but that it was accepted, or its size', async () => {
  await using scene = await EngineScene.start()
  await scene.write('small', 'x')
  await scene.write('large', randomBytes(PART + 1))
  await scene.add(scene.folder, '', { checksum: 'none' })
  expect(await scene.end('small')).toMatchObject({ verified: 'accepted', checksum: null })
  expect(await scene.end('large')).toMatchObject({ verified: 'size', checksum: null })
})
