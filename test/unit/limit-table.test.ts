import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PAYBACK, paybackFraction, toleranceSeconds } from '../../src/main/flow/limit-numbers.ts'
import type { Carry, Ticket } from '../../src/main/flow/limit-table.ts'
import { LimitTable } from '../../src/main/flow/limit-table.ts'

const SECOND = 1_000_000_000n
const carry = (): Carry => ({ units: 0, lateNs: 0 })
const seconds = (ns: bigint) => Number(ns) / 1e9

function ticketOf(table: LimitTable, node: number, bytes: number, nowNs: bigint, memory = carry()): Ticket {
  const reservation = table.reserve(node, bytes, memory, nowNs)
  if (reservation.kind !== 'ticket') throw new Error(reservation.kind)
  return reservation
}

describe('the shared limiter', () => {
  it('spaces tickets by exactly their bytes over the rate', () => {
    const table = LimitTable.create(1, SECOND)
    table.setRate(0, 1000, SECOND)
    const due = [100, 100, 500, 1].map((bytes) => seconds(ticketOf(table, 0, bytes, SECOND).dueNs - SECOND))
    expect(due.map((value) => Math.round(value * 1000) / 1000)).toEqual([0, 0.1, 0.2, 0.7])
  })

  it('is not biased by the rounding of small tickets', () => {
    const table = LimitTable.create(1, SECOND)
    table.setRate(0, 100_000_000, SECOND)
    const memory = carry()
    let last = SECOND
    for (let count = 0; count < 1_000_000; count++) last = ticketOf(table, 0, 100, SECOND, memory).dueNs
    expect(seconds(last - SECOND)).toBeCloseTo(1, 5)
  })

  it('gives no credit at the start, and none for idle time beyond the tolerance', () => {
    const table = LimitTable.create(1, SECOND)
    table.setRate(0, 1_000_000, SECOND)
    const anHourOn = SECOND * 3600n
    let free = 0
    while (ticketOf(table, 0, 100, anHourOn).dueNs <= anHourOn) free += 100
    expect(free).toBeLessThanOrEqual(1_000_000 * toleranceSeconds(1_000_000) + 200)
  })

  it('earns nothing in a pause', () => {
    const table = LimitTable.create(1, SECOND)
    table.setRate(0, 1_000_000, SECOND)
    table.setRate(0, 0, SECOND * 2n)
    expect(table.reserve(0, 100, carry(), SECOND * 3n).kind).toBe('paused')
    table.setRate(0, 1_000_000, SECOND * 60n)
    expect(ticketOf(table, 0, 1000, SECOND * 60n).dueNs).toBeGreaterThanOrEqual(SECOND * 60n - 128n)
    expect(ticketOf(table, 0, 1000, SECOND * 60n).dueNs).toBeGreaterThan(SECOND * 60n)
  })

  it('voids every ticket when the rate changes, so that no debt survives', () => {
    const table = LimitTable.create(1, SECOND)
    table.setRate(0, 1024, SECOND)
    const first = ticketOf(table, 0, 1024 * 100, SECOND)
    const behind = ticketOf(table, 0, 1, SECOND)
    expect(seconds(behind.dueNs - SECOND)).toBeCloseTo(100, 3)
    table.setRate(0, 1_000_000, SECOND)
    expect(table.stands(first)).toBe(false)
    expect(table.stands(behind)).toBe(false)
    expect(ticketOf(table, 0, 1, SECOND).dueNs).toBeLessThanOrEqual(SECOND)
    // A ticket of the old rate gives nothing back to the new one.
    table.giveBack(first, 1024 * 100)
    expect(seconds(ticketOf(table, 0, 1_000_000, SECOND).dueNs - SECOND)).toBeCloseTo(0, 3)
    expect(seconds(ticketOf(table, 0, 1, SECOND).dueNs - SECOND)).toBeCloseTo(1, 3)
  })

  it('is after a cancelled ticket as if it had never joined', () => {
    const table = LimitTable.create(1, SECOND)
    table.setRate(0, 1000, SECOND)
    ticketOf(table, 0, 100, SECOND)
    const cancelled = ticketOf(table, 0, 5_000, SECOND)
    table.giveBack(cancelled, 5_000)
    expect(seconds(ticketOf(table, 0, 1, SECOND).dueNs - SECOND)).toBeCloseTo(0.1, 5)
    expect(table.granted(0)).toBe(101)
  })

  it('costs an unlimited node nothing and keeps nodes apart', () => {
    const table = LimitTable.create(3, SECOND)
    table.setRate(1, 1024, SECOND)
    expect(table.reserve(0, 1e9, carry(), SECOND).kind).toBe('unlimited')
    expect([0, 1, 2].map((node) => table.rate(node))).toEqual([null, 1024, null])
    table.setRate(1, null, SECOND)
    expect(table.rate(1)).toBe(null)
  })

  it('survives more rate changes than an epoch has values', () => {
    const table = LimitTable.create(1, SECOND)
    for (let change = 1; change <= 70_000; change++) table.setRate(0, change, SECOND)
    expect(table.rate(0)).toBe(70_000)
    expect(ticketOf(table, 0, 1, SECOND).kind).toBe('ticket')
  })

  it('pays back what late timers lost, slowly where it was little, and nothing beyond it', () => {
    const table = LimitTable.create(1, SECOND)
    const rate = 1_000_000
    table.setRate(0, rate, SECOND)
    const memory = carry()
    ticketOf(table, 0, 1000, SECOND, memory)
    // 40 ms late: all but the tolerance is lost, and owed.
    memory.lateNs = 40_000_000
    let now = SECOND + 40_000_000n
    ticketOf(table, 0, 1000, now, memory)
    expect(memory.lateNs / 1e9).toBeCloseTo(toleranceSeconds(rate), 6)
    memory.lateNs = 0
    const run = (lengthSeconds: number) => {
      const start = now
      let bytes = 0
      while (seconds(now - start) < lengthSeconds) {
        const ticket = ticketOf(table, 0, 10_000, now, memory)
        bytes += 10_000
        if (ticket.dueNs > now) now = ticket.dueNs
      }
      return bytes / rate / seconds(now - start)
    }
    run(0.1)
    expect(run(5)).toBeGreaterThan(1.002)
    expect(run(5)).toBeLessThanOrEqual(1.0051)
    run(20)
    expect(run(10)).toBeCloseTo(1, 2)
  })

  it('follows a late ticket at its own distance, until so much is owed that the mean comes first', () => {
    const table = LimitTable.create(1, SECOND)
    table.setRate(0, 1_000_000, SECOND)
    const memory = carry()
    const distances = Array.from({ length: 8 }, () => {
      const late = ticketOf(table, 0, 13_250, SECOND, memory)
      const releasedNs = late.dueNs + 8_000_000n
      memory.lateNs = 8_000_000
      table.noteRelease(late, memory, releasedNs)
      const next = ticketOf(table, 0, 13_250, releasedNs, memory)
      return Math.round(Number(next.dueNs - releasedNs) / 1e5) / 10
    })
    // 13.25 ms less the tolerance of 3 ms; from 30 ms owed on, what 8 ms of lateness leave of it.
    expect(distances.map((ms) => Math.round(ms))).toEqual([10, 10, 10, 10, 10, 10, 10, 5])
  })

  it('reaches the mean on a machine that stalls again and again', () => {
    const table = LimitTable.create(1, SECOND)
    const rate = 1_000_000
    table.setRate(0, rate, SECOND)
    const memory = carry()
    let now = SECOND
    let bytes = 0
    for (let turn = 0; seconds(now - SECOND) < 60; turn++) {
      const ticket = ticketOf(table, 0, 5_000, now, memory)
      bytes += 5_000
      if (ticket.dueNs > now) now = ticket.dueNs
      // Every 400th wake is 30 ms late: 1.3 % of the time is lost.
      if (turn % 400 === 0) now += 30_000_000n
      memory.lateNs = Math.max(0, Number(now - ticket.dueNs))
    }
    expect(bytes / rate / seconds(now - SECOND)).toBeGreaterThan(0.996)
    expect(bytes / rate / seconds(now - SECOND)).toBeLessThanOrEqual(1.001)
    const fractions = [0.04, 0.1, 0.4, 5].map((owed) => Math.round(paybackFraction(owed) * 1000) / 1000)
    expect(fractions).toEqual([0.003, 0.014, MAX_PAYBACK, MAX_PAYBACK])
  })

  it('grants at most limit × window + burst in every window, however it is polled', () => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          kind: fc.constant('ask' as const),
          lane: fc.nat(7),
          bytes: fc.integer({ min: 1, max: 4096 }),
        }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 60 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), lane: fc.nat(7) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.integer({ min: 1, max: 500 }) }),
      },
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1024, max: 10_000_000 }),
        fc.array(step, { minLength: 50, maxLength: 400 }),
        (rate, steps) => {
          const table = LimitTable.create(1, SECOND)
          table.setRate(0, rate, SECOND)
          let now = SECOND
          const memories = Array.from({ length: 8 }, carry)
          const pending: ({ ticket: Ticket; bytes: number } | null)[] = Array.from({ length: 8 }, () => null)
          const sent: { atNs: bigint; bytes: number }[] = []
          const release = () => {
            pending.forEach((held, lane) => {
              if (held === null || held.ticket.dueNs > now || !table.stands(held.ticket)) return
              sent.push({ atNs: now, bytes: held.bytes })
              const memory = memories[lane]
              if (memory) memory.lateNs = Number(now - held.ticket.dueNs)
              pending[lane] = null
            })
          }
          for (const one of steps) {
            if (one.kind === 'wait') now += BigInt(one.ms) * 1_000_000n
            if (one.kind === 'pause') {
              table.setRate(0, 0, now)
              now += BigInt(one.ms) * 1_000_000n
              table.setRate(0, rate, now)
              pending.fill(null)
            }
            if (one.kind === 'cancel') {
              const held = pending[one.lane]
              if (held) table.giveBack(held.ticket, held.bytes)
              pending[one.lane] = null
            }
            if (one.kind === 'ask' && pending[one.lane] === null) {
              const memory = memories[one.lane] ?? carry()
              pending[one.lane] = { ticket: ticketOf(table, 0, one.bytes, now, memory), bytes: one.bytes }
            }
            release()
          }
          // Tolerance, and every ticket that can be outstanding at once.
          const burst = rate * toleranceSeconds(rate) + 8 * 4096 + 1
          for (let from = 0; from < sent.length; from++) {
            let bytes = 0
            for (let to = from; to < sent.length; to++) {
              const window = seconds((sent[to]?.atNs ?? 0n) - (sent[from]?.atNs ?? 0n))
              bytes += sent[to]?.bytes ?? 0
              expect(bytes).toBeLessThanOrEqual(rate * (1 + MAX_PAYBACK) * window + burst)
            }
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})
