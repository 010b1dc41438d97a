import { setImmediate } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { Counters } from '../../src/main/engine/counters.ts'
import { BLOCK_BYTES, BlockPool } from '../../src/main/engine/held-bytes.ts'
import { LaneSums } from '../../src/main/engine/lane-sums.ts'
import { LaneTools } from '../../src/main/engine/lane-tools.ts'
import { QuotaMeter } from '../../src/main/engine/quota-meter.ts'
import type { PutJob } from '../../src/main/engine/sender-protocol.ts'
import { Turns } from '../../src/main/engine/turns.ts'
import { systemClock } from '../../src/main/flow/clock.ts'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import { QuotaCounters } from '../../src/main/flow/quota-counters.ts'
import { ThreadLimiter } from '../../src/main/flow/thread-limiter.ts'

/** Connections of one thread, and in whose turn each block was read. */
function thread() {
  const counters = new Counters()
  const quotas = new QuotaMeter(QuotaCounters.create(1), 0)
  const limiter = new ThreadLimiter(LimitTable.create(1, systemClock.nowNs()), systemClock)
  const pool = new BlockPool(8 * BLOCK_BYTES)
  const turns = new Turns()
  const blocks: string[] = []
  const sum = (name: string, lane: number, bytes: number, signal = new AbortController().signal) => {
    const file = {
      async read(view: Uint8Array) {
        await setImmediate()
        blocks.push(name)
        view.fill(name.charCodeAt(0))
      },
      readThrough: <T>(work: () => Promise<T>) => turns.take('volume', work, signal),
    }
    const job: PutJob = {
      kind: 'put',
      jobId: lane + 1,
      path: `/${name}`,
      identity: { sizeBytes: bytes, mtimeNs: 0n, inode: 0n, device: 0n },
      destinationId: 'd',
      key: name,
      offset: 0,
      bytes,
      part: null,
      checksum: 'crc32',
      there: null,
      leaf: 0,
      requestLeaves: [],
      onlyIfNew: false,
      headers: {},
    }
    return new LaneSums(new LaneTools(lane, counters, quotas, limiter, pool)).beforehand(job, file, signal)
  }
  return { blocks, sum }
}

it('sums one large body after another, and a small one at once', async () => {
  const { blocks, sum } = thread()
  const bytes = 3 * BLOCK_BYTES
  const large = Promise.all([sum('a', 0, bytes), sum('b', 1, bytes)])
  while (blocks.length === 0) await setImmediate()
  await sum('c', 2, 4096)
  expect(blocks).not.toContain('b')
  const [a, b] = await large
  expect(blocks.filter((name) => name !== 'c').join('')).toBe('aaabbb')
  expect(a.crc32).toBe(crc32(Buffer.alloc(bytes, 'a')))
  expect(b.crc32).toBe(crc32(Buffer.alloc(bytes, 'b')))
})

it('waits no longer for its turn once it is stopped', async () => {
  const { blocks, sum } = thread()
  const abort = new AbortController()
  const first = sum('a', 0, 3 * BLOCK_BYTES)
  const stopped = expect(sum('b', 1, 3 * BLOCK_BYTES, abort.signal)).rejects.toThrow('stopped')
  abort.abort(new Error('stopped'))
  await stopped
  expect(blocks.length).toBeLessThan(3)
  await first
  expect(blocks.join('')).toBe('aaa')
})
