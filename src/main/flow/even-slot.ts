/** What a second may have over the limit. */
const SECOND_OVER = 0.01
/** So much of a second may two timers be nearer to each other than they should: one is late, and lost time is paid back. */
const SECOND_SLACK = 0.0046

/**
 * The slot for one with `leftBytes` to send, about as large as `slotBytes`: where that is near enough, a whole number of them
 * makes up what is left. Else its last one would have little left in it, and a connection that is alone has nothing to add
 * before the next part comes. Near enough is what a second holds as many of, and not 1 % too much, whenever it begins: slots
 * of several connections may come one after the other.
 * @param slotSeconds what `slotBytes` last at the limit
 */
export function evenSlot(leftBytes: number, slotBytes: number, slotSeconds: number): number {
  const even = Math.ceil(leftBytes / Math.round(leftBytes / slotBytes))
  const evenSeconds = (slotSeconds * even) / slotBytes
  const inSecond = slotsInSecond(slotSeconds)
  const isNear = slotsInSecond(evenSeconds) === inSecond && inSecond * evenSeconds <= 1 + SECOND_OVER
  return isNear ? even : slotBytes
}

/** The most slots that any second holds. */
function slotsInSecond(slotSeconds: number): number {
  return Math.ceil((1 + SECOND_SLACK) / slotSeconds)
}
