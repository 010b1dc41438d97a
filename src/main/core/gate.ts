import type { ErrorCode, TransferError } from '../../shared/errors.ts'
import { mayBeOfOneKey } from '../../shared/errors.ts'

/**
 * Whether requests may go to a destination. After a failure that concerns all of it, the gate closes for a
 * while, then lets one request through to see (a circuit breaker): ten thousand queued files cost
 * one try, not ten thousand. Pure: the caller brings clock and dice.
 */
export type Gate =
  | { readonly kind: 'open' }
  /** Nothing goes until `untilMs`. `sinceMs`: when the first failure of this run of failures came. */
  | {
      readonly kind: 'closed'
      readonly error: TransferError
      readonly attempt: number
      readonly untilMs: number
      readonly sinceMs: number
    }
  /** One request is on its way to find out. */
  | { readonly kind: 'probing'; readonly error: TransferError; readonly attempt: number; readonly sinceMs: number }
  /** A person must act. */
  | { readonly kind: 'blocked'; readonly error: TransferError }

/** So many different keys must fail, and none succeed in between, before it is taken for the destination's trouble. */
const SUSPECTS = 3

export const OPEN: Gate = { kind: 'open' }

/** May a request start? A closed gate whose time has come answers yes, once: take `afterStart`'s gate then. */
export function admits(gate: Gate, nowMs: number): boolean {
  return gate.kind === 'open' || (gate.kind === 'closed' && nowMs >= gate.untilMs)
}

export function afterStart(gate: Gate): Gate {
  if (gate.kind !== 'closed') return gate
  return { kind: 'probing', error: gate.error, attempt: gate.attempt, sinceMs: gate.sinceMs }
}

/** A request got an answer that shows the destination works. */
export function afterSuccess(gate: Gate): Gate {
  return gate.kind === 'blocked' ? gate : OPEN
}

/**
 * A failure that concerns the destination. Several requests that were in flight together fail
 * together: while the gate is closed already they count as one.
 */
export function afterFailure(
  gate: Gate,
  error: TransferError,
  nowMs: number,
  delayMs: (attempt: number) => number,
): Gate {
  switch (gate.kind) {
    case 'blocked':
      return gate
    case 'closed':
      // Its time was over: this one tried, without having been the one to find out (a completion, say).
      if (nowMs >= gate.untilMs) return afterFailure(afterStart(gate), error, nowMs, delayMs)
      return error.retryAfterMs === undefined
        ? gate
        : { ...gate, error, untilMs: Math.max(gate.untilMs, nowMs + error.retryAfterMs) }
    case 'open':
      return { kind: 'closed', error, attempt: 1, untilMs: nowMs + delayMs(1), sinceMs: nowMs }
    case 'probing': {
      const attempt = gate.attempt + 1
      return { kind: 'closed', error, attempt, untilMs: nowMs + delayMs(attempt), sinceMs: gate.sinceMs }
    }
  }
}

/**
 * Does a failure that may concern the destination close its gate? One key that fails again and again must not hold up
 * the others.
 * @param failedKeys different keys that have failed since the last success, this one included
 * @param answered whether it has ever accepted a request: until then its first failure is all that is known of it
 */
export function closesGate(gate: Gate, code: ErrorCode, failedKeys: number, answered: boolean): boolean {
  return !mayBeOfOneKey(code) || gate.kind !== 'open' || !answered || failedKeys >= SUSPECTS
}

/**
 * The network has changed: what failed before says nothing about now, so the next try is at `untilMs` and counts as a
 * first one. What a person must mend stays blocked, and a server that named a time is not asked before it.
 */
export function afterNetworkChange(gate: Gate, error: TransferError, nowMs: number, untilMs: number): Gate {
  if (gate.kind === 'blocked') return gate
  if (gate.kind === 'open') return { kind: 'closed', error, attempt: 0, untilMs, sinceMs: nowMs }
  if (gate.kind === 'closed' && gate.error.retryAfterMs !== undefined) return gate
  return { kind: 'closed', error: gate.error, attempt: 0, untilMs, sinceMs: gate.sinceMs }
}
