import { beforeEach, describe, expect, it } from 'vitest'
import type { Ticket } from '../../src/main/flow/limit-table.ts'
import { LimitTable } from '../../src/main/flow/limit-table.ts'
import { MOST_OF_A_SLOT, Slot } from '../../src/main/flow/slot.ts'

const RATE = 1_000_000
/** Lasts 16 ms. */
const SLOT = 16_000
const LITTLE = SLOT / 16
const MANY = 1_000_000

describe('a slot', () => {
  let nowNs: bigint
  let table: LimitTable
  let slot: Slot

  beforeEach(() => {
    nowNs = 5_000_000_000n
    table = LimitTable.create(1, nowNs)
    table.setRate(0, RATE, nowNs)
    slot = new Slot(table)
  })

  function open(): void {
    slot.open(table.reserve(0, SLOT, { units: 0, lateNs: 0 }, nowNs) as Ticket, nowNs)
  }

  function take(leftBytes: number, leastBytes = 1, mostBytes = leftBytes): number {
    return slot.take({ leftBytes, leastBytes, mostBytes }, nowNs)
  }

  it('has nothing before its time has come', () => {
    expect(take(MANY)).toBe(0)
    expect(take(1)).toBe(0)
  })

  it('goes whole to one who has enough, and then there is none until the next', () => {
    open()
    expect(take(MANY)).toBe(SLOT)
    expect(take(MANY)).toBe(0)
    open()
    expect(take(MANY)).toBe(SLOT)
  })

  it('goes to several where one has too little left', () => {
    open()
    expect(take(3_000)).toBe(3_000)
    expect(take(4_000)).toBe(4_000)
    expect(take(MANY)).toBe(9_000)
    expect(take(MANY)).toBe(0)
  })

  it('lets a little more go rather than a few bytes stay behind, and the next slot has as much less', () => {
    open()
    expect(take(SLOT + LITTLE)).toBe(SLOT + LITTLE)
    expect(take(1)).toBe(0)
    open()
    expect(take(MANY)).toBe(SLOT - LITTLE)
  })

  it('keeps a little for the next slot rather than letting few bytes go', () => {
    open()
    expect(take(SLOT - LITTLE + 1)).toBe(SLOT - LITTLE + 1)
    expect(take(MANY)).toBe(0)
    open()
    expect(take(MANY)).toBe(SLOT + LITTLE - 1)
  })

  it('never gives more than MOST_OF_A_SLOT, nor more than is at hand', () => {
    open()
    take(SLOT - LITTLE + 1)
    open()
    expect(take(SLOT + 2 * LITTLE - 1)).toBe(MOST_OF_A_SLOT * SLOT - 1)
    open()
    open()
    expect(take(MANY, 1, 500)).toBe(500)
  })

  it('waits for more slots where a head is larger than one', () => {
    open()
    expect(take(MANY, SLOT + 1)).toBe(0)
    open()
    expect(take(MANY, SLOT + 1)).toBe(2 * SLOT)
  })

  it('gives back to the node what nobody took in its time', () => {
    open()
    take(5_000)
    expect(table.granted(0)).toBe(SLOT)
    nowNs += 20_000_000n
    expect(take(MANY)).toBe(0)
    expect(table.granted(0)).toBe(5_000)
    expect(take(MANY)).toBe(0)
    expect(table.granted(0)).toBe(5_000)
  })

  it('has again what was taken and not sent', () => {
    open()
    const { ticket } = slot
    expect(take(MANY)).toBe(SLOT)
    slot.giveBack(ticket as Ticket, 6_000)
    expect(take(MANY)).toBe(6_000)
  })

  it('is void with its limit, and what was taken of it is not given back to a later one', () => {
    open()
    const before = slot.ticket as Ticket
    expect(take(5_000)).toBe(5_000)
    table.setRate(0, 2 * RATE, nowNs)
    expect(take(MANY)).toBe(0)
    open()
    slot.giveBack(before, 5_000)
    expect(take(MANY)).toBe(SLOT)
  })
})
