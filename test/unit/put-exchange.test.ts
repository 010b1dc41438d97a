import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import { createAgent } from '../../src/main/engine/agent.ts'
import { PutExchange } from '../../src/main/engine/put-exchange.ts'
import { TEST_TLS } from '../support/tls-fixture.ts'

const WAY = { ca: TEST_TLS.cert, proxy: 'none', bindAddress: null } as const

/** A server of TCP alone, and an exchange with it over TLS that has not sent anything yet. */
async function secureScene() {
  const server: Server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/b`)
  const agent = createAgent({ baseUrl: url.href, ...WAY })
  const arrived: Promise<Socket[]> = once(server, 'connection') as Promise<Socket[]>
  const exchange = new PutExchange(
    url,
    { target: '/b/k', headers: { 'content-length': '3' }, clockOffsetMs: 0 },
    agent,
    'the server',
  )
  let connected = false
  const standing = exchange.connected().then(() => {
    connected = true
  })
  const [socket] = await arrived
  if (socket === undefined) throw new Error('nobody came')
  socket.on('error', () => {})
  return {
    exchange,
    socket,
    standing,
    get connected() {
      return connected
    },
    [Symbol.asyncDispose]: async () => {
      standing.catch(() => {})
      exchange.destroy()
      agent.destroy()
      socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

it('is connected once TLS stands, before anything of the request has gone', async () => {
  await using scene = await secureScene()
  await once(scene.socket, 'readable')
  expect(scene.connected).toBe(false)

  const far = new TLSSocket(scene.socket, { isServer: true, cert: TEST_TLS.cert, key: TEST_TLS.key })
  far.on('error', () => {})
  await scene.standing
  await scene.exchange.connected()
  const first = once(far, 'data')
  void scene.exchange.write([Buffer.from('abc')], true)
  expect(String((await first)[0])).toMatch(/^PUT \/b\/k HTTP\/1\.1\r\n.*abc$/s)
  scene.exchange.answer().catch(() => {})
})

it('says at once that it cannot connect, or that it was given up', async () => {
  await using refused = await secureScene()
  refused.socket.destroy()
  await expect(refused.standing).rejects.toMatchObject({ code: 'ECONNRESET' })
  await expect(refused.exchange.connected()).rejects.toThrow()

  await using given = await secureScene()
  given.exchange.destroy(new Error('given up'))
  await expect(given.standing).rejects.toThrow('given up')
})
