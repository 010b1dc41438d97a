import { BIN_MS } from '../support/recorder.ts'
import type { Figures } from './figures.ts'
import { figures } from './figures.ts'
import type { ByteLimiter, ByteSystem } from './system.ts'
import { Line, World } from './world.ts'

/** One stream's load: whole writes of `writeBytes`, one after the other, as long as the limiter lets it. */
export interface StreamPlan {
  readonly writeBytes: number
  readonly fromSeconds?: number
  /** Ends after this many bytes; without it, it always has data. */
  readonly totalBytes?: number
  readonly cancelAtSeconds?: number
}

/** An offered load under one limit; the same for every system. */
export interface ByteScenario {
  readonly name: string
  readonly limit: number
  readonly seconds: number
  readonly streams: readonly StreamPlan[]
  /** The rate is set, to another or to the same. A system without a way to do it keeps what it has. */
  readonly steps?: readonly { readonly atSeconds: number; readonly limit: number }[]
  /** What comes before is not judged. */
  readonly judgedFromSeconds?: number
}

export interface ByteRun<L> {
  readonly figures: Figures
  /** What left, divided by what the limit allowed, for each bin of BIN_MS from `judgedFromSeconds` on. */
  readonly ratios: readonly number[]
  readonly sentBy: readonly number[]
  readonly sent: number
  /** As it was at the end. */
  readonly limiter: L
}

/** Deterministic: the same arguments always give the same run. */
export async function runBytes<L extends ByteLimiter>(
  system: ByteSystem<L>,
  scenario: ByteScenario,
): Promise<ByteRun<L>> {
  const world = new World()
  const line = new Line(world, scenario.seconds)
  const limiter = system.create(world, scenario.limit)
  for (const { atSeconds, limit } of scenario.steps ?? []) world.at(atSeconds, () => limiter.setRate?.(limit))
  scenario.streams.forEach((plan, index) => {
    const stop = new AbortController()
    const cancelAt = plan.cancelAtSeconds
    if (cancelAt !== undefined) world.at(cancelAt, () => stop.abort(new Error('cancelled')))
    world.start(async () => {
      if (plan.fromSeconds !== undefined) await world.sleep(plan.fromSeconds)
      const stream = limiter.open()
      stop.signal.addEventListener('abort', () => stream.close())
      const totalBytes = plan.totalBytes ?? Number.POSITIVE_INFINITY
      for (let written = 0; written < totalBytes && !stop.signal.aborted; written += plan.writeBytes) {
        await stream.write(plan.writeBytes, (bytes) => line.send(index, bytes), stop.signal)
      }
      if (!stop.signal.aborted) stream.close()
    }, stop.signal)
  })
  await world.run(scenario.seconds)
  const from = Math.round(((scenario.judgedFromSeconds ?? 0) * 1000) / BIN_MS)
  const ratios = line.bins
    .slice(from)
    .map((bytes, bin) => bytes / ((limitAt(scenario, ((from + bin) * BIN_MS) / 1000) * BIN_MS) / 1000))
  const sentBy = scenario.streams.map((_, index) => line.sentBy[index] ?? 0)
  return { figures: figures(ratios), ratios, sentBy, sent: sentBy.reduce((sum, bytes) => sum + bytes, 0), limiter }
}

/** The limit that stands at a time of the scenario, in bytes per second. */
export function limitAt({ limit, steps = [] }: ByteScenario, seconds: number): number {
  return steps.findLast(({ atSeconds }) => atSeconds <= seconds)?.limit ?? limit
}
