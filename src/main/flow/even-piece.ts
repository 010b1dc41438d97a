/** A write may be this much larger than what was asked for, where that keeps the rhythm: one fewer, not all smaller. */
const ROUNDING = 1.02

/** What to write next of `left` bytes, so that all writes to the end are alike and about `wanted`: at most 2 % more. */
export function evenPiece(left: number, wanted: number): number {
  if (left <= wanted) return left
  const nearest = Math.round(left / wanted)
  const pieces = left / nearest > wanted * ROUNDING ? nearest + 1 : nearest
  return Math.ceil(left / pieces)
}
