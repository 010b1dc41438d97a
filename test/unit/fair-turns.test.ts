import { describe, expect, it } from 'vitest'
import type { Turn } from '../../src/main/flow/fair-turns.ts'
import { FairTurns } from '../../src/main/flow/fair-turns.ts'

const BODY = 8_000
const WRITE = 100
/** What the node gives between two beginnings, where bodies are long enough. */
const APART = 1_000

interface Lane extends Turn {
  leftBytes: number
}

/** Lanes that send body after body, a write a turn; answers whose turn each write was. */
function serve(turns: FairTurns<Lane>, lanes: Lane[], writes: number): Lane[] {
  for (const lane of lanes) turns.add(lane)
  return Array.from({ length: writes }, () => {
    const lane = turns.first()
    if (lane === null) throw new Error('somebody waits at any time')
    turns.serve(lane, WRITE)
    lane.leftBytes = lane.leftBytes > WRITE ? lane.leftBytes - WRITE : BODY
    Object.assign(lane, { beginsBytes: lane.leftBytes === BODY ? BODY : 0 })
    turns.add(lane)
    return lane
  })
}

function newLane(weight = 1): Lane {
  return { connection: {}, weight, group: 1, groupWeight: 1, beginsBytes: BODY, leftBytes: BODY }
}

function lanes(count: number, weight = 1): Lane[] {
  return Array.from({ length: count }, () => newLane(weight))
}

/** At which write of all each lane ends a body. */
function ends(served: readonly Lane[], lane: Lane): number[] {
  const ends: number[] = []
  let writes = 0
  served.forEach((one, at) => {
    if (one === lane && ++writes % (BODY / WRITE) === 0) ends.push(at)
  })
  return ends
}

describe('bodies of a group', () => {
  for (const [count, weight] of [
    [2, 1],
    [4, 1],
    [4, 0.25],
  ] as const) {
    it(`of ${count} lanes of weight ${weight} never end together`, () => {
      const all = lanes(count, weight)
      const served = serve(new FairTurns(() => APART), all, 4_000)
      const ended = all.flatMap((lane) => ends(served, lane)).sort((a, b) => a - b)
      const between = ended.slice(1).map((at, index) => (at - (ended[index] ?? 0)) * WRITE)
      expect(Math.min(...between)).toBeGreaterThanOrEqual(APART - count * WRITE)
      for (const lane of all) {
        const part = served.filter((one) => one === lane).length / served.length
        expect(part).toBeGreaterThan(0.98 / count)
      }
    })
  }

  it('are no further apart than half of them have room for', () => {
    const all = lanes(4)
    const served = serve(new FairTurns(() => 1e9), all, 4_000)
    const began = all.map((lane) => served.indexOf(lane))
    // Of 4 000 bytes a quarter for each: the last begins 3 000 bytes of its own after the first.
    expect(Math.max(...began) * WRITE).toBeLessThanOrEqual(1_000 + 2 * 1_000 + 3 * 1_000)
  })

  it('are not put off again by one who asks anew', () => {
    const turns = new FairTurns<Lane>(() => APART)
    const [first, second] = [newLane(), newLane()]
    turns.add(first)
    turns.serve(first, WRITE)
    turns.add({ ...first, beginsBytes: 0 })
    for (let times = 0; times < 100; times++) {
      turns.add(second)
      turns.remove(second)
    }
    turns.add(second)
    let next = turns.first()
    for (let turn = 0; turn * WRITE < APART && next !== second; turn++) {
      if (next === null) throw new Error('both wait')
      turns.serve(next, WRITE)
      turns.add(next)
      next = turns.first()
    }
    expect(next).toBe(second)
  })

  it('that begin while nobody else waits go at once, and hold nobody up afterwards', () => {
    const turns = new FairTurns<Lane>(() => APART)
    const [writing, beginning] = [newLane(), newLane()]
    turns.add(writing)
    turns.serve(writing, WRITE)
    turns.add(beginning)
    expect(turns.first()).toBe(beginning)
    turns.serve(beginning, WRITE)
    turns.add({ ...beginning, beginsBytes: 0 })
    const within = { ...writing, beginsBytes: 0 }
    turns.add(within)
    // It has what it would have had: so much of its body is to go before the other goes on.
    for (let sent = 0; sent < APART; sent += WRITE) {
      expect(turns.first()).toBe(within)
      turns.serve(within, WRITE)
      turns.add(within)
    }
  })

  it('that had to wait for their beginning give a newcomer no credit', () => {
    const turns = new FairTurns<Lane>(() => APART)
    const [first, second] = [newLane(), newLane()]
    serve(turns, [first, second], 2)
    for (let turn = 0; turn * WRITE < APART && turns.first() === first; turn++) {
      turns.serve(first, WRITE)
      turns.add(first)
    }
    turns.serve(second, WRITE)
    const newcomer = { ...newLane(), beginsBytes: 0 }
    turns.add(newcomer)
    turns.add({ ...second, beginsBytes: 0 })
    turns.serve(turns.first() ?? newcomer, WRITE)
    turns.add(newcomer)
    expect(turns.first()).not.toBe(newcomer)
  })
})
