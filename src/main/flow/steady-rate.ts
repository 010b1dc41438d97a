/** A rate is followed upwards once it is this much higher. */
const RISE = 1.03
/** What is set stays this much below, so that the next small fall changes nothing. */
const MARGIN = 0.99

/**
 * The rate to set, for one that moves a little all the time: each change of a node's rate voids its tickets, so small
 * moves are not followed. The answer is never above `target`.
 * @param applied what this function answered before, or null
 */
export function steadyRate(applied: number | null, target: number): number {
  return applied !== null && applied <= target && target <= applied * RISE ? applied : target * MARGIN
}
