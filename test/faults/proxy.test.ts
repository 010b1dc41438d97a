import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { destinationOf, EngineScene, MiB } from '../support/engine-scene.ts'
import { HttpProxy } from '../support/http-proxy.ts'
import { TEST_TLS } from '../support/tls-fixture.ts'

/** A large file and a small one, sent to `d`, and compared. */
async function expectBothArrive(scene: EngineScene): Promise<void> {
  const large = randomBytes(12 * MiB)
  await scene.write('large', large)
  await scene.write('small', 'x')
  await scene.add(scene.folder, '')
  expect(await scene.end('large')).toMatchObject({ phase: 'completed', error: null })
  expect(await scene.end('small')).toMatchObject({ phase: 'completed', error: null })
  expect(large.equals(await scene.far.bytes('large'))).toBe(true)
}

it('leads everything through the proxy of the destination: whole URLs for http', async () => {
  await using proxy = await HttpProxy.start()
  await using scene = await EngineScene.start()
  const { port } = new URL(scene.server.endpoint)
  const endpoint = `http://s3.sluice.invalid:${port}`
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint, proxy: proxy.url }))
  await expectBothArrive(scene)
  expect(proxy.seen).toContain(`POST ${endpoint}/demo/large`)
  expect(proxy.seen.filter((line) => line === `PUT ${endpoint}/demo/large`)).toHaveLength(3)
  expect(proxy.seen).toContain(`PUT ${endpoint}/demo/small`)
  expect(proxy.seen.length).toBe(scene.server.log.filter(({ operation }) => operation !== 'GetObject').length)
})

it('and a tunnel for https, whose certificate is that of the destination', async () => {
  await using proxy = await HttpProxy.start()
  await using scene = await EngineScene.start({ demo: { tls: TEST_TLS } })
  // The SDK that looks at the far side knows no authority of ours.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  try {
    const caFile = join(scene.folder, '../ca.pem')
    await writeFile(caFile, TEST_TLS.cert)
    await scene.engine.call('putDestination', destinationOf(scene.server, { proxy: proxy.url, caFile }))
    await expectBothArrive(scene)
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  }
  const { port } = new URL(scene.server.endpoint)
  expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT 127.0.0.1:${port}`]))
})

it('takes proxy, user and password from the environment', async () => {
  await using proxy = await HttpProxy.start()
  await using scene = await EngineScene.start()
  proxy.credentials = 'person:p w/%'
  const url = proxy.urlOf('person:p%20w%2F%25')
  const { port } = new URL(scene.server.endpoint)
  const server = { ...scene.server, endpoint: `http://s3.sluice.invalid:${port}` }
  const path = await scene.write('small', 'x')
  const run = (env: Record<string, string>) => runCli(['upload', path, 's3://demo/'], { server, env })
  const through = await run({ HTTP_PROXY: url, HTTPS_PROXY: 'http://127.0.0.1:1' })
  expect([through.status, through.stderr]).toEqual([0, ''])
  expect(proxy.seen).toEqual([`PUT ${server.endpoint}/demo/small`])
  // And what it says of exceptions.
  const direct = await run({ http_proxy: url, NO_PROXY: 'sluice.invalid,.sluice.invalid' })
  expect(direct.status).toBe(1)
  expect(direct.stderr).toMatch(/host was not found: s3\.sluice\.invalid/)
  expect(proxy.seen).toHaveLength(1)
  // This computer is never looked for through a proxy.
  const local = await runCli(['upload', path, 's3://demo/'], { server: scene.server, env: { HTTP_PROXY: url } })
  expect([local.status, local.stderr]).toEqual([0, ''])
  expect(proxy.seen).toHaveLength(1)
})

it.each([
  ['http', undefined],
  ['https', TEST_TLS],
] as const)(
  '%s: a proxy that wants a user and password is named so, and nothing is tried again',
  async (scheme, tls) => {
    await using proxy = await HttpProxy.start()
    await using scene = await EngineScene.start(tls === undefined ? {} : { demo: { tls } })
    proxy.credentials = 'person:secret'
    const { port } = new URL(scene.server.endpoint)
    const endpoint = `${scheme}://s3.sluice.invalid:${port}`
    const server = { ...scene.server, endpoint }
    const path = await scene.write('small', 'x')
    const large = await scene.write('large', randomBytes(6 * MiB))
    const env = { HTTP_PROXY: proxy.urlOf('person:wrong-password'), HTTPS_PROXY: proxy.urlOf('person:wrong-password') }
    const result = await runCli(['upload', path, large, 's3://demo/', '--json'], { server, env })
    expect(result.status).toBe(1)
    expect(result.stderr).toMatch(/^sluice: The proxy wants a user and password .*HTTPS_PROXY.*\n$/)
    expect(result.stderr + result.stdout).not.toContain('wrong-password')
    expect(result.lines.at(-1)).toMatchObject({ completed: 0, failed: 0, unfinished: 2 })
    expect(proxy.seen.length).toBeLessThanOrEqual(4)
    expect(scene.server.log).toEqual([])
  },
)

it('a proxy that is not there is named, not the destination', async () => {
  await using scene = await EngineScene.start()
  const endpoint = 'https://s3.sluice.invalid'
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint, proxy: 'http://127.0.0.1:1' }))
  await scene.add(await scene.write('small', 'x'), 'small')
  const { error } = await scene.event('destination', (event) => event.error !== null)
  expect(error).toMatchObject({ code: 'connection-refused' })
  expect(error?.message).toContain('127.0.0.1:1,')
})

it('a proxy that does not reach the destination for a while costs nothing but time', async () => {
  await using proxy = await HttpProxy.start()
  await using scene = await EngineScene.start()
  const endpoint = scene.server.endpoint.replace('127.0.0.1', 's3.sluice.invalid')
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint, proxy: proxy.url }))
  proxy.refusesWith = 502
  setTimeout(() => {
    proxy.refusesWith = null
  }, 1_500)
  await expectBothArrive(scene)
})

it('starts its connections from the address that the destination names', async () => {
  await using proxy = await HttpProxy.start()
  await using scene = await EngineScene.start()
  const changes = { proxy: proxy.url, bindAddress: '127.0.0.9' }
  await scene.engine.call('putDestination', destinationOf(scene.server, changes))
  await expectBothArrive(scene)
  expect([...proxy.from]).toEqual(['127.0.0.9'])
})

it('and says so when this computer has no such address', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('putDestination', destinationOf(scene.server, { bindAddress: '192.0.2.99' }))
  await scene.add(await scene.write('small', 'x'), 'small')
  const { error } = await scene.event('destination', (event) => event.error !== null)
  expect(error?.message).toMatch(/no address 192\.0\.2\.99/)
  // It may come back, as that of a VPN does.
  expect(error?.code).toBe('network-lost')
})
