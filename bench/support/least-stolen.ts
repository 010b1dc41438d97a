import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'

/** Of the processors' time. A quiet virtual machine loses less than this to its neighbours. */
const QUIET_PERCENT = 0.5
/** Where the neighbours are busy there are more runs than wanted, but at most so many times as many. */
const MOST_TIMES = 2
/** The kernel counts in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** The runs that a figure is taken from. */
export interface LeastStolen<T> {
  readonly kept: readonly T[]
  /** How many there were, with those set aside. */
  readonly runs: number
  /** What the hypervisor took during the worst of those kept, in percent of the processors' time. */
  readonly stolenPercent: number
}

/** Says how much of the processors' time others have had since the machine's start, in seconds of all processors together. */
export type StolenSeconds = () => Promise<number>

/**
 * Runs `once` until `wanted` runs were quiet, at most twice as many times, and keeps those during which the least was stolen. What
 * a run measured has no say in it: whoever is not run for 30 ms sends nothing for 30 ms, whatever program it is.
 */
export async function leastStolen<T>(
  wanted: number,
  once: () => Promise<T>,
  stolenSeconds: StolenSeconds = stolenFromSystem,
): Promise<LeastStolen<T>> {
  const done: { readonly result: T; readonly percent: number }[] = []
  const quiet = () => done.filter(({ percent }) => percent <= QUIET_PERCENT).length
  while (quiet() < wanted && done.length < MOST_TIMES * wanted) {
    const [beganAt, stolenBefore] = [performance.now(), await stolenSeconds()]
    const result = await once()
    const stolen = (await stolenSeconds()) - stolenBefore
    const seconds = ((performance.now() - beganAt) / 1000) * cpus().length
    done.push({ result, percent: (stolen / seconds) * 100 })
  }
  const kept = done.toSorted((one, other) => one.percent - other.percent).slice(0, wanted)
  return { kept: kept.map(({ result }) => result), runs: done.length, stolenPercent: kept.at(-1)?.percent ?? 0 }
}

/** `5 of 7, 0.3 %` in a column of runs kept and time stolen. */
export function formatRuns({ kept, runs, stolenPercent }: LeastStolen<unknown>): string {
  return `${kept.length} of ${runs}, ${stolenPercent.toFixed(1)} %`
}

/** 0 where the system does not say: only a virtual machine on Linux knows. */
async function stolenFromSystem(): Promise<number> {
  const stat = await readFile('/proc/stat', 'utf8').catch(() => '')
  // cpu, user, nice, system, idle, iowait, irq, softirq, steal
  const ticks = Number(stat.split('\n')[0]?.trim().split(/\s+/)[8] ?? 0)
  return Number.isFinite(ticks) ? ticks / TICKS_PER_SECOND : 0
}
