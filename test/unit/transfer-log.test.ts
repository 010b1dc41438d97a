import { describe, expect, it } from 'vitest'
import { TransferLog } from '../../src/main/engine/transfer-log.ts'
import { MAX_LOG_ENTRIES } from '../../src/shared/transfer-details.ts'

describe('the log of transfers', () => {
  it('keeps the last hundred events of one, in their order', () => {
    const log = new TransferLog()
    for (let attempt = 1; attempt <= 250; attempt++) log.note(1, 'retry-later', 'lost', attempt)
    expect(log.of(1)).toHaveLength(MAX_LOG_ENTRIES)
    expect(log.of(1)[0]?.attempt).toBe(151)
    expect(log.of(1).at(-1)).toMatchObject({ what: 'retry-later', message: 'lost', attempt: 250 })
    expect(log.of(2)).toEqual([])
  })

  it('forgets what is over before what is under way, and holds no more than a thousand', () => {
    const log = new TransferLog()
    log.note(0, 'start')
    for (let id = 1; id <= 5_000; id++) {
      log.note(id, 'start')
      log.noteEvent(id, { type: 'completed', etag: 'e', versionId: null, checksum: null, verified: 'accepted' })
    }
    expect(log.of(0)).toHaveLength(1)
    expect(log.of(1)).toEqual([])
    expect(log.of(5_000).map(({ what }) => what)).toEqual(['start', 'completed'])
    const kept = Array.from({ length: 5_001 }, (_, id) => id).filter((id) => log.of(id).length > 0)
    expect(kept).toHaveLength(1_000)
  })

  it('stays bounded when nothing is over', () => {
    const log = new TransferLog()
    for (let id = 1; id <= 1_500; id++) log.note(id, 'start')
    expect(log.of(500)).toEqual([])
    expect(log.of(501)).toHaveLength(1)
  })
})
