import type { LimitedBy } from '../../shared/contract.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { concernsDestination } from '../../shared/errors.ts'
import type { Phase } from '../../shared/transfer.ts'
import { assertNever } from '../../shared/transfer.ts'
import type { Slowness, TimeShares } from '../../shared/transfer-details.ts'

/**
 * "Why is it slow?", from measured causes: connections count the time that they spend on each thing, and what they
 * spend most on is what binds. Of two brakes only one is waited for: behind a limit the network is idle,
 * and a line that is slower than the limit leaves nobody waiting for tickets. Pure.
 */

/** What a connection can be at, beside resting: see `counters.ts`. */
export const ACTIVITIES = ['limit', 'turn', 'read', 'write', 'answer', 'work'] as const
export type Activity = (typeof ACTIVITIES)[number]

/** Milliseconds, summed over connections. */
export type TimeSpent = Readonly<Record<Activity, number>>

/** Where connections spent the last seconds. */
export interface TimeFacts {
  readonly spent: TimeSpent
  /** What connections lost while the server had asked for less. */
  readonly restedMs: number
  /** The server's pace is down: there are fewer connections than allowed. */
  readonly isThrottled: boolean
  /** Payload of one request, on average. */
  readonly requestBytes: number
  /** From a request's last byte to its answer, on average. */
  readonly answerMs: number
  /** The limit that somebody waited for. */
  readonly limitedBy: LimitedBy
}

/** Up to here a request is more round trip than bytes. */
const SMALL_REQUEST_BYTES = 256 * 1024
/** No round trip takes as long: the bytes are still on their way, or the server is slow. */
const LONG_ANSWER_MS = 2_000
/** Less than this tells nothing. */
const LEAST_MS = 50

const NO_TIME: TimeShares = { limit: 0, server: 0, network: 0, disk: 0, files: 0, computer: 0 }

/** What share of the time went to each cause. */
export function sharesOf(facts: TimeFacts): TimeShares {
  const { limit, turn, read, write, answer, work } = facts.spent
  const totalMs = limit + turn + read + write + answer + work + facts.restedMs
  if (totalMs < LEAST_MS) return NO_TIME
  const isSmall = facts.requestBytes <= SMALL_REQUEST_BYTES && facts.answerMs < LONG_ANSWER_MS
  return {
    limit: (limit + turn) / totalMs,
    server: facts.restedMs / totalMs,
    network: (isSmall ? write : write + answer) / totalMs,
    disk: read / totalMs,
    files: (isSmall ? answer + work : 0) / totalMs,
    computer: (isSmall ? 0 : work) / totalMs,
  }
}

/** The cause that binds while bytes (or files) are going. */
export function slowestOf(facts: TimeFacts): Slowness {
  const shares = sharesOf(facts)
  const cause = (Object.keys(shares) as (keyof TimeShares)[]).reduce((most, one) =>
    shares[one] > shares[most] ? one : most,
  )
  if (shares[cause] === 0) return { cause: 'none' }
  switch (cause) {
    case 'limit':
      return { cause: 'limit', by: nodeOf(facts) }
    case 'files':
      return facts.isThrottled ? { cause: 'server' } : { cause: 'small-files' }
    case 'network':
      return { cause: facts.isThrottled ? 'server' : 'network' }
    case 'server':
    case 'disk':
    case 'computer':
      return { cause }
    default:
      return assertNever(cause)
  }
}

function nodeOf({ limitedBy, spent }: TimeFacts): LimitedBy {
  if (limitedBy !== 'nothing' && limitedBy !== 'server') return limitedBy
  return spent.turn > spent.limit ? 'requests' : 'global'
}

/** Where one transfer stands. */
export interface Standing {
  readonly phase: Phase
  /** Of a transfer that waits or tries again. */
  readonly error: ErrorCode | null
  /** It has connections of its own. */
  readonly atWork: boolean
  readonly allPaused: boolean
  readonly heldByQuota: boolean
  /** The destination's: a person must act; or it rests, for this reason. */
  readonly gate: 'open' | 'blocked' | 'resting'
  readonly gateError: ErrorCode | null
}

/** Why one transfer goes no faster, or does not go at all. */
export function whySlow(standing: Standing, time: TimeFacts): Slowness {
  switch (standing.phase) {
    case 'completed':
    case 'skipped':
    case 'failed':
    case 'cancelled':
    case 'cancelling':
      return { cause: 'none' }
    case 'paused':
      return { cause: 'waiting', for: 'resume' }
    case 'waiting':
    case 'retrying':
      return standing.gate === 'blocked' ? { cause: 'waiting', for: 'destination' } : restOf(standing.error)
    case 'preparing':
    case 'completing':
      return { cause: 'waiting', for: 'answer' }
    case 'queued':
    case 'uploading':
      return standing.atWork && !standing.allPaused ? slowestOf(time) : whatHolds(standing)
    default:
      return assertNever(standing.phase)
  }
}

function whatHolds({ allPaused, gate, gateError, heldByQuota }: Standing): Slowness {
  if (allPaused) return { cause: 'waiting', for: 'resume' }
  if (gate === 'blocked') return { cause: 'waiting', for: 'destination' }
  if (gate === 'resting') return restOf(gateError)
  return { cause: 'waiting', for: heldByQuota ? 'quota' : 'turn' }
}

/** What a rest after this failure waits for. */
function restOf(error: ErrorCode | null): Slowness {
  if (error === 'throttled' || error === 'server-unavailable') return { cause: 'server' }
  if (error !== null && concernsDestination(error)) return { cause: 'network' }
  return { cause: 'waiting', for: 'retry' }
}
