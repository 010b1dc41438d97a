/**
 * Whether a request still gets anywhere. An idle timer is not enough: a peer that takes a byte now and then keeps it
 * quiet for hours. What counts is the time in which we wait for the peer, never that in which we wait for a ticket or
 * in a pause, so a low limit alone can never look like a slow peer. Pure: the caller brings the clock.
 */

/** What a peer may take before it must have shown progress. */
export const PATIENCE_MS = 60_000

/**
 * The least that a peer must take of an unlimited connection, on average over `PATIENCE_MS`: below this a part of
 * 8 MiB takes more than four hours, and a fresh connection is the better bet.
 */
const LEAST_BYTES_PER_SECOND = 512
/** Under a limit, this part of it: a line that is slower than the limit may be many times so. */
const PART_OF_LIMIT = 1 / 16

/** How long we have waited since the last sufficient progress, and what has moved in that time. */
export interface ProgressWatch {
  readonly waitedMs: number
  readonly movedBytes: number
}

export const PROGRESS_AT_START: ProgressWatch = { waitedMs: 0, movedBytes: 0 }

/** What must move at least. @param limitBytesPerSecond of the strictest limit on the way; null unlimited, 0 paused */
export function leastBytesPerSecond(limitBytesPerSecond: number | null): number {
  if (limitBytesPerSecond === null) return LEAST_BYTES_PER_SECOND
  return Math.min(LEAST_BYTES_PER_SECOND, limitBytesPerSecond * PART_OF_LIMIT)
}

/**
 * The watch after `waitedMs` more of waiting for the peer, in which it took `movedBytes`; 'stuck' once it has taken
 * less than `leastBytesPerSecond` for all of `PATIENCE_MS`.
 */
export function look(
  watch: ProgressWatch,
  waitedMs: number,
  movedBytes: number,
  leastBytesPerSecond: number,
): ProgressWatch | 'stuck' {
  const waited = watch.waitedMs + waitedMs
  const moved = watch.movedBytes + movedBytes
  if (moved >= (leastBytesPerSecond * PATIENCE_MS) / 1000) return PROGRESS_AT_START
  return waited >= PATIENCE_MS ? 'stuck' : { waitedMs: waited, movedBytes: moved }
}

/**
 * How long the head of an answer may take after a body. The kernel can hold megabytes that a slow line still has to
 * carry, and how long it takes shows in how long we waited while we wrote.
 */
export function answerPatienceMs(waitedForBodyMs: number): number {
  return Math.min(MAX_ANSWER_MS, PATIENCE_MS + 2 * waitedForBodyMs)
}

/** No answer that we ask for takes longer than this, however often its peer shows that it lives. */
export const MAX_ANSWER_MS = 10 * 60_000
