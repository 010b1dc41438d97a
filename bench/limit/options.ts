/** The kinds of rows, in the order in which they are measured. */
export const ROWS = [
  'rates',
  'connections',
  'senders',
  'tls',
  'small',
  'busy',
  'step',
  'pause',
  'fair',
  'cost',
] as const
export type RowKind = (typeof ROWS)[number]

const KIB = 1024
const MIB = 1024 ** 2

export interface LimitOptions {
  readonly rows: readonly RowKind[]
  /** Of the row `rates`; 80 % of the measured ceiling comes on top. */
  readonly rates: readonly number[]
  readonly connections: readonly number[]
  readonly senders: readonly number[]
  /** At each limit; longer where the limit is low or high, shorter where it is highest. */
  readonly seconds: number
  readonly runs: number
  /** The peers' own: most are so far from the goals that a stall of the machine could blur nothing. 0: no peers. */
  readonly peerRuns: number
}

/** The whole table: about forty minutes, up to twice as long where neighbours are busy. */
export const LIMIT_DEFAULTS: LimitOptions = {
  rows: ROWS,
  rates: [16 * KIB, 64 * KIB, MIB, 10 * MIB, 100 * MIB],
  connections: [1, 8, 32],
  senders: [1, 2, 4],
  seconds: 10,
  runs: 5,
  peerRuns: 1,
}

/** What `npm run bench` measures of limits. */
export const LIMIT_SHORT: LimitOptions = {
  ...LIMIT_DEFAULTS,
  rows: ['rates', 'step'],
  rates: [MIB, 10 * MIB],
  runs: 3,
}

/** From this much on, the first write alone is a noticeable part of few seconds. */
const FAST_BYTES_PER_SECOND = 50 * MIB
const FAST_TIMES = 1.5
/** From this much on, a second holds so many bytes that few seconds are enough, and more would fill the disk. */
const FASTEST_BYTES_PER_SECOND = 200 * MIB
const FASTEST_SECONDS = 4
/** Below this a second holds so few writes that more seconds are needed. */
const SLOW_BYTES_PER_SECOND = 64 * KIB

export function secondsAt(limitBytesPerSecond: number, { seconds }: LimitOptions): number {
  if (limitBytesPerSecond >= FASTEST_BYTES_PER_SECOND) return Math.min(seconds, FASTEST_SECONDS)
  if (limitBytesPerSecond >= FAST_BYTES_PER_SECOND) return FAST_TIMES * seconds
  return limitBytesPerSecond < SLOW_BYTES_PER_SECOND ? 2 * seconds : seconds
}
