const DAY_MS = 86_400_000

/**
 * How long it is until this computer's clock next shows `text`, an `HH:MM` as a time field gives it; null for any
 * other text. At most a day: a time that is past, or is now, means tomorrow's.
 */
export function untilClock(text: string, nowMs: number): number | null {
  const match = /^(\d\d):(\d\d)$/.exec(text)
  if (match === null) return null
  const at = new Date(nowMs)
  at.setHours(Number(match[1]), Number(match[2]), 0, 0)
  // A second is the shortest timer.
  if (at.getTime() - nowMs < 1000) at.setDate(at.getDate() + 1)
  return Math.min(at.getTime() - nowMs, DAY_MS + 3_600_000)
}
