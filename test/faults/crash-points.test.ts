import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { EngineChild } from '../support/engine-child.ts'
import { destinationOf, MiB } from '../support/engine-scene.ts'
import { RestartScene } from '../support/restart-scene.ts'

/**
 * Every effect that the engine performs is numbered as it comes: a write of the journal, a call, a job of a sender.
 * The process is killed before, in and after each of them in turn, and another one goes on from the journal. With
 * SLUICE_FULL=1 all of them, else some.
 */
const STEP = process.env.SLUICE_FULL === '1' ? 1 : 9
const CONNECTIONS = 2
const FILES = new Map([
  ['large', randomBytes(11 * MiB)],
  ['small-1', randomBytes(100)],
  ['small-2', randomBytes(70_000)],
  ['empty', Buffer.alloc(0)],
])

/** Everything that a person asks in the first run: a batch, and one large file that is cancelled when it is under way. */
async function carryOut(scene: RestartScene, engine: EngineChild): Promise<void> {
  await engine.call('putDestination', destinationOf(scene.server))
  await engine.call('addBatch', scene.batch({}, { exclude: ['cancelled'] }))
  const path = join(scene.folder, 'cancelled')
  await engine.call('addBatch', scene.batch({}, { sources: [{ path, keyOrPrefix: 'cancelled' }] }))
  const queued = await engine.event('queued', ({ key }) => key === 'cancelled')
  if (queued === null) return
  const isUnderWay = () =>
    scene.server.log.some(({ key, operation }) => key === 'cancelled' && operation === 'UploadPart')
  while (!isUnderWay()) {
    if (!engine.alive) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await engine.call('cancel', { kind: 'ids', ids: [queued.id] })
  await scene.finished(engine)
}

async function scene(): Promise<RestartScene> {
  const made = await RestartScene.start()
  for (const [name, bytes] of FILES) await made.write(name, bytes)
  await made.write('cancelled', randomBytes(11 * MiB))
  // Requests take long enough to be in the middle of them.
  made.server.setFaults([{ on: 'any', times: null, do: { kind: 'delay', ms: 40 } }])
  return made
}

/** The object is right, nothing is left behind, and little went twice, counted at the server. */
async function expectAllWell(made: RestartScene, engine: EngineChild, kills: number): Promise<void> {
  await made.finished(engine)
  made.server.setFaults([])
  for (const [name, bytes] of FILES) expect(bytes.equals(await made.far.bytes(`p/${name}`)), name).toBe(true)
  for (const { batchId, failed } of await engine.call('batches', null)) {
    const ends = await engine.call('batchEnds', { batchId, afterId: 0, limit: 100 })
    expect(failed, JSON.stringify(ends.filter(({ phase }) => phase === 'failed'))).toBe(0)
  }
  while ((await made.far.openUploads()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  const bodies = made.server.log.filter(({ operation, key }) => {
    return key !== 'cancelled' && (operation === 'UploadPart' || operation === 'PutObject')
  })
  const names = bodies.map(({ key, partNumber }) => `${key} ${partNumber}`)
  const again = names.filter((name, index) => names.indexOf(name) < index)
  const all = made.server.log.map(
    ({ atMs, operation, key, partNumber, status }) => `${atMs % 100_000} ${operation} ${key} ${partNumber} ${status}`,
  )
  expect(again.length, `sent again: ${again}, of ${all.join('; ')}`).toBeLessThanOrEqual(kills * CONNECTIONS)
}

/** Another process goes on; what was not cancelled before the kill is cancelled now. */
async function goOn(made: RestartScene, env: Record<string, string> = {}): Promise<EngineChild> {
  const engine = made.engine({ connections: CONNECTIONS }, env)
  await engine.call('restore', null)
  await engine.call('putDestination', destinationOf(made.server))
  const known = await engine.call('batches', null)
  if (known.every(({ sources }) => sources[0]?.path !== made.folder)) {
    // It was never told that the batch is kept: the person asks again.
    await engine.call('addBatch', made.batch({}, { exclude: ['cancelled'] }))
  }
  return engine
}

async function pointsOf(run: (env: Record<string, string>) => Promise<void>, log: string): Promise<string[]> {
  await run({ SLUICE_CRASH_LOG: log })
  return (await readFile(log, 'utf8')).trim().split('\n')
}

it('goes on rightly after a kill at every point of a run', async () => {
  const points = await (async () => {
    await using made = await scene()
    return await pointsOf(
      async (env) => {
        const engine = made.engine({ connections: CONNECTIONS }, env)
        await carryOut(made, engine)
        await expectAllWell(made, engine, 0)
      },
      join(made.folder, '../points'),
    )
  })()
  const names = points.map((line) => line.replace(/^\d+ /, ''))
  expect(names).toEqual(
    expect.arrayContaining([
      'before a commit',
      'in CreateMultipartUploadCommand',
      'in jobs',
      'after a job',
      'after CompleteMultipartUploadCommand',
      'in AbortMultipartUploadCommand',
    ]),
  )
  console.log(`a run has ${points.length} points; every ${STEP}. of them is tried`)
  for (let at = 1; at <= points.length; at += STEP) {
    await using made = await scene()
    const first = made.engine({ connections: CONNECTIONS }, { SLUICE_CRASH_AT: String(at) })
    await carryOut(made, first).catch(() => {})
    await first.kill()
    const second = await goOn(made)
    await expectAllWell(made, second, 1).catch((error: Error) => {
      throw new Error(`killed at ${points[at - 1]}: ${error.message}`)
    })
  }
})

it('goes on rightly after a kill at every point of going on', async () => {
  /** A run that is killed with one part there and others on their way. */
  const interrupted = async (): Promise<RestartScene> => {
    const made = await scene()
    const first = made.engine({ connections: CONNECTIONS })
    await first.call('putDestination', destinationOf(made.server))
    await first.call('addBatch', made.batch({}, { exclude: ['cancelled'] }))
    await made.requests('UploadPart', 1)
    await first.kill()
    return made
  }
  const points = await (async () => {
    await using made = await interrupted()
    return await pointsOf(
      async (env) => {
        await expectAllWell(made, await goOn(made, env), 1)
      },
      join(made.folder, '../points'),
    )
  })()
  expect(points.join()).toContain('in ListPartsCommand')
  console.log(`going on has ${points.length} points; every ${STEP}. of them is tried`)
  for (let at = 1; at <= points.length; at += STEP) {
    await using made = await interrupted()
    await goOn(made, { SLUICE_CRASH_AT: String(at) })
      .then((engine) => made.finished(engine))
      .catch(() => {})
    await made.killAll()
    await expectAllWell(made, await goOn(made), 2).catch((error: Error) => {
      throw new Error(`killed at ${points[at - 1]}: ${error.message}`)
    })
  }
})
