import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createAgent } from '../../src/main/engine/agent.ts'
import { unsentBytes } from '../../src/main/engine/request-watch.ts'
import { TEST_TLS } from '../support/tls-fixture.ts'

/** More than any kernel takes on a connection that nobody reads from. */
const BODY_BYTES = 64 * 1024 * 1024

it.each([
  ['http', http.createServer(), http],
  ['https', https.createServer(TEST_TLS), https],
] as const)(
  '%s: sees what the kernel has taken of one large write, while it is under way',
  async (scheme, server, client) => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    // Takes the request and reads nothing of its body until it is told to.
    const arrived = once(server, 'request') as Promise<[http.IncomingMessage]>
    const { port } = server.address() as AddressInfo
    const agent = createAgent({ baseUrl: `${scheme}://`, ca: TEST_TLS.cert, proxy: 'none', bindAddress: null })
    const headers = { 'content-length': BODY_BYTES }
    const request = client.request({ method: 'PUT', host: '127.0.0.1', port, agent, headers })
    request.on('error', () => {})
    try {
      request.write(Buffer.alloc(BODY_BYTES))
      const [incoming] = await arrived
      const unsent = () => unsentBytes(request.socket)
      await expect.poll(unsent, { timeout: 30_000 }).toBeLessThan(BODY_BYTES)
      const before = unsent()
      expect(before).toBeGreaterThan(0)
      // Node counts a write whole until its end.
      expect(request.socket?.writableLength).toBeGreaterThanOrEqual(BODY_BYTES)
      incoming.resume()
      await expect.poll(unsent, { timeout: 30_000 }).toBe(0)
    } finally {
      request.destroy()
      server.closeAllConnections()
      server.close()
    }
  },
)
