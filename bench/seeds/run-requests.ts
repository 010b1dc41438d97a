import { BIN_MS } from '../support/recorder.ts'
import type { Figures } from './figures.ts'
import { figures } from './figures.ts'
import type { RequestSystem } from './system.ts'
import { RequestQueue } from './system.ts'
import { Line, World } from './world.ts'

/** The mean time of one request that the tutorial reports. */
const REQUEST_SECONDS = 1.033

export interface RequestScenario {
  readonly name: string
  readonly requestsPerSecond: number
  readonly seconds: number
  /** Entries that are put into the queue, in order of time. */
  readonly arrivals: readonly { readonly atSeconds: number; readonly entries: number }[]
  /** What comes before is not judged. */
  readonly judgedFromSeconds?: number
}

export interface RequestRun {
  readonly figures: Figures
  readonly ratios: readonly number[]
  readonly requests: number
  /** As it was at the end. */
  readonly tokensTaken: number
  /** Timers that fired; two of them for each request itself. */
  readonly wakes: number
}

/** Deterministic: the same arguments always give the same run. */
export async function runRequests(system: RequestSystem, scenario: RequestScenario): Promise<RequestRun> {
  const world = new World()
  const line = new Line(world, scenario.seconds)
  const queue = new RequestQueue(0)
  for (const { atSeconds, entries } of scenario.arrivals) {
    if (atSeconds === 0) queue.put(entries)
    else world.at(atSeconds, () => queue.put(entries))
  }
  let requests = 0
  const count = system.start(world, scenario.requestsPerSecond, queue, async () => {
    requests += 1
    await line.send(0, 1)
    await world.sleep(REQUEST_SECONDS)
  })
  await world.run(scenario.seconds)
  const from = Math.round(((scenario.judgedFromSeconds ?? 0) * 1000) / BIN_MS)
  const ratios = line.bins.slice(from).map((sent) => (sent * 1000) / (BIN_MS * scenario.requestsPerSecond))
  return { figures: figures(ratios), ratios, requests, tokensTaken: count.tokensTaken, wakes: world.wakes }
}
