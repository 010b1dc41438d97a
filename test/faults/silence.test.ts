import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PATIENCE_MS } from '../../src/main/core/progress-watch.ts'
import { EngineScene, MiB } from '../support/engine-scene.ts'
import { expectWhole, inMidPart, startBehindProxy } from '../support/proxied-scene.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

/** What is silent, and for how long it may be. Each of these waits for more than a minute: all wait side by side. */

const isFull = process.env.SLUICE_FULL === '1'

describe.concurrent('a connection that gets nowhere is given up, and its part goes again', () => {
  it.each<[string, (proxy: TcpProxy) => void]>([
    ['that takes nothing more', (proxy) => proxy.impose({ up: 'stall' })],
    ['that takes a byte a second', (proxy) => proxy.impose({ up: 1 })],
    ['whose answer comes at a byte a second', (proxy) => proxy.impose({ down: 1 })],
    ['whose other end went away without a word', (proxy) => proxy.loseServer()],
  ])('%s', async (_what, act) => {
    await using scene = await startBehindProxy()
    const bytes = await inMidPart(scene)
    act(scene.proxy)
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    await expectWhole(scene, bytes)
    const stats = await scene.engine.call('stats', null)
    expect(stats.retries).toBeGreaterThan(0)
    expect(stats.resentBytes).toBeGreaterThan(0)
  })

  it('but none that is slow since our own limit is low', async () => {
    await using scene = await startBehindProxy()
    const limitBytesPerSecond = 1024
    const bytes = randomBytes((limitBytesPerSecond * PATIENCE_MS * 1.1) / 1000)
    await scene.engine.call('setLimit', { limitBytesPerSecond })
    await scene.add(await scene.write('large', bytes), 'large')
    await expectWhole(scene, bytes)
    expect(await scene.engine.call('stats', null)).toMatchObject({ retries: 0, resentBytes: 0 })
  })

  it('nor one of a file that is paused for longer than that', async () => {
    await using scene = await startBehindProxy()
    const bytes = await inMidPart(scene)
    await scene.engine.call('pause', { which: { kind: 'filter', filter: 'all' }, mode: 'now' })
    await sleep(PATIENCE_MS + 5_000)
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    await scene.engine.call('resume', { kind: 'filter', filter: 'all' })
    await expectWhole(scene, bytes)
    expect(await scene.engine.call('stats', null)).toMatchObject({ retries: 0 })
  })

  it('1 KiB/s, a long pause, then no limit: no request is too slow for the server', async () => {
    await using scene = await EngineScene.start()
    const bytes = randomBytes(12 * MiB)
    await scene.engine.call('setLimit', { limitBytesPerSecond: 1024 })
    const path = await scene.write('large', bytes)
    const startedAt = performance.now()
    await scene.add(path, 'large')
    // A limit this low is still used, and never exceeded.
    await scene.until(async () => (await scene.sentBytes()) > 12 * 1024)
    const sent = await scene.sentBytes()
    const seconds = (performance.now() - startedAt) / 1000
    expect(sent).toBeLessThanOrEqual(1024 * (seconds + 1))
    await scene.engine.call('setPaused', { paused: true })
    // The demo bucket closes what is silent for 20 s, as S3 does.
    await sleep(isFull ? 3_600_000 : 25_000)
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    await scene.engine.call('setPaused', { paused: false })
    expect(await scene.end('large')).toMatchObject({ phase: 'completed' })
    expect(bytes.equals(await scene.far.bytes('large'))).toBe(true)
    expect(scene.server.log.filter(({ errorCode }) => errorCode === 'RequestTimeout')).toEqual([])
    expect(await scene.engine.call('stats', null)).toMatchObject({ retries: 0 })
  })
})
