import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PATIENCE_MS } from '../../src/main/core/progress-watch.ts'
import { startCli } from '../support/cli.ts'
import { destinationOf, EngineScene, MiB } from '../support/engine-scene.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

/** An engine whose way to the demo bucket leads through a proxy. The server itself is patient: ours must notice. */
async function sceneBehindProxy(): Promise<EngineScene & { readonly proxy: TcpProxy }> {
  const scene = await EngineScene.start({ connections: 2, demo: { idleBodyMs: 3_600_000 } })
  const proxy = await TcpProxy.start(Number(new URL(scene.server.endpoint).port))
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: proxy.endpoint }))
  const dispose = scene[Symbol.asyncDispose].bind(scene)
  return Object.assign(scene, {
    proxy,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]()
      await dispose()
    },
  })
}

/** Parts that are larger than what the kernels on the way hold, so that a stall is felt in mid-part. */
const PARTS = { partBytes: 20 * MiB, multipartThresholdBytes: MiB }

/** Begins a large file, and comes back while both connections are in mid-part. */
async function inMidPart(scene: EngineScene): Promise<Buffer> {
  const bytes = randomBytes(50 * MiB)
  const path = await scene.write('large', bytes)
  await scene.engine.call('setLimit', { limitBytesPerSecond: 4 * MiB })
  await scene.add(path, 'large', PARTS)
  await scene.until(async () => (await scene.sentBytes()) > 3 * MiB)
  return bytes
}

async function expectWhole(scene: EngineScene, bytes: Buffer): Promise<void> {
  expect(await scene.end('large')).toMatchObject({ phase: 'completed', error: null })
  expect(bytes.equals(await scene.far.bytes('large'))).toBe(true)
  expect(await scene.far.openUploads()).toEqual([])
}

describe.concurrent('a connection that gets nowhere is given up, and its part goes again', () => {
  it.each<[string, (proxy: TcpProxy) => void]>([
    ['that takes nothing more', (proxy) => proxy.impose({ up: 'stall' })],
    ['that takes a byte a second', (proxy) => proxy.impose({ up: 1 })],
    ['whose answer comes at a byte a second', (proxy) => proxy.impose({ down: 1 })],
    ['whose other end went away without a word', (proxy) => proxy.loseServer()],
  ])('%s', async (_what, act) => {
    await using scene = await sceneBehindProxy()
    const bytes = await inMidPart(scene)
    act(scene.proxy)
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    await expectWhole(scene, bytes)
    const stats = await scene.engine.call('stats', null)
    expect(stats.retries).toBeGreaterThan(0)
    expect(stats.resentBytes).toBeGreaterThan(0)
  })

  it('but none that is slow since our own limit is low', async () => {
    await using scene = await sceneBehindProxy()
    const bytes = randomBytes(80 * 1024)
    await scene.engine.call('setLimit', { limitBytesPerSecond: 1024 })
    await scene.add(await scene.write('large', bytes), 'large')
    await expectWhole(scene, bytes)
    expect(await scene.engine.call('stats', null)).toMatchObject({ retries: 0, resentBytes: 0 })
  })

  it('nor one of a file that is paused for longer than that', async () => {
    await using scene = await sceneBehindProxy()
    const bytes = await inMidPart(scene)
    await scene.engine.call('pause', { which: { kind: 'filter', filter: 'all' }, mode: 'now' })
    await sleep(PATIENCE_MS + 5_000)
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    await scene.engine.call('resume', { kind: 'filter', filter: 'all' })
    await expectWhole(scene, bytes)
    expect(await scene.engine.call('stats', null)).toMatchObject({ retries: 0 })
  })
})

describe('connections that break', () => {
  it('all at once in mid-part: the parts go again', async () => {
    await using scene = await sceneBehindProxy()
    const bytes = await inMidPart(scene)
    scene.proxy.reset()
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    await expectWhole(scene, bytes)
    expect((await scene.engine.call('stats', null)).resentBytes).toBeGreaterThan(0)
  })

  it('and a server that refuses for a while: everything goes on when it is back', async () => {
    await using scene = await sceneBehindProxy()
    const bytes = await inMidPart(scene)
    scene.proxy.refuse()
    scene.proxy.reset()
    const refused = await scene.event('destination', ({ error }) => error !== null)
    expect(refused.error?.message).toContain(`refused by 127.0.0.1:${scene.proxy.port}`)
    await scene.proxy.accept()
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    await expectWhole(scene, bytes)
    await scene.event('destination', ({ error }) => error === null)
  })
})

describe('another network', () => {
  it('drops what is stale, and goes on at once', async () => {
    await using scene = await sceneBehindProxy()
    const bytes = await inMidPart(scene)
    scene.proxy.loseServer()
    const made = scene.proxy.made
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    const changedAtMs = Date.now()
    await scene.engine.call('networkChanged', null)
    await expectWhole(scene, bytes)
    // The watchdog alone would have needed all its patience.
    expect(Date.now() - changedAtMs).toBeLessThan(PATIENCE_MS)
    expect(scene.proxy.made).toBeGreaterThan(made)
    expect((await scene.engine.call('stats', null)).failed).toBe(0)
  })

  it('ends the wait for the next try', async () => {
    await using scene = await sceneBehindProxy()
    const bytes = await inMidPart(scene)
    scene.proxy.refuse()
    scene.proxy.reset()
    // The sixth try comes 16 s after the fifth on average, the seventh 32 s later, and so on.
    await scene.event('destination', ({ error }) => error !== null)
    await scene.until(async () => (await scene.engine.call('stats', null)).retries >= 6)
    await scene.proxy.accept()
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    await scene.engine.call('networkChanged', null)
    await expectWhole(scene, bytes)
  })

  it('after a sleep of the whole process: goes on without waiting for the dead connections', async () => {
    await using scene = await sceneBehindProxy()
    const bytes = randomBytes(50 * MiB)
    const path = await scene.write('large', bytes)
    const server = { ...scene.server, endpoint: scene.proxy.endpoint }
    const flags = ['--json', '--control', '--part-size', '20MiB', '--connections', '2', '--limit', '4 MiB/s']
    const run = startCli(['upload', path, 's3://demo/', ...flags], { server })
    await run.until((line) => line.type === 'progress' && Number(line.sentBytes) > 3 * MiB)
    run.child.kill('SIGSTOP')
    scene.proxy.loseServer()
    await sleep(process.env.SLUICE_FULL === '1' ? 60_000 : 12_000)
    const wokenAtMs = Date.now()
    run.child.kill('SIGCONT')
    run.child.stdin.end('limit unlimited\n')
    const result = await run.ended
    expect(Date.now() - wokenAtMs).toBeLessThan(PATIENCE_MS)
    expect([result.status, result.stderr]).toEqual([0, ''])
    expect(bytes.equals(await scene.far.bytes('large'))).toBe(true)
  })
})

it('a name that does not resolve is named, and the file waits until it is mended', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('putDestination', destinationOf(scene.server, { endpoint: 'http://sluice-test.invalid:9' }))
  await scene.add(await scene.write('small', 'x'), 'small')
  const { error } = await scene.event('destination', (event) => event.error !== null)
  expect(error).toMatchObject({ code: 'host-not-found' })
  expect(error?.message).toContain('sluice-test.invalid')
  // The way is mended by another address; what waited goes on.
  await scene.engine.call('putDestination', destinationOf(scene.server))
  expect(await scene.end('small')).toMatchObject({ phase: 'completed' })
})
