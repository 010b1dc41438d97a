import { describe, expect, it } from 'vitest'
import type { ProgressWatch } from '../../src/main/core/progress-watch.ts'
import {
  answerPatienceMs,
  leastBytesPerSecond,
  look,
  PATIENCE_MS,
  PROGRESS_AT_START,
} from '../../src/main/core/progress-watch.ts'

const SECOND = 1000
const HOUR = 3_600 * SECOND

interface Peer {
  /** What the peer takes of us a second. */
  readonly takes: (second: number) => number
  /** What part of each second we wait for it, 0..1; the rest we wait for a ticket. */
  readonly waiting?: number
  readonly limit?: number | null
}

/** When a peer is given up, in ms since the start; null: not within four hours. */
function givenUpAtMs({ takes, waiting = 1, limit = null }: Peer): number | null {
  let watch: ProgressWatch | 'stuck' = PROGRESS_AT_START
  for (let second = 1; second <= 4 * 3_600; second++) {
    watch = look(watch, waiting * SECOND, takes(second), leastBytesPerSecond(limit))
    if (watch === 'stuck') return second * SECOND
  }
  return null
}

describe('a peer is given up', () => {
  it.each<[string, Peer]>([
    ['that takes nothing', { takes: () => 0 }],
    ['that takes a byte a second', { takes: () => 1 }],
    ['that takes a byte a second, under a limit of 1 KiB/s', { takes: () => 1, limit: 1024 }],
    ['that takes a packet a minute', { takes: (second) => (second % 60 === 30 ? 1460 : 0) }],
  ])('%s, once the patience is over', (_what, peer) => {
    expect(givenUpAtMs(peer)).toBe(PATIENCE_MS)
  })

  it('that stops after hours of full speed, as soon', () => {
    expect(givenUpAtMs({ takes: (second) => (second * SECOND <= HOUR ? 10_000_000 : 0) })).toBe(HOUR + PATIENCE_MS)
  })

  it('that we write to for a moment only in each second, when those moments add up', () => {
    expect(givenUpAtMs({ takes: () => 0, waiting: 0.1 })).toBe(10 * PATIENCE_MS)
  })
})

describe('a peer is kept', () => {
  it.each<[string, Peer]>([
    ['on a slow line', { takes: () => 600 }],
    ['on a line that stalls for 50 s now and then', { takes: (second) => (second % 55 < 50 ? 0 : 50_000) }],
    ['under a limit of 1 KiB/s, on a line of a tenth of it', { takes: () => 100, limit: 1024 }],
    ['that waits for our tickets', { takes: () => 0, waiting: 0 }],
    ['during a pause', { takes: () => 0, limit: 0 }],
  ])('%s', (_what, peer) => {
    expect(givenUpAtMs(peer)).toBe(null)
  })
})

it('waits for an answer as long as a slow line may need for what the kernel still holds', () => {
  expect(answerPatienceMs(0)).toBe(PATIENCE_MS)
  expect(answerPatienceMs(30_000)).toBe(PATIENCE_MS + 60_000)
  expect(answerPatienceMs(2 * HOUR)).toBe(10 * 60_000)
})
