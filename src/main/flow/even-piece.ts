/** A write may be this much larger than what was asked for, where that keeps the rhythm: one fewer, not all smaller. */
const ROUNDING = 1.02

/** What to write next of `left` bytes, so that all writes to the end are alike and about `wanted`: at most 2 % more. */
export function evenPiece(left: number, wanted: number): number {
  if (left <= wanted) return left
  const nearest = Math.round(left / wanted)
  const pieces = left / nearest > wanted * ROUNDING ? nearest + 1 : nearest
  return Math.ceil(left / pieces)
}

/**
 * How much to read at once of `left` bytes, `most` at the most: a whole number of the writes that `evenPiece` makes of them, so
 * that neither what is read ends in a write of few bytes nor what is left.
 */
export function evenRead(left: number, most: number, wanted: number): number {
  if (left <= most) return left
  const piece = evenPiece(left, wanted)
  return Math.min(most, Math.max(1, Math.floor(most / piece)) * piece)
}
