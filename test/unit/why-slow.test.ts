import { describe, expect, it } from 'vitest'
import { partRuns } from '../../src/main/core/part-runs.ts'
import type { Standing, TimeFacts, TimeSpent } from '../../src/main/core/why-slow.ts'
import { sharesOf, slowestOf, whySlow } from '../../src/main/core/why-slow.ts'
import { layoutParts } from '../../src/renderer/parts-layout.ts'
import type { Slowness } from '../../src/shared/transfer-details.ts'

const MiB = 1024 * 1024
const spent = (part: Partial<TimeSpent>): TimeSpent => ({
  limit: 0,
  turn: 0,
  read: 0,
  write: 0,
  answer: 0,
  work: 0,
  ...part,
})
const facts = (part: Partial<TimeSpent>, change: Partial<TimeFacts> = {}): TimeFacts => ({
  spent: spent(part),
  restedMs: 0,
  isThrottled: false,
  requestBytes: 8 * MiB,
  answerMs: 100,
  limitedBy: 'nothing',
  ...change,
})
const SMALL = { requestBytes: 4096, answerMs: 30 }

describe('why it is slow', () => {
  it.each<[string, TimeFacts, Slowness]>([
    ['a limit', facts({ limit: 9000, write: 200 }, { limitedBy: 'global' }), { cause: 'limit', by: 'global' }],
    ['a limit of its own', facts({ limit: 9000 }, { limitedBy: 'transfer' }), { cause: 'limit', by: 'transfer' }],
    ['a limit that is over by now', facts({ limit: 9000 }), { cause: 'limit', by: 'global' }],
    ['requests per second', facts({ turn: 9000, answer: 500 }, SMALL), { cause: 'limit', by: 'requests' }],
    ['the line', facts({ write: 9000, work: 300 }), { cause: 'network' }],
    ['answers that are long in coming', facts({ write: 1000, answer: 8000 }), { cause: 'network' }],
    ['the disk', facts({ read: 9000, work: 300, write: 200 }), { cause: 'disk' }],
    ['round trips', facts({ answer: 9000, read: 700, work: 600 }, SMALL), { cause: 'small-files' }],
    ['small files on a dead line', facts({ answer: 9000 }, { ...SMALL, answerMs: 9000 }), { cause: 'network' }],
    ['the processor', facts({ work: 9000, write: 500 }), { cause: 'computer' }],
    ['a rest that the server asked for', facts({ answer: 400 }, { restedMs: 2500 }), { cause: 'server' }],
    ['fewer connections at its wish', facts({ write: 3000 }, { isThrottled: true }), { cause: 'server' }],
    ['nothing measured', facts({ write: 20 }), { cause: 'none' }],
  ])('names %s', (_, time, slowness) => {
    expect(slowestOf(time)).toEqual(slowness)
  })

  it.each<[string, TimeFacts, Slowness]>([
    [
      'a limit above what the line takes',
      facts({ limit: 900, write: 8000 }, { limitedBy: 'global' }),
      { cause: 'network' },
    ],
    [
      'a slow disk behind a limit',
      facts({ limit: 6000, read: 4000 }, { limitedBy: 'global' }),
      { cause: 'limit', by: 'global' },
    ],
    [
      'a limit above what the disk gives',
      facts({ limit: 1500, read: 8000 }, { limitedBy: 'global' }),
      { cause: 'disk' },
    ],
    [
      'small files under a limit',
      facts({ limit: 8000, answer: 3000 }, { ...SMALL, limitedBy: 'global' }),
      { cause: 'limit', by: 'global' },
    ],
    [
      'a limit while the server asked for less',
      facts({ limit: 9000 }, { isThrottled: true, limitedBy: 'global' }),
      { cause: 'limit', by: 'global' },
    ],
  ])('names the one of two that binds: %s', (_, time, slowness) => {
    expect(slowestOf(time)).toEqual(slowness)
  })

  it('tells shares that make up the whole', () => {
    const shares = sharesOf(
      facts({ limit: 5000, turn: 100, read: 900, write: 2000, answer: 1000, work: 500 }, { restedMs: 500 }),
    )
    expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 10)
    expect(shares).toMatchObject({ limit: 0.51, network: 0.3, disk: 0.09, server: 0.05, files: 0 })
  })

  const standing = (part: Partial<Standing>): Standing => ({
    phase: 'uploading',
    error: null,
    atWork: false,
    allPaused: false,
    heldByQuota: false,
    gate: 'open',
    gateError: null,
    ...part,
  })
  it.each<[Partial<Standing>, Slowness]>([
    [{ atWork: true }, { cause: 'disk' }],
    [
      { atWork: true, allPaused: true },
      { cause: 'waiting', for: 'resume' },
    ],
    [{ phase: 'queued' }, { cause: 'waiting', for: 'turn' }],
    [
      { phase: 'queued', heldByQuota: true },
      { cause: 'waiting', for: 'quota' },
    ],
    [
      { phase: 'queued', gate: 'blocked', gateError: 'auth-rejected' },
      { cause: 'waiting', for: 'destination' },
    ],
    [{ phase: 'queued', gate: 'resting', gateError: 'throttled' }, { cause: 'server' }],
    [{ phase: 'queued', gate: 'resting', gateError: 'network-lost' }, { cause: 'network' }],
    [{ phase: 'paused' }, { cause: 'waiting', for: 'resume' }],
    [{ phase: 'preparing' }, { cause: 'waiting', for: 'answer' }],
    [{ phase: 'retrying', error: 'throttled' }, { cause: 'server' }],
    [{ phase: 'retrying', error: 'connection-refused' }, { cause: 'network' }],
    [
      { phase: 'retrying', error: 'checksum-mismatch' },
      { cause: 'waiting', for: 'retry' },
    ],
    [
      { phase: 'waiting', error: 'auth-rejected', gate: 'blocked' },
      { cause: 'waiting', for: 'destination' },
    ],
    [{ phase: 'completed' }, { cause: 'none' }],
    [{ phase: 'failed', error: 'source-missing' }, { cause: 'none' }],
  ])('tells what one transfer waits for: %o', (part, slowness) => {
    expect(whySlow(standing(part), facts({ read: 5000 }))).toEqual(slowness)
  })
})

describe('the parts map', () => {
  it('is as long as there are changes along the file', () => {
    const state = (part: number) => (part <= 9_000 ? 'confirmed' : part <= 9_004 ? 'in-flight' : 'waiting')
    expect(partRuns(10_000, state)).toEqual([
      [9_000, 'confirmed'],
      [4, 'in-flight'],
      [996, 'waiting'],
    ])
    expect(partRuns(0, state)).toEqual([])
  })

  it.each([1, 7, 29, 30, 500, 10_000])('fits %i parts, none of them invisible', (parts) => {
    const { columns, cellWidthPx, cellHeightPx, gapPx, heightPx } = layoutParts(parts, 348, 110)
    expect(columns * cellWidthPx).toBeLessThanOrEqual(348.001)
    expect(Math.ceil(parts / columns) * cellHeightPx).toBeLessThanOrEqual(heightPx)
    expect(heightPx).toBeLessThanOrEqual(110)
    expect(Math.min(cellWidthPx, cellHeightPx) - gapPx).toBeGreaterThanOrEqual(1)
  })
})
