import { keepsSeconds } from './limit-numbers.ts'

/** A write may be this much larger than what was asked for, where that keeps the rhythm: one fewer, not all smaller. */
const ROUNDING = 1.02
/** So much more or less than what was asked for is as good to windows of 100 ms. */
const AS_GOOD = 0.015

/** What a write should be: so many bytes, which last so many seconds at the limit that holds (0: not known). */
export interface Wanted {
  readonly bytes: number
  readonly seconds: number
}

/**
 * What to write next of `left` bytes, so that all writes to the end are alike and about as wanted: at most 2 % more. Of those
 * that are nearly so, the one with which seconds are even too.
 */
export function evenPiece(left: number, wanted: Wanted): number {
  if (left <= wanted.bytes) return left
  return Math.ceil(left / pieces(left / wanted.bytes, wanted.seconds))
}

/** @param exact how many pieces it would be, were they as wanted */
function pieces(exact: number, seconds: number): number {
  const nearest = Math.round(exact)
  for (const count of [nearest, nearest + 1, nearest - 1]) {
    const ratio = exact / count
    if (Math.abs(ratio - 1) <= AS_GOOD && keepsSeconds(ratio * seconds)) return count
  }
  return exact / nearest > ROUNDING ? nearest + 1 : nearest
}

/**
 * How much to read at once of `left` bytes, `most` at the most: a whole number of the writes that `evenPiece` makes of them, so
 * that neither what is read ends in a write of few bytes nor what is left.
 */
export function evenRead(left: number, most: number, wanted: Wanted): number {
  if (left <= most) return left
  const piece = evenPiece(left, wanted)
  return Math.min(most, Math.max(1, Math.floor(most / piece)) * piece)
}
