import type { ByteScenario, StreamPlan } from './run-bytes.ts'
import type { RequestScenario } from './run-requests.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** What an HTTP client reads at a time. */
const WRITE_BYTES = 16 * KIB

const streams = (count: number, plan: Partial<StreamPlan> = {}): StreamPlan[] =>
  Array.from({ length: count }, () => ({ writeBytes: WRITE_BYTES, ...plan }))

/** Ten streams that always have data: every limiter of bytes serves it. */
export const SATURATION: ByteScenario = {
  name: '10 streams at 1 MiB/s, 20 s',
  limit: MIB,
  seconds: 20,
  streams: streams(10),
}

export const LOW_LIMIT: ByteScenario = {
  name: '10 streams at 32 KiB/s, 20 s',
  limit: 32 * KIB,
  seconds: 20,
  streams: streams(10),
}

export const MANY_STREAMS: ByteScenario = {
  name: '32 streams at 1 MiB/s, 20 s',
  limit: MIB,
  seconds: 20,
  streams: streams(32),
}

/** Nine of ten are cancelled while they wait; the tenth could have the whole limit. */
export const CANCELLED_WAITERS: ByteScenario = {
  name: '9 of 10 streams cancelled',
  limit: MIB,
  seconds: 60,
  streams: [...streams(1), ...streams(9, { cancelAtSeconds: 10.1 })],
  judgedFromSeconds: 20,
}

/** Everybody is cancelled while waiting: what is left in the schedule belongs to nobody. */
export const ALL_CANCELLED: ByteScenario = {
  ...CANCELLED_WAITERS,
  name: '10 of 10 streams cancelled',
  streams: streams(10, { cancelAtSeconds: 10.1 }),
}

/** The first second of one stream, before anything has been sent. */
export const FIRST_SECOND: ByteScenario = { ...SATURATION, name: 'the first second', seconds: 1, streams: streams(1) }

export const ONE_STREAM_LOW: ByteScenario = {
  ...SATURATION,
  name: '1 stream at 64 KiB/s, 20 s',
  limit: 64 * KIB,
  streams: streams(1),
}

export const RATE_CHANGE: ByteScenario = {
  name: '1 MiB/s, then 256 KiB/s, then 2 MiB/s',
  limit: MIB,
  seconds: 30,
  streams: streams(4),
  steps: [
    { atSeconds: 10, limit: 256 * KIB },
    { atSeconds: 20, limit: 2 * MIB },
  ],
}

/** The last stream's writes are as large as a second of the limit. */
export const BIG_AMONG_SMALL: ByteScenario = {
  name: '1 stream of 1 MiB writes among 4 of 16 KiB',
  limit: MIB,
  seconds: 20,
  streams: [...streams(4), { writeBytes: MIB, fromSeconds: 0.5 }],
}

const IDLE_UNTIL_SECONDS = 1198

/** A little in each of two windows of ten minutes, nothing in between, then four streams that always have data. */
export const IDLE_THEN_BURST: ByteScenario = {
  name: '20 minutes idle, then 4 streams at 32 KiB/s',
  limit: 32 * KIB,
  seconds: IDLE_UNTIL_SECONDS + 60,
  streams: [
    { writeBytes: KIB, totalBytes: KIB },
    { writeBytes: KIB, totalBytes: KIB, fromSeconds: 600.1 },
    ...streams(4, { fromSeconds: IDLE_UNTIL_SECONDS }),
  ],
  judgedFromSeconds: IDLE_UNTIL_SECONDS,
}

const SIX_TIMES = [0, 10, 20, 30, 40, 50]

/** Six uploads of a minute's worth each begin ten seconds apart, and the same limit is set again before each. */
export const SET_AGAIN: ByteScenario = {
  name: 'the same limit set again every 10 s',
  limit: 100_000,
  seconds: 60,
  streams: SIX_TIMES.map((fromSeconds) => ({ writeBytes: 6_000_000, totalBytes: 6_000_000, fromSeconds })),
  steps: SIX_TIMES.slice(1).map((beginsAt) => ({ atSeconds: beginsAt - 0.5, limit: 100_000 })),
}

export const BUSY_QUEUE: RequestScenario = {
  name: '12 requests/s, queue never empty',
  requestsPerSecond: 12,
  seconds: 20,
  arrivals: [{ atSeconds: 0, entries: 1000 }],
  // The first request of all needs no interval before it; from half an interval before the thirteenth on, each has one.
  judgedFromSeconds: 0.96,
}

export const EMPTY_QUEUE: RequestScenario = {
  name: 'an empty queue for 10 s, then 60 requests',
  requestsPerSecond: 12,
  seconds: 15.5,
  arrivals: [{ atSeconds: 10.5, entries: 60 }],
  judgedFromSeconds: 10.5,
}

export const NO_REQUESTS: RequestScenario = {
  name: 'an empty queue for 10 s',
  requestsPerSecond: 12,
  seconds: 10,
  arrivals: [],
}
