import type { LimitTable } from './limit-table.ts'

/**
 * A node of the limit table that paces requests counts in millionths of a request, so that one request in a
 * quarter of an hour is kept as exactly as a thousand in a second.
 */
export const UNITS_PER_REQUEST = 1_000_000

/** Requests per second for a node that a `RequestPacer` uses; null is unlimited, 0 paused. Control plane only. */
export function setRequestRate(table: LimitTable, node: number, requestsPerSecond: number | null, nowNs: bigint): void {
  table.setRate(node, requestsPerSecond === null ? null : requestsPerSecond * UNITS_PER_REQUEST, nowNs)
}

/** What `setRequestRate` set. */
export function requestRate(table: LimitTable, node: number): number | null {
  const units = table.rate(node)
  return units === null ? null : units / UNITS_PER_REQUEST
}

/** Requests that may go at once after a rest; 1 is even spacing. Control plane only. @throws RangeError for a burst below 1 */
export function setRequestBurst(table: LimitTable, node: number, requests: number): void {
  if (!(requests >= 1 && Number.isFinite(requests))) {
    throw new RangeError(`A burst of requests must be 1 or more, not ${requests}.`)
  }
  table.setBurst(node, (requests - 1) * UNITS_PER_REQUEST)
}
