import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import type { EngineQuota, QuotaState } from '../../src/main/engine/api.ts'
import type { QuotaSnapshot, QuotaUnit } from '../../src/main/flow/quota-snapshot.ts'
import { destinationOf, EngineScene, MiB } from '../support/engine-scene.ts'

const MINUTE = 60_000

function quota(changes: Partial<EngineQuota> = {}): EngineQuota {
  return {
    name: 'q',
    unit: 'bytes',
    amount: 2 * MiB,
    windowMs: MINUTE,
    mode: 'stop',
    destinationId: null,
    ...changes,
  }
}

/** What an earlier run counted: `count` that leave a window of a minute `inMs` from now. */
function counted(unit: QuotaUnit, count: number, inMs: number): QuotaSnapshot {
  const buckets = [{ endMs: Date.now() - MINUTE + inMs, count }]
  return { version: 1, quotas: [{ name: 'q', unit, total: count, runMs: MINUTE, buckets }] }
}

const set = (scene: EngineScene, quotas: readonly EngineQuota[], snapshot: QuotaSnapshot | null = null) =>
  scene.engine.call('setQuotas', { quotas, snapshot })

/** The first state in which the quota is used up and counts `atLeast`. */
async function usedUp(scene: EngineScene, atLeast = 0): Promise<QuotaState & { blockedUntilMs: number }> {
  const isBlocked = (one: QuotaState) => one.name === 'q' && one.blockedUntilMs !== null && one.used >= atLeast
  const { quotas } = await scene.event('quotas', (event) => event.quotas.some(isBlocked))
  return quotas.find(isBlocked) as QuotaState & { blockedUntilMs: number }
}

it('stops when the bytes are used up, names the time, and goes on without sending a byte twice', async () => {
  await using scene = await EngineScene.start({ threads: 2 })
  await set(scene, [quota()])
  const bytes = randomBytes(22 * MiB)
  const startedAt = Date.now()
  await scene.add(await scene.write('a', bytes), 'a')
  const state = await usedUp(scene, 5 * MiB)
  // One part of 5 MiB was in flight, whatever the number of connections, with the heads of five requests at the most.
  expect(state.used).toBeLessThan(5 * MiB + 10_000)
  expect(state.left).toBe(0)
  expect(state.blockedUntilMs).toBeGreaterThanOrEqual(startedAt + MINUTE)
  expect(state.blockedUntilMs).toBeLessThanOrEqual(Date.now() + MINUTE + MINUTE / 240)
  await scene.until(async () => (await scene.engine.call('stats', null)).limitedBy === 'quota')
  expect(scene.requests('UploadPart')).toHaveLength(1)
  const viewport = { firstIndex: 0, count: 1, filter: 'all', sort: { by: 'queue', descending: false } } as const
  const { summary, rows } = await scene.engine.call('subscribe', viewport)
  expect(summary).toMatchObject({ limitedBy: 'quota', quotaUntilMs: state.blockedUntilMs })
  expect(rows).toMatchObject([{ phase: 'uploading', limitedBy: 'quota', confirmedBytes: 5 * MiB }])
  await set(scene, [quota({ amount: 100 * MiB })])
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
})

it('goes on by itself when enough has left the window, also after a restart', async () => {
  await using scene = await EngineScene.start()
  const [state] = await set(scene, [quota({ amount: 6 * MiB })], counted('bytes', 6 * MiB, 3000))
  expect(state).toMatchObject({ used: 6 * MiB, left: 0, blockedUntilMs: expect.any(Number) })
  await scene.add(await scene.write('a', 'x'), 'a')
  await usedUp(scene)
  expect(await scene.end('a')).toMatchObject({ phase: 'completed' })
  expect(scene.requests('PutObject')[0]?.atMs).toBeGreaterThanOrEqual(state?.blockedUntilMs ?? Infinity)
})

it('counts every byte at the socket, and the control calls', async () => {
  await using scene = await EngineScene.start()
  await set(scene, [
    quota({ name: 'bytes', amount: 100 * MiB }),
    quota({ name: 'requests', unit: 'requests', amount: 1000 }),
    quota({ name: 'files', unit: 'files', amount: 1000 }),
    quota({ name: 'records', unit: 'records', amount: 1000 }),
  ])
  await scene.write('large', randomBytes(11 * MiB))
  for (let index = 0; index < 5; index++) await scene.write(`f${index}`, 'xyz')
  await scene.add(scene.folder, '')
  await scene.event('idle')
  const { quotas } = await scene.engine.call('quotaSnapshot', null)
  const total = Object.fromEntries(quotas.map(({ name, total }) => [name, total]))
  expect(total).toEqual({
    bytes: expect.any(Number),
    requests: scene.server.log.length,
    files: 6,
    records: 6,
  })
  expect(total.bytes).toBeGreaterThan(11 * MiB + 15 + 300 * scene.server.log.length)
  expect(total.bytes).toBeLessThan(11 * MiB + 15 + 2000 * scene.server.log.length)
})

it('survives a restart through its snapshot', async () => {
  let snapshot: QuotaSnapshot
  {
    await using scene = await EngineScene.start()
    await set(scene, [quota({ unit: 'files', amount: 3 })])
    for (let index = 0; index < 2; index++) await scene.write(`f${index}`, 'x')
    await scene.add(scene.folder, '')
    await scene.event('idle')
    snapshot = JSON.parse(JSON.stringify(await scene.engine.call('quotaSnapshot', null)))
  }
  await using scene = await EngineScene.start()
  expect(await set(scene, [quota({ unit: 'files', amount: 3 })], snapshot)).toMatchObject([{ used: 2, left: 1 }])
  for (let index = 0; index < 5; index++) await scene.write(`f${index}`, 'x')
  await scene.add(scene.folder, '')
  expect(await usedUp(scene)).toMatchObject({ used: 3, left: 0 })
  expect(scene.requests('PutObject')).toHaveLength(1)
})

it.each(['requests', 'files'] as const)('stops at the last of the %s, with many connections', async (unit) => {
  await using scene = await EngineScene.start({ threads: 2, connections: 8 })
  await set(scene, [quota({ unit, amount: 25 })])
  for (let index = 0; index < 60; index++) await scene.write(`f${index}`, 'x')
  await scene.add(scene.folder, '')
  expect(await usedUp(scene)).toMatchObject({ used: 25, left: 0 })
  const stats = () => scene.engine.call('stats', null)
  await scene.until(async () => (await stats()).connections === 0)
  expect(scene.requests('PutObject')).toHaveLength(25)
  expect(await stats()).toMatchObject({ completed: 25, failed: 0, unfinished: 35, limitedBy: 'quota' })
  await set(scene, [])
  await scene.event('idle')
  expect(await stats()).toMatchObject({ completed: 60, retries: 0, resentBytes: 0 })
})

it('lets a large file that has begun go to its end when the files are used up', async () => {
  await using scene = await EngineScene.start()
  await set(scene, [quota({ unit: 'files', amount: 1 })])
  await scene.add(await scene.write('a', randomBytes(12 * MiB)), 'a')
  await scene.add(await scene.write('b', 'x'), 'b')
  await scene.add(await scene.write('c', 'x'), 'c')
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  await usedUp(scene)
  const { completed, unfinished } = await scene.engine.call('stats', null)
  expect(completed + unfinished).toBe(3)
  expect(unfinished).toBeGreaterThanOrEqual(1)
})

it('holds one destination and not the other', async () => {
  await using scene = await EngineScene.start()
  await scene.engine.call('putDestination', destinationOf(scene.server, { id: 'other' }))
  await set(scene, [quota({ unit: 'files', amount: 1, destinationId: 'd' })])
  for (let index = 0; index < 4; index++) await scene.write(`f${index}`, 'x')
  await scene.add(scene.folder, 'd/')
  await scene.add(scene.folder, 'other/', {}, { destinationId: 'other' })
  for (let index = 0; index < 4; index++) await scene.end(`other/f${index}`)
  expect(await usedUp(scene)).toMatchObject({ destinationId: 'd', used: 1 })
  expect(scene.requests('PutObject')).toHaveLength(5)
  expect(await scene.engine.call('stats', null)).toMatchObject({ completed: 5, unfinished: 3 })
})

it('spreads bytes evenly: the rate follows from what is left, and the strictest of limit and quota holds', async () => {
  await using scene = await EngineScene.start()
  await set(scene, [quota({ amount: 60 * MiB, mode: 'spread' })])
  await scene.add(await scene.write('a', randomBytes(22 * MiB)), 'a')
  await scene.until(async () => (await scene.sentBytes()) > 0)
  await scene.until(async () => (await scene.engine.call('stats', null)).limitedBy === 'quota')
  const limit = async () => (await scene.engine.call('stats', null)).limitBytesPerSecond ?? Infinity
  // 60 MiB a minute are 1 MiB a second, and never more.
  expect(await limit()).toBeLessThanOrEqual(MiB)
  expect(await limit()).toBeGreaterThan(0.9 * MiB)
  await scene.engine.call('setLimit', { limitBytesPerSecond: 20_000 })
  expect(await limit()).toBe(20_000)
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  // Removed, nothing holds any longer.
  await set(scene, [])
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
})

it('spreads requests over all destinations together', async () => {
  await using scene = await EngineScene.start({ threads: 2, connections: 8 })
  await scene.engine.call('putDestination', destinationOf(scene.server, { id: 'other' }))
  // 1200 a minute are 20 a second.
  await set(scene, [quota({ unit: 'requests', amount: 1200, mode: 'spread' })])
  for (let index = 0; index < 15; index++) await scene.write(`f${index}`, 'x')
  await scene.add(scene.folder, 'd/')
  await scene.add(scene.folder, 'other/', {}, { destinationId: 'other' })
  await scene.event('idle')
  const at = scene.requests('PutObject').map((request) => request.atMs)
  expect(at).toHaveLength(30)
  // 29 gaps of 50 ms; a busy machine can only make it longer.
  expect((at.at(-1) ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(29 * 50 - 100)
})

it('stops a spread quota that leaves too little for a connection, until something leaves the window', async () => {
  await using scene = await EngineScene.start()
  // 60 000 bytes a minute; the 59 990 that are counted leave in three seconds.
  const [state] = await set(scene, [quota({ amount: 60_000, mode: 'spread' })], counted('bytes', 59_990, 3000))
  expect(state).toMatchObject({ left: 10, blockedUntilMs: expect.any(Number) })
  await scene.add(await scene.write('a', 'x'), 'a')
  expect(await scene.end('a')).toMatchObject({ phase: 'completed' })
  expect(scene.requests('PutObject')[0]?.atMs).toBeGreaterThanOrEqual(state?.blockedUntilMs ?? Infinity)
})
