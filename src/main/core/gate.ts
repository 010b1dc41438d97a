import type { TransferError } from '../../shared/errors.ts'

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
