import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, it } from 'vitest'
import { AwsChunkedDecoder } from '../../src/main/demo/aws-chunked.ts'
import { SignatureChecker } from '../../src/main/demo/signature.ts'
import { parseTarget } from '../../src/main/demo/target.ts'
import { startTestDemo } from '../support/demo-bucket.ts'

/** The account, date and bodies of the worked examples in the Amazon S3 API reference ("Signature calculations"). */
const EXAMPLE = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
}
const EXAMPLE_MS = Date.UTC(2013, 4, 24)
const SCOPE = '20130524/us-east-1/s3/aws4_request'

function authorization(signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${EXAMPLE.accessKeyId}/${SCOPE},SignedHeaders=${signedHeaders},Signature=${signature}`
}

/** The published PUT of 65 KiB in chunks of 64 KiB, 1 KiB and 0. */
function publishedUpload() {
  const headers = {
    host: 's3.amazonaws.com',
    'x-amz-date': '20130524T000000Z',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'content-encoding': 'aws-chunked',
    'x-amz-decoded-content-length': '66560',
    'content-length': '66824',
    authorization: authorization(
      'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
      '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    ),
  }
  const chunk = (bytes: number, signature: string) =>
    Buffer.from(`${bytes.toString(16)};chunk-signature=${signature}\r\n${'a'.repeat(bytes)}\r\n`)
  const body = Buffer.concat([
    chunk(65536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'),
    chunk(1024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'),
    chunk(0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'),
  ])
  return { headers, body, target: parseTarget('PUT', '/examplebucket/chunkObject.txt', headers.host) }
}

/** Pushes a body in pieces of `step` bytes and gives back what came out. */
function decode(decoder: (take: (bytes: Buffer) => void) => AwsChunkedDecoder, body: Buffer, step: number): Buffer {
  const out: Buffer[] = []
  const one = decoder((bytes) => out.push(Buffer.from(bytes)))
  for (let at = 0; at < body.length; at += step) one.push(body.subarray(at, at + step))
  one.finish()
  return Buffer.concat(out)
}

describe('signatures', () => {
  it.each([1, 7, 1000, 100_000])('takes the published chunked upload in pieces of %d bytes', (step) => {
    const { headers, body, target } = publishedUpload()
    const { chunkSigner } = new SignatureChecker(EXAMPLE).check(target, headers, EXAMPLE_MS)
    const content = decode((take) => new AwsChunkedDecoder(chunkSigner, false, take), body, step)
    expect(content.equals(Buffer.alloc(66560, 'a'))).toBe(true)
  })

  it('refuses a chunk whose content was changed', () => {
    const { headers, body, target } = publishedUpload()
    const { chunkSigner } = new SignatureChecker(EXAMPLE).check(target, headers, EXAMPLE_MS)
    body[70_000 - 4000] = 'b'.charCodeAt(0)
    expect(() => decode((take) => new AwsChunkedDecoder(chunkSigner, false, take), body, 5000)).toThrow(
      expect.objectContaining({ code: 'SignatureDoesNotMatch' }),
    )
  })

  it.each([1, 500, 66_000])('refuses a chunked body that ends %d bytes early', (bytes) => {
    const { headers, body, target } = publishedUpload()
    const { chunkSigner } = new SignatureChecker(EXAMPLE).check(target, headers, EXAMPLE_MS)
    const cut = body.subarray(0, body.length - bytes - 2)
    expect(() => decode((take) => new AwsChunkedDecoder(chunkSigner, false, take), cut, 5000)).toThrow(
      expect.objectContaining({ code: 'IncompleteBody' }),
    )
  })

  it('checks the signature of a trailer', () => {
    const { headers, target } = publishedUpload()
    const seed = headers.authorization.slice(-64)
    const sign = (text: string) => {
      let key: Buffer = Buffer.from(`AWS4${EXAMPLE.secretAccessKey}`)
      for (const step of SCOPE.split('/')) key = createHmac('sha256', key).update(step).digest()
      return createHmac('sha256', key).update(text).digest('hex')
    }
    const sha = (text: string) => createHash('sha256').update(text).digest('hex')
    const place = `20130524T000000Z\n${SCOPE}`
    const first = sign(`AWS4-HMAC-SHA256-PAYLOAD\n${place}\n${seed}\n${sha('')}\n${sha('hello')}`)
    const last = sign(`AWS4-HMAC-SHA256-PAYLOAD\n${place}\n${first}\n${sha('')}\n${sha('')}`)
    const trailer = 'x-amz-checksum-crc32:NhCmhg=='
    const end = sign(`AWS4-HMAC-SHA256-TRAILER\n${place}\n${last}\n${sha(`${trailer}\n`)}`)
    const body = (lastLine: string) =>
      Buffer.from(
        `5;chunk-signature=${first}\r\nhello\r\n0;chunk-signature=${last}\r\n${lastLine}\r\nx-amz-trailer-signature:${end}\r\n\r\n`,
      )
    const checked = () => new SignatureChecker(EXAMPLE).check(target, headers, EXAMPLE_MS).chunkSigner
    let trailers: ReadonlyMap<string, string> = new Map()
    const newDecoder = (take: (bytes: Buffer) => void) => {
      const decoder = new AwsChunkedDecoder(checked(), true, take)
      trailers = decoder.trailers
      return decoder
    }
    expect(decode(newDecoder, body(trailer), 9).toString()).toBe('hello')
    expect(trailers.get('x-amz-checksum-crc32')).toBe('NhCmhg==')
    expect(() => decode(newDecoder, body('x-amz-checksum-crc32:AAAAAA=='), 9)).toThrow(
      expect.objectContaining({ code: 'SignatureDoesNotMatch' }),
    )
  })

  it('takes a presigned request until it expires', async () => {
    await using server = await startTestDemo()
    const { host } = new URL(server.endpoint)
    const signer = new SignatureV4({
      service: 's3',
      region: server.region,
      credentials: server,
      uriEscapePath: false,
      sha256: class {
        readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>
        constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
          this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
        }
        update(data: string | ArrayBuffer | ArrayBufferView): void {
          this.#hash.update(bytesOf(data))
        }
        async digest(): Promise<Uint8Array> {
          return this.#hash.digest()
        }
        reset(): void {}
      },
    })
    const urlFor = async (method: string, signedMs: number) => {
      const signed = await signer.presign(
        {
          method,
          protocol: 'http:',
          hostname: '127.0.0.1',
          path: '/demo/presigned%20%2B',
          headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
        },
        { expiresIn: 60, signingDate: new Date(signedMs), unhoistableHeaders: new Set() },
      )
      const query = Object.entries(signed.query ?? {}).map(
        ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
      )
      return `${server.endpoint}${signed.path}?${query.join('&')}`
    }
    const put = await fetch(await urlFor('PUT', Date.now()), { method: 'PUT', body: 'by link' })
    expect(put.status).toBe(200)
    expect(await (await fetch(await urlFor('GET', Date.now()))).text()).toBe('by link')
    const late = await fetch(await urlFor('GET', Date.now() - 61_000))
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('Request has expired')])
    const changed = await fetch((await urlFor('GET', Date.now())).replace('Expires=60', 'Expires=600'))
    expect([changed.status, await changed.text()]).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')])
  })
})

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
