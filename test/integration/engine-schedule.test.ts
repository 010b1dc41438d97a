import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { LimitKeeper } from '../../src/main/app/limit-keeper.ts'
import type { EngineMethods } from '../../src/main/engine/api.ts'
import { DEFAULT_LIMIT_PLAN } from '../../src/shared/limit-plan.ts'
import { EngineScene, MiB } from '../support/engine-scene.ts'

/** A part of 5 MiB takes 2 s at this rate, and a second and a half more is kept free before a pause. */
const RATE = 2.5 * MiB
/** Requests in flight are given up 2 s after a pause. */
const PAST_HOLD_MS = 2_500

/** Stops everything `inMs` from now, as a schedule does: announced beforehand. Resolves when the pause is final. */
async function pauseBySchedule({ engine }: EngineScene, inMs: number): Promise<void> {
  const atMs = Date.now() + inMs
  await engine.call('setLimit', { limitBytesPerSecond: RATE, source: 'schedule', untilMs: atMs, nextPauseMs: atMs })
  await sleep(inMs)
  await engine.call('setPaused', { paused: true })
  await sleep(PAST_HOLD_MS)
}

it('sends no byte twice because of a pause that was announced', async () => {
  await using scene = await EngineScene.start({ connections: 1, limitBytesPerSecond: RATE })
  const bytes = randomBytes(23 * MiB)
  await scene.add(await scene.write('a', bytes), 'a')
  await scene.until(async () => (await scene.sentBytes()) > 0)
  await pauseBySchedule(scene, 8_000)
  const { sentBytes, confirmedBytes, connections } = await scene.engine.call('stats', null)
  // Whole parts went, and not all of them.
  expect([connections, confirmedBytes]).toEqual([0, sentBytes])
  expect(sentBytes % (5 * MiB)).toBe(0)
  expect(sentBytes).toBeLessThan(bytes.length)
  expect(sentBytes).toBeGreaterThan(0)
  await scene.engine.call('setLimit', { limitBytesPerSecond: null })
  await scene.engine.call('setPaused', { paused: false })
  expect(await scene.end('a')).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(await scene.sentBytes()).toBe(bytes.length)
  expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
})

it('begins a file that cannot end before the pause, if its parts can; a part that cannot waits, and is said to', async () => {
  await using scene = await EngineScene.start({ connections: 1 })
  const announce = (inMs: number) =>
    scene.engine.call('setLimit', { limitBytesPerSecond: RATE, nextPauseMs: Date.now() + inMs })
  await announce(3_000)
  await scene.add(await scene.write('a', randomBytes(50 * MiB)), 'a')
  await scene.event('scanned')
  await scene.until(async () => (await scene.engine.call('stats', null)).limitedBy === 'paused')
  expect(scene.requests('CreateMultipartUpload')).toEqual([])
  // A minute is enough for a part, not for 50 MiB and its margin.
  await announce(15_000)
  await scene.until(async () => (await scene.sentBytes()) > 0)
})

it('has a pause hold before its announcement is taken back', async () => {
  const calls: string[] = []
  const engine = {
    call: async <M extends keyof EngineMethods>(method: M) => {
      calls.push(method)
      return null as EngineMethods[M]['output']
    },
  }
  const keeper = new LimitKeeper({ plan: DEFAULT_LIMIT_PLAN }, engine, () => {})
  await keeper.setPaused(true)
  await keeper.setPaused(false)
  keeper.close()
  // In between, whatever starts would be cut off by the pause.
  expect(calls).toEqual(['setPaused', 'setLimit', 'setLimit', 'setPaused'])
})
