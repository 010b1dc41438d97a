/** Of so many batches at most a command speaks. */
export const MAX_BATCHES = 1_000

/** A batch's share of the line beside other batches, as people choose it: each is twice the one before. */
export const BATCH_SHARES = { low: 0.5, normal: 1, high: 2 } as const
export type BatchShare = keyof typeof BATCH_SHARES

/** The share that a weight means; one in between, which no window sets, is the nearest below. */
export function shareOf(weight: number): BatchShare {
  if (weight >= BATCH_SHARES.high) return 'high'
  return weight >= BATCH_SHARES.normal ? 'normal' : 'low'
}
