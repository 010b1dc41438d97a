import { expect, it } from 'vitest'
import { keptQuotas } from '../../src/main/cli/run-quotas.ts'
import type { EngineQuota, KeptBatch } from '../../src/main/engine/api.ts'

const DAILY: EngineQuota = {
  ...{ name: '1 GB per day', unit: 'bytes', amount: 1e9, windowMs: 86_400_000, mode: 'stop' },
  destinationId: null,
}

function batch(batchId: number, changes: Partial<KeptBatch>): KeptBatch {
  const none = { createdAtMs: 0, files: 1, bytes: 1, completed: 0, failed: 0, finishedAtMs: null, sources: [] }
  return { ...none, batchId, destinationId: `d${batchId}`, unfinished: 1, scanning: false, quotas: [DAILY], ...changes }
}

it('quotas of what goes on hold each for its own destination, under names that differ', () => {
  const kept = keptQuotas([
    batch(1, {}),
    batch(2, { unfinished: 0 }),
    batch(3, { unfinished: 0, scanning: true }),
    batch(4, { quotas: [] }),
  ])
  expect(kept).toEqual([
    { ...DAILY, destinationId: 'd1' },
    { ...DAILY, name: '1 GB per day (2)', destinationId: 'd3' },
  ])
})
