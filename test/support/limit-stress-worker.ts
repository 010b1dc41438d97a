import { parentPort, workerData } from 'node:worker_threads'
import { LimitTable } from '../../src/main/flow/limit-table.ts'

export interface StressData {
  readonly limits: SharedArrayBuffer
  /** Cell 0 counts the threads that are ready; they go on together once it is `threads`. */
  readonly ready: SharedArrayBuffer
  readonly threads: number
  readonly seed: number
  readonly turns: number
  /** What part of the tickets is given back at once. */
  readonly givenBack: number
}

/** The tickets that were kept, column by column. */
export interface StressResult {
  readonly epochs: Uint32Array
  readonly bytes: Uint32Array
  readonly costUnits: Float64Array
  readonly dueNs: BigInt64Array
  readonly count: number
}

/** Hammers node 0: reserves as fast as it can, without waiting for anything. */
const { limits, ready, threads, seed, turns, givenBack } = workerData as StressData
const table = new LimitTable(limits)
const carry = { units: 0, lateNs: 0 }
const result = {
  epochs: new Uint32Array(turns),
  bytes: new Uint32Array(turns),
  costUnits: new Float64Array(turns),
  dueNs: new BigInt64Array(turns),
}
let count = 0
let state = seed
const random = () => {
  state = (state * 16807) % 2147483647
  return state / 2147483647
}

const gate = new Int32Array(ready)
Atomics.add(gate, 0, 1)
Atomics.notify(gate, 0)
for (let seen = Atomics.load(gate, 0); seen < threads; seen = Atomics.load(gate, 0)) Atomics.wait(gate, 0, seen)

for (let turn = 0; turn < turns; turn++) {
  const bytes = 1 + Math.floor(random() * 1000)
  const ticket = table.reserve(0, bytes, carry, process.hrtime.bigint())
  if (ticket.kind !== 'ticket') continue
  if (random() < givenBack) {
    table.giveBack(ticket, bytes)
    continue
  }
  result.epochs[count] = ticket.epoch
  result.bytes[count] = bytes
  result.costUnits[count] = ticket.costUnits
  result.dueNs[count] = ticket.dueNs
  count++
}
parentPort?.postMessage({ ...result, count } satisfies StressResult)
