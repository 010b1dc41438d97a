import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PutObjectCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3'
import type { HttpRequest } from '@smithy/types'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createAgent } from '../../src/main/engine/agent.ts'
import { PutSigner } from '../../src/main/engine/object-request.ts'
import { headBytes, PutExchange } from '../../src/main/engine/put-exchange.ts'
import type { ObjectSettings } from '../../src/shared/object-settings.ts'
import { objectHeaders } from '../../src/shared/object-settings.ts'

const NOW = new Date('2026-01-02T03:04:05Z')
const DIRECT = { ca: null, proxy: 'none', bindAddress: null, clockOffsetMs: 0 } as const
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }
const CHECKSUM = { algorithm: 'crc32', value: 'AAAAAA==' } as const
const ODD_KEY = "a//b/ü 😀 +%?#&=!'()*~.txt"

/** The request that the SDK would send, signed, caught before it goes. */
async function sdkRequest(
  part: { uploadId: string; partNumber: number } | null,
  checksum: object = { ChecksumCRC32: 'AAAAAA==', ChecksumAlgorithm: 'CRC32' },
): Promise<HttpRequest> {
  let caught: HttpRequest | null = null
  const client = new S3Client({
    endpoint: 'http://127.0.0.1:9000',
    region: 'eu-west-1',
    forcePathStyle: true,
    credentials: KEYS,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: HttpRequest) => {
        caught = request
        throw new Error('caught')
      },
    },
  })
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as HttpRequest
      request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
      return next(args)
    },
    { step: 'build' },
  )
  const common = {
    Bucket: 'b',
    Key: ODD_KEY,
    Body: 'x',
    ContentType: 'application/octet-stream',
  }
  const command =
    part === null
      ? new PutObjectCommand({ ...common, ...checksum, IfNoneMatch: '*' })
      : new UploadPartCommand({
          Bucket: 'b',
          Key: ODD_KEY,
          Body: 'x',
          ...checksum,
          UploadId: part.uploadId,
          PartNumber: part.partNumber,
        })
  await client.send(command as PutObjectCommand).catch(() => {})
  if (caught === null) throw new Error('the SDK sent nothing')
  return caught
}

beforeAll(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }))
afterAll(() => void vi.useRealTimers())

const signer = new PutSigner({
  id: 'd',
  baseUrl: 'http://127.0.0.1:9000/b',
  region: 'eu-west-1',
  context: '',
  ca: null,
  proxy: null,
  bindAddress: null,
  clockOffsetMs: 0,
  ...KEYS,
})

/** Headers that the SDK adds about itself and we do not send, or that a part does not need. */
const OWN_TO_SDK = ['amz-sdk-invocation-id', 'amz-sdk-request', 'x-amz-user-agent', 'user-agent', 'authorization']

describe('our PUT', () => {
  for (const [what, part] of [
    ['an object', null],
    ['a part', { uploadId: 'up/load+id=', partNumber: 7 }],
  ] as const) {
    it(`is the request that the SDK makes for ${what}`, async () => {
      const theirs = await sdkRequest(part)
      const ours = await signer.sign({ key: ODD_KEY, part, bytes: 1, checksum: CHECKSUM, onlyIfNew: part === null })
      const url = new URL(ours.target, 'http://h')
      expect(ours.target.split('?')[0]).toBe(theirs.path)
      expect(Object.fromEntries(url.searchParams)).toEqual(theirs.query)
      const wanted = Object.fromEntries(
        Object.entries(theirs.headers).filter(([name]) => !OWN_TO_SDK.includes(name.toLowerCase())),
      )
      expect(ours.headers).toMatchObject(wanted)
    })
  }

  it.each([
    ['crc32c', 'CRC32C', 'AAAAAA=='],
    ['crc64nvme', 'CRC64NVME', 'AAAAAAAAAAA='],
    ['sha256', 'SHA256', 'A'.repeat(43).concat('=')],
  ] as const)('says its %s as the SDK does', async (algorithm, name, value) => {
    const { headers } = await signer.sign({
      key: ODD_KEY,
      part: null,
      bytes: 1,
      checksum: { algorithm, value },
      onlyIfNew: true,
    })
    const theirs = await sdkRequest(null, { [`Checksum${name}`]: value, ChecksumAlgorithm: name })
    const wanted = Object.fromEntries(Object.entries(theirs.headers).filter(([header]) => /checksum/.test(header)))
    expect(Object.keys(wanted).length).toBe(2)
    expect(headers).toMatchObject(wanted)
  })

  it('says what is kept with an object as the SDK does, and nothing of it with a part', async () => {
    const settings: ObjectSettings = {
      contentType: null,
      cacheControl: 'max-age=60',
      metadata: { project: 'a  b' },
      tags: { retention: 'one year', 'a/b': 'é+=' },
      storageClass: 'STANDARD_IA',
      encryption: { kind: 'kms', keyId: 'arn:aws:kms:eu-west-1:1:key/2' },
    }
    const kept = {
      ContentType: 'video/mp4',
      CacheControl: 'max-age=60',
      Metadata: { project: 'a  b' },
      Tagging: 'retention=one%20year&a%2Fb=%C3%A9%2B%3D',
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'arn:aws:kms:eu-west-1:1:key/2',
    }
    const headers = objectHeaders(settings, 'video/mp4')
    const input = { key: ODD_KEY, bytes: 1, checksum: CHECKSUM, onlyIfNew: true, headers }
    const ours = await signer.sign({ ...input, part: null })
    const theirs = await sdkRequest(null, { ...kept, ChecksumCRC32: 'AAAAAA==', ChecksumAlgorithm: 'CRC32' })
    const ofTheirs = (name: string) => theirs.headers[name]
    for (const name of Object.keys(headers)) expect(ours.headers[name], name).toBe(ofTheirs(name))
    expect(Object.keys(headers).length).toBe(7)
    const part = await signer.sign({ ...input, part: { uploadId: 'u', partNumber: 1 } })
    for (const name of Object.keys(headers).slice(1)) expect(part.headers[name], name).toBeUndefined()
  })

  it('says an MD5 in Content-MD5 alone', async () => {
    const checksum = { algorithm: 'md5', value: 'XUFAKrxLKna5cZ2REBfFkg==' } as const
    const { headers } = await signer.sign({ key: ODD_KEY, part: null, bytes: 5, checksum, onlyIfNew: true })
    expect(headers['content-md5']).toBe(checksum.value)
    expect(Object.keys(headers).filter((header) => /checksum/.test(header))).toEqual([])
  })

  it('is signed as the SDK signs, over the same headers', async () => {
    const ours = await signer.sign({ key: ODD_KEY, part: null, bytes: 1, checksum: CHECKSUM, onlyIfNew: true })
    const authorization = ours.headers.authorization ?? ours.headers.Authorization ?? ''
    expect(authorization).toContain('Credential=AKIDEXAMPLE/20260102/eu-west-1/s3/aws4_request')
    for (const name of [
      'host',
      'content-length',
      'x-amz-checksum-crc32',
      'x-amz-content-sha256',
      'x-amz-date',
      'x-amz-security-token',
    ]) {
      expect(authorization).toContain(name)
    }
  })

  it('knows to the byte what goes on the wire before the body', async () => {
    vi.useRealTimers()
    let expected = 0
    const received = await new Promise<number>((resolve) => {
      const server = createServer((request, response) => {
        request.resume()
        request.on('end', () => response.setHeader('etag', '"x"').end())
      })
      server.on('connection', (socket) => {
        socket.on('close', () => server.close())
        server.on('request', (request) => request.on('end', () => resolve(socket.bytesRead - 1234)))
      })
      server.listen(0, '127.0.0.1', async () => {
        const { port } = server.address() as AddressInfo
        const url = new URL(`http://127.0.0.1:${port}/b`)
        const local = new PutSigner({ id: 'd', baseUrl: url.href, region: 'r', context: '', ...DIRECT, ...KEYS })
        const signed = await local.sign({ key: ODD_KEY, part: null, bytes: 1234, checksum: CHECKSUM, onlyIfNew: true })
        expected = headBytes(signed)
        const agent = createAgent({ baseUrl: url.href, ...DIRECT })
        const exchange = new PutExchange(url, signed, agent, '')
        await exchange.write([Buffer.alloc(1234)], true)
        await exchange.answer()
        agent.destroy()
      })
    })
    expect(received).toBe(expected)
  })
})
