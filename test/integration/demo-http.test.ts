import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { S3Client } from '@aws-sdk/client-s3'
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import type { DemoServer } from '../../src/main/demo/server.ts'
import { escapeXml } from '../../src/main/demo/xml.ts'
import { startTestDemo } from '../support/demo-bucket.ts'
import { clientFor, refusalOf } from '../support/s3-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

const Bucket = 'demo'

interface SignedRequest {
  readonly method: string
  readonly path: string
  readonly query: Record<string, string>
  readonly headers: Record<string, string>
}

/** What the SDK would send for a PutObject, signed but not sent, so that a test can send it in its own way. */
async function signedPut(server: DemoServer, Key: string, ContentLength: number): Promise<SignedRequest> {
  const signed = Promise.withResolvers<SignedRequest>()
  const client = clientFor(server, {
    requestHandler: {
      handle: (one: SignedRequest) => {
        signed.resolve(one)
        return Promise.reject(new Error('not sent'))
      },
      destroy: () => {},
    } as never,
  })
  const body = Buffer.alloc(ContentLength)
  const command = new PutObjectCommand({ Bucket, Key, Body: body, ContentLength })
  await client.send(command).catch(() => {})
  client.destroy()
  return signed.promise
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of response) text += String(piece)
  return text
}

/** Sends an XML body through the SDK's signing by replacing what the SDK made. */
function withBody(client: S3Client, xml: string): Promise<unknown> {
  const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k' }] } })
  command.middlewareStack.add(
    (next) => (args) => {
      const one = args.request as { headers: Record<string, string>; body: string }
      one.body = xml
      one.headers['content-length'] = String(Buffer.byteLength(xml))
      for (const name of Object.keys(one.headers)) {
        if (name === 'content-md5' || name.startsWith('x-amz-checksum') || name.startsWith('x-amz-sdk-checksum')) {
          delete one.headers[name]
        }
      }
      return next(args)
    },
    { step: 'build', priority: 'low' },
  )
  return client.send(command)
}

describe('the demo bucket over HTTP', () => {
  it('lets a client wait for 100-continue, and refuses without taking the body', async () => {
    await using server = await startTestDemo()
    const { hostname, port } = new URL(server.endpoint)
    const send = async (bucket: string) => {
      const { method, path, query, headers } = await signedPut(server, 'waited', 5)
      const search = new URLSearchParams(query).toString()
      const target = path.replace(`/${Bucket}/`, `/${bucket}/`)
      const one = request({
        ...{ hostname, port, method, path: `${target}?${search}` },
        headers: { ...headers, expect: '100-continue' },
      })
      let continued = false
      one.on('continue', () => {
        continued = true
        one.end(Buffer.alloc(5))
      })
      one.flushHeaders()
      const [response] = (await once(one, 'response')) as [IncomingMessage]
      await textOf(response)
      one.destroy()
      return { continued, status: response.statusCode, connection: response.headers.connection }
    }
    expect(await send(Bucket)).toEqual({ continued: true, status: 200, connection: 'keep-alive' })
    expect(await send('other')).toEqual({ continued: false, status: 403, connection: 'close' })
  })

  it.each([10, 600_000])('asks If-None-Match again when %d bytes have come', async (bytes) => {
    await using server = await startTestDemo({
      faults: [{ on: 'PutObject', do: { kind: 'stall', afterBytes: 1, ms: 500 } }],
    })
    const client = clientFor(server)
    const put = (text: string) =>
      client.send(new PutObjectCommand({ Bucket, Key: 'race', Body: text.repeat(bytes), IfNoneMatch: '*' }))
    // Whichever comes first is stalled, has passed the first question by then, and loses.
    const results = await Promise.allSettled([put('a'), put('b')])
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    expect(refused).toMatchObject([{ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } }])
    expect(server.counters.PutObject).toBe(2)
    client.destroy()
  })

  it('makes no object of a body that is cut short', async () => {
    await using server = await startTestDemo()
    const { hostname, port } = new URL(server.endpoint)
    const { path, query, headers } = await signedPut(server, 'short', 1000)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    await once(socket, 'connect')
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.write(
      `PUT ${path}?${new URLSearchParams(query)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${'x'.repeat(999)}`,
    )
    socket.end()
    await expect.poll(() => server.log.at(-1)?.status, { timeout: 10_000 }).toBe(0)
    expect(server.log.at(-1)).toMatchObject({ operation: 'PutObject', key: 'short', bodyBytes: 999 })
    const client = clientFor(server)
    expect(await refusalOf(client.send(new HeadObjectCommand({ Bucket, Key: 'short' })))).toMatchObject({ status: 404 })
    client.destroy()
  })

  it('ends a body that falls silent with RequestTimeout', async () => {
    await using server = await startTestDemo({ idleBodyMs: 100 })
    const { hostname, port } = new URL(server.endpoint)
    const { method, path, query, headers } = await signedPut(server, 'silent', 1000)
    const one = request({ hostname, port, method, path: `${path}?${new URLSearchParams(query)}`, headers })
    one.on('error', () => {})
    one.write('begun')
    const [response] = (await once(one, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(400)
    expect(await textOf(response)).toContain('<Code>RequestTimeout</Code>')
    one.destroy()
  })

  it('takes the bucket from the host name too', async () => {
    await using server = await startTestDemo()
    const { port } = new URL(server.endpoint)
    const client = clientFor(server, {
      endpoint: `http://localhost:${port}`,
      forcePathStyle: false,
      // Not every resolver knows the names below localhost.
      requestHandler: {
        httpAgent: {
          lookup: (_: string, options: { all?: boolean }, done: (...answer: unknown[]) => void) =>
            options.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
        },
      } as never,
    })
    await client.send(new PutObjectCommand({ Bucket, Key: 'a//b', Body: 'hosted' }))
    expect(server.log.at(-1)).toMatchObject({ path: '/a//b', key: 'a//b', status: 200 })
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'a//b' }))
    expect(await Body?.transformToString()).toBe('hosted')
    client.destroy()
  })

  it.each([
    ['a DOCTYPE', '<!DOCTYPE d [<!ENTITY e "x">]><Delete><Object><Key>&e;</Key></Object></Delete>', 'MalformedXML'],
    ['what is not XML', '<Delete><Object>', 'MalformedXML'],
    ['another document', '<Other/>', 'MalformedXML'],
    ['a body without keys', '<Delete></Delete>', 'MalformedXML'],
    ['too large a body', `<Delete>${' '.repeat(9 * 1024 * 1024)}</Delete>`, 'EntityTooLarge'],
  ])('refuses %s where XML is due', async (_, xml, code) => {
    await using server = await startTestDemo()
    const client = clientFor(server)
    expect(await refusalOf(withBody(client, xml))).toEqual({ code, status: 400 })
    client.destroy()
  })

  it.each([
    ['5', 'x-amz-checksum-crc32:NhCmhg==\r\n', null],
    ['4', 'x-amz-checksum-crc32:NhCmhg==\r\n', 'IncompleteBody'],
    ['6', 'x-amz-checksum-crc32:NhCmhg==\r\n', 'IncompleteBody'],
    ['5', 'x-amz-checksum-crc32:AAAAAA==\r\n', 'BadDigest'],
    ['5', 'x-amz-checksum-crc32:AAAA\r\n', 'MalformedTrailerError'],
    ['5', '', 'MalformedTrailerError'],
  ])(
    'holds an unsigned chunked body of "hello" to its length of %s and its trailer %j',
    async (length, trailer, code) => {
      await using server = await startTestDemo()
      const client = clientFor(server)
      const body = `5\r\nhello\r\n0\r\n${trailer}\r\n`
      const command = new PutObjectCommand({ Bucket, Key: 'chunked', Body: body })
      command.middlewareStack.add(
        (next) => (args) => {
          const { headers } = args.request as { headers: Record<string, string> }
          headers['x-amz-content-sha256'] = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
          headers['x-amz-decoded-content-length'] = length
          headers['x-amz-trailer'] = 'x-amz-checksum-crc32'
          headers['content-encoding'] = 'aws-chunked'
          return next(args)
        },
        { step: 'build', priority: 'low' },
      )
      const head = () => client.send(new HeadObjectCommand({ Bucket, Key: 'chunked', ChecksumMode: 'ENABLED' }))
      if (code === null) {
        await client.send(command)
        expect(await head()).toMatchObject({ ContentLength: 5, ChecksumCRC32: 'NhCmhg==' })
      } else {
        expect(await refusalOf(client.send(command))).toEqual({ code, status: 400 })
        expect(await refusalOf(head())).toMatchObject({ status: 404 })
      }
      client.destroy()
    },
  )

  it('writes control characters as references, which no XML reader changes', async () => {
    expect(escapeXml('a\rb\nc\t\u0001')).toBe('a&#xd;b&#xa;c&#x9;&#x1;')
    await using server = await startTestDemo()
    const client = clientFor(server)
    const keys = ['carriage\rreturn', 'new\nline', 'tab\tand "quotes" & <tags>']
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
    expect(Contents.map(({ Key }) => Key)).toEqual(keys)
    client.destroy()
  })

  it('reads entities and references of a key as they are meant', async () => {
    await using server = await startTestDemo()
    const client = clientFor(server)
    await client.send(new PutObjectCommand({ Bucket, Key: 'a&b\n<é>', Body: 'x' }))
    await withBody(client, '<Delete><Object><Key>a&amp;b&#xA;&lt;&#233;&gt;</Key></Object></Delete>')
    expect((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0)
    client.destroy()
  })

  it('answers NotImplemented rather than ignoring what it does not know', async () => {
    await using server = await startTestDemo()
    const client = clientFor(server)
    const notImplemented = { code: 'NotImplemented', status: 501 }
    const copy = { Bucket, Key: 'k', UploadId: 'u', PartNumber: 1, CopySource: 'demo/x' }
    const put = { Bucket, Key: 'k', Body: 'x' }
    expect(await refusalOf(client.send(new UploadPartCopyCommand(copy)))).toEqual(notImplemented)
    expect(await refusalOf(client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: '1' })))).toEqual(
      notImplemented,
    )
    for (const more of [{ ACL: 'public-read' }, { ServerSideEncryption: 'AES256' }] as const) {
      expect(await refusalOf(client.send(new PutObjectCommand({ ...put, ...more })))).toEqual(notImplemented)
    }
    client.destroy()
  })

  it('speaks TLS with the certificate it is given', async () => {
    await using folder = await tempFolder('tls')
    const [keyFile, certFile] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')]
    const subject = ['-subj', '/CN=sluice test', '-addext', 'subjectAltName=IP:127.0.0.1']
    const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    await promisify(execFile)('openssl', [...how, ...subject, '-keyout', keyFile, '-out', certFile])
    const [key, cert] = [await readFile(keyFile, 'utf8'), await readFile(certFile, 'utf8')]
    await using server = await startTestDemo({ tls: { key, cert } })
    expect(server.endpoint).toMatch(/^https:/)
    const trusting = clientFor(server, { requestHandler: { httpsAgent: { ca: cert } } })
    await trusting.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))
    trusting.destroy()
    const doubting = clientFor(server)
    await expect(doubting.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).rejects.toThrow('self-signed')
    doubting.destroy()
  })

  it('keeps a bounded log and counts every operation', async () => {
    await using server = await startTestDemo()
    const client = clientFor(server)
    await client.send(new PutObjectCommand({ Bucket, Key: 'a b', Body: 'seven b' }))
    await refusalOf(client.send(new HeadObjectCommand({ Bucket, Key: 'none' })))
    expect(server.log).toMatchObject([
      { operation: 'PutObject', method: 'PUT', path: '/demo/a%20b', key: 'a b', status: 200, bodyBytes: 7 },
      { operation: 'HeadObject', status: 404, errorCode: 'NoSuchKey', bodyBytes: 0 },
    ])
    expect(server.counters).toEqual({ PutObject: 1, HeadObject: 1 })
    expect(JSON.stringify(server.log)).not.toContain(server.secretAccessKey)
    client.destroy()
  })
})
