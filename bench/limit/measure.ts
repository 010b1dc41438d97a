import type { Client, UploadOptions } from '../support/clients.ts'
import type { Evenness } from '../support/evenness.ts'
import { evenness } from '../support/evenness.ts'
import type { Run } from '../support/measured-run.ts'
import { run } from '../support/measured-run.ts'
import { median } from '../support/table.ts'
import type { Receiver } from './bench.ts'
import type { Workload } from './workload.ts'
import { suited } from './workload.ts'

export interface Setting {
  readonly receiver: Receiver
  readonly work: Workload
  readonly limitBytesPerSecond: number
  readonly connections: number
  readonly flags?: readonly string[]
}

export interface Measured {
  /** null: it was through in less than two seconds, so it kept no limit. */
  readonly even: Evenness | null
  readonly cpuSeconds: number
  readonly seconds: number
  /** The worst lateness of a timer at the receiver: what the machine itself adds. */
  readonly stallMs: number
}

/** One upload under a limit, as it arrives. */
export async function measure(client: Client, setting: Setting): Promise<Measured> {
  const { receiver, limitBytesPerSecond } = setting
  await receiver.server.reset()
  const { cpuSeconds, seconds } = await upload(client, setting, { limitBytesPerSecond })
  const { arrivals, lateMs } = await receiver.server.report()
  return { even: evenness(arrivals, limitBytesPerSecond), cpuSeconds, seconds, stallMs: lateMs?.worst ?? 0 }
}

/** The same upload without a limit. */
export function unlimited(client: Client, setting: Setting): Promise<Run> {
  return upload(client, setting, {})
}

async function upload(client: Client, setting: Setting, limit: UploadOptions): Promise<Run> {
  const { receiver, work, connections, flags = [] } = setting
  const { client: able, path } = suited(client, work)
  const key = `${crypto.randomUUID()}${path.endsWith('/') ? '/' : ''}`
  return await run(await able.upload(receiver.target, path, key, { ...limit, connections, flags }))
}

/** Each figure's own median: one stall of the machine empties a window of one run. */
export function middleOf(done: readonly Measured[]): Measured {
  const of = (pick: (measured: Measured) => number) => median(done.map(pick))
  const evens = done.flatMap(({ even }) => even ?? [])
  const ofEven = (pick: (even: Evenness) => number) => median(evens.map(pick))
  return {
    even:
      evens.length * 2 < done.length
        ? null
        : {
            seconds: ofEven(({ seconds }) => seconds),
            mean: ofEven(({ mean }) => mean),
            busiest1s: ofEven(({ busiest1s }) => busiest1s),
            busiest100ms: ofEven(({ busiest100ms }) => busiest100ms),
            emptiest100ms: ofEven(({ emptiest100ms }) => emptiest100ms),
            silenceSeconds: ofEven(({ silenceSeconds }) => silenceSeconds),
          },
    cpuSeconds: of(({ cpuSeconds }) => cpuSeconds),
    seconds: of(({ seconds }) => seconds),
    stallMs: of(({ stallMs }) => stallMs),
  }
}
