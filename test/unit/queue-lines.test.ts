import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Run } from '../../src/main/core/queue-lines.ts'
import { extendRuns, QueueLines, runsOf } from '../../src/main/core/queue-lines.ts'

/** A list by the batch of each of its transfers, with a header for each batch that has several. */
function linesOf(batches: readonly number[], collapsed: readonly number[] = []): QueueLines {
  const list = batches.map((batchId) => ({ batchId }))
  const several = (batchId: number) => batches.filter((one) => one === batchId).length > 1
  return new QueueLines(runsOf(list), new Set(collapsed), several)
}

/** `#1` for a header, `#1…` for a continued one, `#1+` for a collapsed one, and the index of a transfer. */
function drawn(lines: QueueLines, first = 0, count = Number.POSITIVE_INFINITY): string[] {
  const { headers, stretches } = lines.slice(first, count)
  const headerAt = new Map(headers.map((header) => [header.line, header]))
  const rows = stretches.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, at) => `${start + at}`))
  const drawn: string[] = []
  for (;;) {
    const header = headerAt.get(first + drawn.length)
    const row = header === undefined ? rows.shift() : null
    if (row === undefined) return drawn
    const mark = header?.isCollapsed ? '+' : header?.isContinued ? '…' : ''
    drawn.push(row ?? `#${header?.batchId}${mark}`)
  }
}

describe('the lines of a list', () => {
  it('have a header above each batch of several files, and none above a single one', () => {
    expect(drawn(linesOf([1, 1, 2, 3, 3]))).toEqual(['#1', '0', '1', '2', '#3', '3', '4'])
    expect(drawn(linesOf([]))).toEqual([])
  })

  it('leave the header of a collapsed batch only, and say how many there are', () => {
    const lines = linesOf([1, 1, 2, 3, 3], [1, 2])
    expect(drawn(lines)).toEqual(['#1+', '2', '#3', '3', '4'])
    expect(lines.count).toBe(5)
  })

  it('repeat the header where another batch came between, and hide all of it behind the first', () => {
    expect(drawn(linesOf([1, 2, 2, 1]))).toEqual(['#1', '0', '#2', '1', '2', '#1…', '3'])
    expect(drawn(linesOf([1, 2, 2, 1], [1]))).toEqual(['#1+', '#2', '1', '2'])
  })

  it('count what of a batch is in the list, wherever it is', () => {
    expect([...linesOf([1, 2, 2, 1, 4], [1]).matching]).toEqual([
      [1, 2],
      [2, 2],
      [4, 1],
    ])
  })

  it('tell a header what is above and below it, hidden ones left out', () => {
    const { headers } = linesOf([1, 1, 2, 1, 3, 3], [1]).slice(0, 10)
    expect(headers).toMatchObject([
      { batchId: 1, first: 0, last: 1, above: null, below: 2 },
      { batchId: 3, first: 4, last: 5, above: 2, below: null },
    ])
  })

  it('in part bring the header that they begin under, even where that is further up', () => {
    expect(linesOf([1, 1, 1, 2]).slice(2, 1).headers).toMatchObject([{ batchId: 1, line: 0 }])
    expect(linesOf([1, 1, 2, 3, 3]).slice(3, 1).headers).toEqual([])
  })

  it('in part are that part of the whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 40 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 5 })),
        fc.nat(45),
        fc.nat(10),
        (batches, collapsed, first, count) => {
          const lines = linesOf(batches, collapsed)
          const whole = drawn(lines)
          expect(whole.length).toBe(lines.count)
          expect(drawn(lines, first, count)).toEqual(whole.slice(first, first + count))
        },
      ),
    )
  })

  it('of a million transfers are laid out by their runs: no transfer is looked at', () => {
    const runs: Run[] = []
    for (let at = 0; at < 1_000_000; at++) extendRuns(runs, at < 400_000 ? 1 : 2)
    expect(runs).toEqual([
      { batchId: 1, start: 0, count: 400_000 },
      { batchId: 2, start: 400_000, count: 600_000 },
    ])
    let asked = 0
    const lines = new QueueLines(runs, new Set([1]), () => ++asked > 0)
    expect(asked).toBe(2)
    expect(lines.count).toBe(600_002)
    expect(lines.slice(500_000, 60).stretches).toEqual([{ start: 899_998, end: 900_058 }])
  })
})
