import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { TransferError } from '../../src/shared/errors.ts'
import { destinationOf, EngineScene, MiB } from '../support/engine-scene.ts'

/** A server that means harm: what it answers must be bounded, understood or refused, and never obeyed. */

type Act = (response: ServerResponse, socket: Socket, request: IncomingMessage) => void

async function hostile(act: Act): Promise<{ readonly endpoint: string; readonly headers: string[] } & AsyncDisposable> {
  const headers: string[] = []
  const server = createServer((request, response) => {
    headers.push(JSON.stringify(request.headers))
    request.resume()
    // Nothing is at the keys; what matters is what comes then.
    if (request.method === 'HEAD') return void response.writeHead(404).end()
    request.on('end', () => act(response, request.socket, request))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Writes `piece` until the other side has had enough. */
function pourOut(stream: ServerResponse | Socket, piece: string): void {
  const more = () => {
    while (!stream.destroyed && stream.write(piece));
    if (!stream.destroyed) stream.once('drain', more)
  }
  stream.on('error', () => {})
  more()
}

const xml =
  (body: string): Act =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/xml' }).end(body)

const UPLOAD = (content: string) =>
  `<InitiateMultipartUploadResult><UploadId>${content}</UploadId></InitiateMultipartUploadResult>`

/** A billion laughs: ten lines that would unfold to gigabytes. */
const BOMB = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a0 "${'ha'.repeat(50)}">${Array.from(
  { length: 12 },
  (_, index) => `<!ENTITY a${index + 1} "${`&a${index};`.repeat(10)}">`,
).join('')}]>`

const FILE_READER = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${UPLOAD('&e;')}`

/** Answers that no request may get through with; the name is the key. */
const HOSTILE: Readonly<Record<string, Act>> = {
  'headers without end': (_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    pourOut(socket, `x-a: ${'y'.repeat(500)}\r\n`)
  },
  'one header of a megabyte': (_, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\netag: ${'y'.repeat(MiB)}\r\n\r\n`)
  },
  'a body without end': (response) => {
    response.writeHead(400, {})
    pourOut(response, 'x'.repeat(65_536))
  },
  'something that is not HTTP': (_, socket) => {
    socket.end('SSH-2.0-OpenSSH_9.2\r\n')
  },
  'two lengths': (_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx')
  },
}

/** Answers to CreateMultipartUpload alone: no other document is parsed while a file is sent. */
const HOSTILE_XML: Readonly<Record<string, Act>> = {
  'an entity bomb': xml(BOMB + UPLOAD('&a12;')),
  'a document that names a file of this machine': xml(FILE_READER),
  'XML without end': (response) => {
    response.writeHead(200, {})
    pourOut(response, '<a>'.repeat(20_000))
  },
  'tags that are never closed': xml('<a>'.repeat(200_000)),
  'half a document': xml('<InitiateMultipartUploadResult><UploadId>abc'),
  'a page of a hotel': xml('<!doctype html><html><body><p>Please log in<br></body></html>'),
  nothing: xml(''),
}

/** Uploads a file for each of the acts, whose keys they are, side by side; answers how each one failed. */
async function failures(
  acts: Readonly<Record<string, Act>>,
  bytes: number,
): Promise<Map<string, TransferError | null>> {
  await using server = await hostile((response, socket, request) => {
    const name = decodeURIComponent(new URL(request.url ?? '', 'http://h').pathname.split('/')[2] ?? '')
    acts[name]?.(response, socket, request)
  })
  await using scene = await EngineScene.start()
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: server.endpoint }))
  for (const name of Object.keys(acts)) await scene.write(name, randomBytes(bytes))
  await scene.add(scene.folder, '')
  const errors = new Map<string, TransferError | null>()
  for (const name of Object.keys(acts)) errors.set(name, (await scene.end(name)).error)
  return errors
}

/** One sentence for people, without what a terminal would obey. */
function expectSentence(text: string): void {
  expect(text).toMatch(/^[^\p{C}]{10,400}$/u)
  expect(text).not.toContain('internal')
  expect(text).not.toContain('unexpected')
}

describe('hostile answers are refused with a sentence', () => {
  it.each<[string, Readonly<Record<string, Act>>, number]>([
    ['to a file', HOSTILE, 1_000],
    ['to a control call', { ...HOSTILE, ...HOSTILE_XML }, 5 * MiB + 1],
  ])('%s', async (_, acts, bytes) => {
    const before = process.memoryUsage.rss()
    const errors = await failures(acts, bytes)
    for (const [name, error] of errors) {
      expect({ name, code: error?.code }).toEqual({ name, code: 'answer-invalid' })
      expectSentence(error?.message ?? '')
      expect(error?.detail ?? '').not.toContain('root:')
    }
    // What a bomb would unfold to is more than any machine has.
    expect(process.memoryUsage.rss() - before).toBeLessThan(1024 * MiB)
  })
})

describe('a redirect to elsewhere', () => {
  it.each([301, 302, 307, 308])('by %s is not followed, with keys or without, and is named', async (status) => {
    for (const bytes of [1_000, 6 * MiB]) {
      await using elsewhere = await hostile((response) => response.writeHead(200, { etag: '"x"' }).end())
      await using server = await hostile((response, _socket, request) =>
        response.writeHead(status, { location: `${elsewhere.endpoint}${request.url}` }).end(),
      )
      await using scene = await EngineScene.start()
      await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: server.endpoint }))
      await scene.add(await scene.write('a', randomBytes(bytes)), 'a')
      const { error } = await scene.event('destination', (event) => event.error !== null)
      expect(error?.message).toContain(new URL(elsewhere.endpoint).host)
      expectSentence(error?.message ?? '')
      expect(elsewhere.headers).toEqual([])
    }
  })
})

it('puts no control characters and no essays of a server before people', async () => {
  const document = `<Error><Code>Odd</Code><Message>a\u001b[2J\nb \u202e${'c'.repeat(900)}</Message></Error>`
  for (const bytes of [1_000, 6 * MiB]) {
    const errors = await failures({ a: (response) => response.writeHead(400, {}).end(document) }, bytes)
    expectSentence(errors.get('a')?.message ?? '')
    expectSentence(errors.get('a')?.detail ?? '')
  }
})

it('waits no longer than a day because a server says so, and does not storm it', async () => {
  const asked: number[] = []
  await using server = await hostile((response) => {
    asked.push(Date.now())
    response.writeHead(503, { 'retry-after': '99999999999' }).end()
  })
  await using scene = await EngineScene.start()
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: server.endpoint }))
  await scene.add(await scene.write('a', 'x'), 'a')
  const { error } = await scene.event('destination', (event) => event.error !== null)
  expect(error?.retryAfterMs).toBe(24 * 3_600_000)
  // A timer beyond 24 days would fire at once, again and again.
  await scene.until(() => scene.events.filter(({ type }) => type === 'progress').length > 6)
  expect(asked.length).toBe(1)
})

it('believes no success before all bytes have gone', async () => {
  // Says 200 as soon as it has seen the headers.
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { etag: '"00000000000000000000000000000000"' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await using scene = await EngineScene.start({ limitBytesPerSecond: MiB })
    await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint }))
    const path = await scene.write('a', randomBytes(4 * MiB))
    await scene.add(path, 'a', { multipartThresholdBytes: 100 * MiB, checksum: 'none' })
    expect(await scene.end('a')).toMatchObject({
      phase: 'failed',
      error: { code: 'answer-invalid', message: expect.stringContaining('before it had them all') },
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
