import type { Evenness } from '../support/evenness.ts'
import { BIN_MS } from '../support/recorder.ts'

const KIB = 1024
const MIB = 1024 ** 2

/** What a limit is held to at the receiver, as ratios to it. null: nothing is asked. */
export interface Goals {
  readonly mean: readonly [least: number, most: number]
  readonly busiest1s: number | null
  readonly busiest100ms: number | null
  readonly emptiest100ms: number | null
  readonly silenceSeconds: number | null
}

/** Of small files only the mean is asked: their heads and answers come as they come. */
export const SMALL_FILES_GOALS: Goals = {
  mean: [0.995, 1.002],
  busiest1s: null,
  busiest100ms: null,
  emptiest100ms: null,
  silenceSeconds: null,
}

/** The final goals, by rate. */
export function goalsAt(limitBytesPerSecond: number): Goals {
  if (limitBytesPerSecond < 64 * KIB) return { ...SMALL_FILES_GOALS, mean: [0.99, 1.005], silenceSeconds: 5 }
  const all = { busiest1s: 1.01, silenceSeconds: null }
  if (limitBytesPerSecond < MIB) return { ...all, mean: [0.995, 1.002], busiest100ms: 1.2, emptiest100ms: 0.75 }
  const mean = [0.998, 1.001] as const
  if (limitBytesPerSecond < 10 * MIB) return { ...all, mean, busiest100ms: 1.08, emptiest100ms: 0.92 }
  return { ...all, mean, busiest100ms: 1.06, emptiest100ms: 0.94 }
}

/** What of `goals` is missed, with what was asked; empty where all are met. */
export function missedOf(even: Evenness, goals: Goals): string[] {
  const [least, most] = goals.mean
  const above = (name: string, value: number, limit: number | null) =>
    limit !== null && value > limit ? [`${name} ≤ ${limit}`] : []
  return [
    ...(even.mean < least || even.mean > most ? [`mean ${least} to ${most}`] : []),
    ...above('busiest 1 s', even.busiest1s, goals.busiest1s),
    ...above('busiest 100 ms', even.busiest100ms, goals.busiest100ms),
    ...(goals.emptiest100ms !== null && even.emptiest100ms < goals.emptiest100ms
      ? [`emptiest 100 ms ≥ ${goals.emptiest100ms}`]
      : []),
    ...above('silence', even.silenceSeconds, goals.silenceSeconds),
  ]
}

/** A change has settled when windows of this length stay within SETTLED of the new limit. */
export function settleWindowMs(limitBytesPerSecond: number): number {
  return limitBytesPerSecond < 100_000 ? 50 * BIN_MS : 10 * BIN_MS
}

/** A write of the whole quantum more or less in a window is 7.5 %. */
export const SETTLED = 0.1

export function settleGoalMs(limitBytesPerSecond: number): number {
  return limitBytesPerSecond < 100_000 ? 500 : 100
}
