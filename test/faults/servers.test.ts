import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startDemoServer } from '../../src/main/demo/server.ts'
import { runCli } from '../support/cli.ts'
import { destinationOf, EngineScene, MiB } from '../support/engine-scene.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { TEST_TLS } from '../support/tls-fixture.ts'

/** What the engine said about the destination since the start. */
const troubles = (scene: EngineScene) =>
  scene.events.flatMap((event) => (event.type === 'destination' && event.error !== null ? [event.error.code] : []))

// These wait for seconds, side by side.
it.concurrent.each([
  ['an error of the server', { kind: 'answer', status: 500, code: 'InternalError' }],
  ['a connection that breaks', { kind: 'drop', when: 'before-reading' }],
] as const)('one key that always meets %s holds up nobody else', async (_what, action) => {
  await using scene = await EngineScene.start()
  for (let index = 0; index < 40; index++) await scene.write(`f${String(index).padStart(2, '0')}`, `file ${index}`)
  scene.server.setFaults([{ on: 'PutObject', key: 'f05', times: null, do: action }])
  await scene.add(scene.folder, '', { giveUpAfterMs: 8_000 })
  for (let index = 0; index < 40; index++) if (index !== 5) await scene.end(`f${String(index).padStart(2, '0')}`)
  // The others are done long before it is given up.
  expect(scene.events.some((event) => event.type === 'ended' && event.end.key === 'f05')).toBe(false)
  expect(troubles(scene)).toEqual([])
  expect(await scene.end('f05')).toMatchObject({ phase: 'failed' })
  expect(await scene.far.keys()).toHaveLength(39)
})

it.concurrent('and once the key is well again it is uploaded', async () => {
  await using scene = await EngineScene.start()
  const bytes = randomBytes(12 * MiB)
  await scene.write('a', 'x')
  await scene.write('large', bytes)
  const unavailable = { kind: 'answer', status: 500, code: 'InternalError' } as const
  scene.server.setFaults([{ on: 'UploadPart', partNumber: 2, times: 7, do: unavailable }])
  await scene.add(scene.folder, '')
  expect(await scene.end('large')).toMatchObject({ phase: 'completed' })
  expect(bytes.equals(await scene.far.bytes('large'))).toBe(true)
  // Seven in a row are more than a file's own failures may be: this one is the server's.
  expect(scene.requests('UploadPart').filter(({ status }) => status === 500)).toHaveLength(7)
})

it('several keys that fail in a row are the whole server: it is left alone but for one request at a time', async () => {
  await using scene = await EngineScene.start()
  for (let index = 0; index < 100; index++) await scene.write(`f${index}`, 'x')
  await scene.add(await scene.write('first', 'x'), 'first')
  await scene.end('first')
  const unavailable = { kind: 'answer', status: 500, code: 'InternalError' } as const
  scene.server.setFaults([{ on: 'PutObject', times: 30, do: unavailable }])
  await scene.add(scene.folder, 'again/')
  await scene.event('destination', ({ error }) => error?.code === 'server-unavailable')
  // In hand when it was noticed: 4 connections with 4 small files each. Each try after that is one request.
  const failed = () => scene.requests('PutObject').filter(({ status }) => status === 500).length
  await scene.until(() => failed() >= 18)
  scene.server.setFaults([])
  await scene.until(async () => (await scene.engine.call('stats', null)).unfinished === 0)
  expect(await scene.engine.call('stats', null)).toMatchObject({ completed: 102, failed: 0 })
  expect(failed()).toBeLessThan(30)
})

it('a server that finds requests too slow gets fewer at once', async () => {
  await using scene = await EngineScene.start({ connections: 8 })
  const bytes = randomBytes(150 * MiB)
  const path = await scene.write('large', bytes)
  await scene.engine.call('setLimit', { limitBytesPerSecond: 20 * MiB })
  await scene.add(path, 'large')
  const inHand = async () => (await scene.engine.call('stats', null)).connections
  await scene.until(async () => (await inHand()) === 8)
  const slow = { kind: 'answer', status: 400, code: 'RequestTimeout', afterBytes: MiB } as const
  scene.server.setFaults([{ on: 'UploadPart', times: 3, do: slow }])
  await scene.until(async () => (await scene.engine.call('stats', null)).retries > 0)
  const most: number[] = []
  await scene.until(async () => most.push(await inHand()) >= 4)
  expect(Math.max(...most.slice(1))).toBeLessThan(8)
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  expect(await scene.end('large')).toMatchObject({ phase: 'completed' })
  expect(bytes.equals(await scene.far.bytes('large'))).toBe(true)
})

/** A server that answers everything alike. */
async function scripted(
  status: number,
  headers: Record<string, string>,
  body = '',
): Promise<{ readonly endpoint: string; readonly requests: readonly string[] } & AsyncDisposable> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    request.resume()
    request.on('end', () => response.writeHead(status, headers).end(request.method === 'HEAD' ? '' : body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const MALFORMED = `<?xml version="1.0"?><Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is
malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'</Message><Region>eu-central-1</Region></Error>`

it.each<[string, number, Record<string, string>, string]>([
  ['as a redirect', 301, { 'x-amz-bucket-region': 'eu-central-1', location: 'http://elsewhere.invalid/' }, ''],
  ['in the document', 400, { 'content-type': 'application/xml' }, MALFORMED],
])('names the region of a bucket that is elsewhere: %s', async (_what, status, headers, body) => {
  await using server = await scripted(status, headers, body)
  await using scene = await EngineScene.start()
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: server.endpoint }))
  await scene.write('small', 'x')
  await scene.write('large', randomBytes(6 * MiB))
  await scene.add(scene.folder, '')
  const { error } = await scene.event('destination', (event) => event.error !== null)
  expect(error).toMatchObject({ code: 'wrong-region' })
  expect(error?.message).toContain('eu-central-1')
  // The right one goes on by itself.
  await scene.engine.call('putDestination', destinationOf(scene.server))
  expect(await scene.end('large')).toMatchObject({ phase: 'completed' })
  expect(await scene.engine.call('stats', null)).toMatchObject({ completed: 2, failed: 0 })
})

it('names the permission that is missing, and the bucket, after a few requests', async () => {
  const denied = `<Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u is not authorized to perform:
s3:PutObject on resource: "arn:aws:s3:::demo/x" because no identity-based policy allows it</Message></Error>`
  await using server = await scripted(403, {}, denied)
  await using scene = await EngineScene.start()
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: server.endpoint }))
  for (let index = 0; index < 200; index++) await scene.write(`f${index}`, 'x')
  await scene.add(scene.folder, '')
  const { error } = await scene.event('destination', (event) => event.error !== null)
  expect(error).toMatchObject({ code: 'access-denied' })
  expect(error?.message).toMatch(/bucket "demo" .* s3:PutObject/)
  await scene.event('idle')
  expect(server.requests.length).toBeLessThanOrEqual(4)
  expect((await scene.engine.call('stats', null)).failed).toBe(0)
})

it('a clock that is wrong is corrected by what the server says, for small files and for large ones', async () => {
  await using scene = await EngineScene.start()
  const bytes = randomBytes(12 * MiB)
  await scene.write('d/small', 'x')
  await scene.write('d/large', bytes)
  const twoHoursAhead = `const now = Date.now; const RealDate = Date
globalThis.Date = class extends RealDate { constructor(...a) { super(...(a.length === 0 ? [now() + 7_200_000] : a)) } static now() { return now() + 7_200_000 } }`
  const shift = await scene.write('shift.mjs', twoHoursAhead)
  const env = { NODE_OPTIONS: `--import=${shift}` }
  const result = await runCli(['upload', 'd', 's3://demo/', '--part-size', '5MiB'], {
    server: scene.server,
    cwd: scene.folder,
    env,
  })
  expect([result.status, result.stderr]).toEqual([0, ''])
  expect(bytes.equals(await scene.far.bytes('d/large'))).toBe(true)
  expect(scene.server.log.filter(({ errorCode }) => errorCode === 'RequestTimeTooSkewed').length).toBeGreaterThan(1)
})

it('a clock that no correction helps is named with its offset', async () => {
  const skewed = '<Error><Code>RequestTimeTooSkewed</Code><Message>too skewed</Message></Error>'
  const date = new Date(Date.now() + 3 * 3_600_000).toUTCString()
  await using server = await scripted(403, { date }, skewed)
  await using scene = await EngineScene.start()
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: server.endpoint }))
  await scene.add(await scene.write('small', 'x'), 'small')
  const { error } = await scene.event('destination', (event) => event.error !== null)
  expect(error).toMatchObject({ code: 'clock-skew' })
  expect(error?.message).toMatch(/clock is (3h|2h 59m) behind the server's/)
})

it('a certificate that nobody knows is refused with its issuer and the remedy, and not tried again', async () => {
  await using folder = await tempFolder('tls')
  const secure = await startDemoServer({ dir: folder.path, tls: TEST_TLS })
  try {
    await using scene = await EngineScene.start()
    await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: secure.endpoint }))
    await scene.write('small', 'x')
    await scene.write('large', randomBytes(6 * MiB))
    await scene.add(scene.folder, '')
    const { error } = await scene.event('destination', (event) => event.error !== null)
    expect(error).toMatchObject({ code: 'tls-rejected' })
    expect(error?.message).toMatch(/issued by “Sluice test authority”.*CA file/)
    await scene.event('idle')
    expect(await scene.engine.call('stats', null)).toMatchObject({ failed: 0, retries: 0, unfinished: 2 })
    expect(secure.log).toEqual([])
    // The person names the authority: all goes on.
    const caFile = join(folder.path, 'ca.pem')
    await writeFile(caFile, TEST_TLS.cert)
    const { endpoint, accessKeyId, secretAccessKey } = secure
    const credentials = { kind: 'keys', accessKeyId, secretAccessKey, sessionToken: null } as const
    await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint, caFile, credentials }))
    expect(await scene.end('large')).toMatchObject({ phase: 'completed' })
    expect(await scene.end('small')).toMatchObject({ phase: 'completed' })
  } finally {
    await secure.close()
  }
})
