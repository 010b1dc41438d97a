import { once } from 'node:events'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import type { HttpRequest } from '@smithy/types'
import { expect, it } from 'vitest'
import { createAgent } from '../../src/main/engine/agent.ts'
import { SdkHandler } from '../../src/main/engine/sdk-handler.ts'
import { TEST_TLS } from '../support/tls-fixture.ts'

it('tells the bytes of a call as they are on the wire over TLS, with the handshake of a new connection', async () => {
  const far = createHttps(TEST_TLS, (request, response) => request.resume().on('end', () => response.end())).listen(0)
  await once(far, 'listening')
  let arrived = 0
  const relay = createServer((near) => {
    const onward = connect((far.address() as AddressInfo).port)
    near.on('data', (bytes) => {
      arrived += bytes.length
    })
    near.pipe(onward).pipe(near)
    for (const socket of [near, onward]) socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const { port } = relay.address() as AddressInfo
  const agent = createAgent({ baseUrl: 'https://', ca: TEST_TLS.cert, proxy: 'none', bindAddress: null })
  let told = 0
  const handler = new SdkHandler(agent, (bytes) => {
    told += bytes
  })
  const call = async () => {
    const before = { told, arrived }
    const headers = { host: `127.0.0.1:${port}`, 'content-length': '40000' }
    const where = { protocol: 'https:', hostname: '127.0.0.1', port, path: '/b/k', query: {} }
    await handler.handle({ ...where, method: 'PUT', headers, body: 'x'.repeat(40_000) } as HttpRequest)
    return { told: told - before.told, arrived: arrived - before.arrived }
  }

  const first = await call()
  expect(Math.abs(first.told - first.arrived)).toBeLessThan(300)
  expect(first.told).toBeGreaterThan(41_500)
  const second = await call()
  expect(Math.abs(second.told - second.arrived)).toBeLessThan(60)

  handler.destroy()
  relay.close()
  far.closeAllConnections()
  far.close()
})
