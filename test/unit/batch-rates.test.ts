import { expect, it } from 'vitest'
import { BatchRates } from '../../src/main/engine/batch-rates.ts'
import type { Transfer } from '../../src/main/engine/transfer-record.ts'
import { newTransfer } from '../../src/main/engine/transfer-record.ts'
import { DEFAULTS } from '../support/engine-scene.ts'

const identity = { sizeBytes: 1e6, mtimeNs: 0n, inode: 0n, device: 0n }

function transfer(id: number, batchId: number): Transfer {
  return newTransfer({ id, batchId, destinationId: 'd', path: `/${id}`, key: `${id}`, options: DEFAULTS, identity })
}

it('is the rate of all files of a batch, from the first look at it until it rests', () => {
  const rates = new BatchRates()
  const [one, two, other] = [transfer(1, 1), transfer(2, 1), transfer(3, 2)]
  let confirmed = 0
  const look = (atMs: number, inFlight: readonly (readonly [Transfer, number])[]) =>
    rates.sample(new Map(inFlight), () => confirmed, atMs)

  // What had gone before the first look says nothing about how fast it went.
  look(1_000, [
    [one, 500_000],
    [other, 10],
  ])
  expect(rates.rate(1)).toBe(0)
  look(1_250, [
    [one, 750_000],
    [two, 250_000],
    [other, 10],
  ])
  expect(rates.inFlight(1)).toBe(1_000_000)
  expect(rates.rate(1)).toBe(2_000_000)
  expect(rates.rate(2)).toBe(0)

  // One ends, and what it sent is confirmed: nothing is lost or counted twice.
  confirmed = 1_000_000
  look(1_500, [[two, 500_000]])
  expect(rates.rate(1)).toBe(2_000_000)

  look(1_750, [])
  look(10_000, [])
  expect(rates.rate(1)).toBe(0)
})
