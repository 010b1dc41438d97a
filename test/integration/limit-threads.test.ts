import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { toleranceSeconds } from '../../src/main/flow/limit-numbers.ts'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import type { StressData, StressResult } from '../support/limit-stress-worker.ts'

const THREADS = 8
const MAX_BYTES = 1_000
const UNIT_SECONDS = 128e-9
const now = () => process.hrtime.bigint()
const seconds = (ns: bigint) => Number(ns) / 1e9

/** Eight real threads on one word; `meanwhile` runs until they have ended. */
async function hammer(
  table: LimitTable,
  turns: number,
  givenBack: number,
  meanwhile: () => void,
): Promise<readonly StressResult[]> {
  const ready = new SharedArrayBuffer(4)
  let running = THREADS
  const results = Array.from({ length: THREADS }, async (_, index) => {
    const workerData: StressData = {
      limits: table.buffer,
      ready,
      threads: THREADS,
      seed: index + 1,
      turns,
      givenBack,
    }
    const worker = new Worker(new URL('../support/limit-stress-worker.ts', import.meta.url), { workerData })
    const [result] = (await once(worker, 'message')) as [StressResult]
    running--
    await worker.terminate()
    return result
  })
  while (running > 0) {
    if (Atomics.load(new Int32Array(ready), 0) === THREADS) meanwhile()
    await turn()
  }
  return await Promise.all(results)
}

function sum(results: readonly StressResult[], of: (result: StressResult, index: number) => number): number {
  let total = 0
  for (const result of results) for (let index = 0; index < result.count; index++) total += of(result, index)
  return total
}

it('loses no update of the word when eight threads reserve and give back at once', async () => {
  const table = LimitTable.create(1, now())
  // The node's time runs hours ahead of the clock: no ticket gives any of it up.
  table.setRate(0, 10_000, now())
  const ahead = 100_000_000
  const first = table.reserve(0, ahead, { units: 0, lateNs: 0 }, now())
  if (first.kind !== 'ticket') throw new Error(first.kind)
  const results = await hammer(table, 50_000, 0.3, () => {})
  expect(table.granted(0)).toBe(ahead + sum(results, ({ bytes }, index) => bytes[index] ?? 0))
  const last = table.reserve(0, 1, { units: 0, lateNs: 0 }, now())
  if (last.kind !== 'ticket') throw new Error(last.kind)
  const units = first.costUnits + sum(results, ({ costUnits }, index) => costUnits[index] ?? 0)
  // Exactly: what stands is the sum of what was kept, unit by unit.
  expect(last.dueNs - first.dueNs).toBe(BigInt(units) * 128n)
})

it('never grants more than the limit in the time of a limit, however it is changed under eight threads', async () => {
  const table = LimitTable.create(1, now())
  /** By epoch: not before `fromNs`, certainly over at `toNs`. */
  const limits: { readonly epoch: number; readonly rate: number; readonly fromNs: bigint; toNs: bigint }[] = []
  const setRate = (rate: number) => {
    const fromNs = now()
    table.setRate(0, rate, fromNs)
    const before = limits.at(-1)
    if (before !== undefined) before.toNs = now()
    limits.push({ epoch: table.epoch(0), rate, fromNs, toNs: 0n })
  }
  const rates = [2_000_000_000, 300_000_000, 50_000_000, 1_000_000, 900_000_000, 100_000]
  setRate(rates[0] ?? 0)
  let lastAtNs = now()
  const results = await hammer(table, 100_000, 0, () => {
    if (seconds(now() - lastAtNs) < 0.001) return
    lastAtNs = now()
    setRate(rates[limits.length % rates.length] ?? 0)
  })
  const last = limits.at(-1)
  if (last !== undefined) last.toNs = now()

  expect(limits.length).toBeGreaterThan(rates.length)
  expect(table.granted(0)).toBe(sum(results, ({ bytes }, index) => bytes[index] ?? 0))
  const granted = new Map(limits.map(({ epoch }) => [epoch, 0]))
  const over = new Map(limits.map(({ epoch, toNs }) => [epoch, toNs]))
  for (const { epochs, bytes, dueNs, count } of results) {
    for (let index = 0; index < count; index++) {
      const epoch = epochs[index] ?? -1
      // A ticket whose time comes after the limit has changed is void.
      if ((dueNs[index] ?? 0n) <= (over.get(epoch) ?? 0n)) {
        granted.set(epoch, (granted.get(epoch) ?? 0) + (bytes[index] ?? 0))
      }
    }
  }
  let total = 0
  for (const { epoch, rate, fromNs, toNs } of limits) {
    // Beside the limit: the tolerance, the ticket that begins at the end, and a unit of rounding for each thread.
    const slack = rate * (toleranceSeconds(rate) + THREADS * UNIT_SECONDS) + MAX_BYTES
    expect(granted.get(epoch)).toBeLessThanOrEqual(rate * seconds(toNs - fromNs) + slack)
    total += granted.get(epoch) ?? 0
  }
  expect(total).toBeGreaterThan(0)
})
