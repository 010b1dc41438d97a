import { describe, expect, it } from 'vitest'
import { windowTitle } from '../../src/renderer/window-title.ts'
import type { QueueSummary } from '../../src/shared/contract.ts'
import { emptySummary } from '../support/queue-summary.ts'

function summary(counts: Partial<QueueSummary['counts']>, part: Partial<QueueSummary> = {}): QueueSummary {
  return {
    ...emptySummary,
    counts: { ...emptySummary.counts, ...counts },
    totalBytes: 1000,
    confirmedBytes: 457,
    sentBytes: 500,
    bytesPerSecond: 12.3e6,
    ...part,
  }
}

describe('the title of the window', () => {
  it.each([
    ['the rate while bytes go out', summary({ uploading: 1, queued: 8 }), '12.3 MB/s · Sluice'],
    [
      'that all is paused, though the mean has not fallen yet',
      summary({ uploading: 1 }, { paused: true }),
      'Paused · Sluice',
    ],
    ['how far it is while what is left waits', summary({ waiting: 2, completed: 5 }), '45 % · Sluice'],
    ['the name alone once all has ended', summary({ completed: 5, failed: 1 }), 'Sluice'],
    ['the name alone while only empty files wait', summary({ queued: 1 }, { totalBytes: 0 }), 'Sluice'],
    ['the name alone before anything is known', null, 'Sluice'],
  ])('tells %s', (_, given, expected) => {
    expect(windowTitle(given)).toBe(expected)
  })
})
