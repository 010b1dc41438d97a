import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LimitKeeper } from '../../src/main/app/limit-keeper.ts'
import type { EngineClient } from '../../src/main/engine/client.ts'
import type { LimitPlan } from '../../src/shared/limit-plan.ts'
import { DEFAULT_LIMIT_PLAN } from '../../src/shared/limit-plan.ts'

/** A Friday, 11:59 UTC. */
const NOW = Date.parse('2026-11-20T11:59Z')
const MINUTE = 60_000

let told: [string, object][]
let plans: LimitPlan[]

/** Keeps what the engine is asked, in order. */
const engine = {
  call: async (method: string, input: object) => {
    told.push([method, input])
    return null
  },
} as unknown as Pick<EngineClient, 'call'>

const limits = () => told.filter(([method]) => method === 'setLimit').map(([, input]) => input)

const paused = () => {
  const last = told.filter(([method]) => method === 'setPaused').at(-1)?.[1]
  return last !== undefined && 'paused' in last ? last.paused : null
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
  told = []
  plans = []
})
afterEach(() => void vi.useRealTimers())

function keeper(plan: LimitPlan = DEFAULT_LIMIT_PLAN): LimitKeeper {
  return new LimitKeeper({ plan }, engine, (changed) => plans.push(changed))
}

describe('the limit keeper', () => {
  it('goes back to what was when a timed limit ends', async () => {
    const keeping = keeper({ ...DEFAULT_LIMIT_PLAN, manual: 5_000_000 })
    await keeping.follow()
    await keeping.change({ kind: 'for', limitBytesPerSecond: 1_000_000, durationMs: 60 * MINUTE })
    expect(limits().at(-1)).toMatchObject({
      limitBytesPerSecond: 1_000_000,
      source: 'timed',
      untilMs: NOW + 60 * MINUTE,
    })
    await vi.advanceTimersByTimeAsync(60 * MINUTE)
    expect(limits().at(-1)).toMatchObject({ limitBytesPerSecond: 5_000_000, source: 'manual', untilMs: null })
    expect(plans.at(-1)?.timed).toBe(null)
    keeping.close()
  })

  it('follows a timetable over its boundaries, and tells the next pause beforehand', async () => {
    const keeping = keeper()
    await keeping.change({ kind: 'timetable', timetable: '00:00,10M 12:00,2M 13:00,pause 14:00,off', timeZone: 'UTC' })
    expect(limits().at(-1)).toMatchObject({ limitBytesPerSecond: 10_000_000, nextPauseMs: NOW + 61 * MINUTE })
    await vi.advanceTimersByTimeAsync(2 * MINUTE)
    expect(limits().at(-1)).toMatchObject({ limitBytesPerSecond: 2_000_000, source: 'schedule' })
    await vi.advanceTimersByTimeAsync(60 * MINUTE)
    expect(paused()).toBe(true)
    await vi.advanceTimersByTimeAsync(60 * MINUTE)
    expect(paused()).toBe(false)
    expect(limits().at(-1)).toMatchObject({ limitBytesPerSecond: null, source: 'schedule' })
    keeping.close()
  })

  it('resumes by itself after a pause for a while, with the limit that was', async () => {
    const keeping = keeper({ ...DEFAULT_LIMIT_PLAN, manual: 5_000_000 })
    await keeping.change({ kind: 'pause-for', durationMs: 30 * MINUTE })
    expect(paused()).toBe(true)
    expect(limits().at(-1)).toMatchObject({ limitBytesPerSecond: 5_000_000, source: 'paused' })
    await vi.advanceTimersByTimeAsync(30 * MINUTE)
    expect(paused()).toBe(false)
    keeping.close()
  })

  it('tells the engine nothing that it knows, since a rate that is set again voids every ticket', async () => {
    const keeping = keeper({ ...DEFAULT_LIMIT_PLAN, manual: 5_000_000 })
    await keeping.follow()
    const before = told.length
    await vi.advanceTimersByTimeAsync(60 * MINUTE)
    expect(told.length).toBe(before)
    keeping.close()
  })

  it('refuses a timetable that cannot be read in one sentence, and changes nothing', async () => {
    const keeping = keeper()
    await expect(keeping.change({ kind: 'timetable', timetable: 'Mon-25:00,1M', timeZone: null })).rejects.toThrow(
      /25:00/,
    )
    expect(keeping.plan).toBe(DEFAULT_LIMIT_PLAN)
  })
})
