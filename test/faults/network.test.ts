import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PATIENCE_MS } from '../../src/main/core/progress-watch.ts'
import { startCli } from '../support/cli.ts'
import { destinationOf, EngineScene, MiB } from '../support/engine-scene.ts'
import { expectWhole, inMidPart, startBehindProxy } from '../support/proxied-scene.ts'

describe('connections that break', () => {
  it('all at once in mid-part: the parts go again', async () => {
    await using scene = await startBehindProxy()
    const bytes = await inMidPart(scene)
    scene.proxy.reset()
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    await expectWhole(scene, bytes)
    expect((await scene.engine.call('stats', null)).resentBytes).toBeGreaterThan(0)
  })

  it('and a server that refuses for a while: everything goes on when it is back', async () => {
    await using scene = await startBehindProxy()
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
    await using scene = await startBehindProxy()
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
    await using scene = await startBehindProxy()
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
    await using scene = await startBehindProxy()
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
