/** Bytes per second over the last second, from counts that never fall. */
export class RateWindow {
  readonly #points: { readonly atMs: number; readonly bytes: number }[] = []

  /** Adds a count and answers the rate; in the first second it is what was sent so far. */
  add(atMs: number, bytes: number): number {
    const points = this.#points
    points.push({ atMs, bytes })
    while (points[1] !== undefined && atMs - points[1].atMs >= 1000) points.shift()
    const first = points[0] ?? { atMs, bytes }
    return Math.round(((bytes - first.bytes) * 1000) / Math.max(1000, atMs - first.atMs))
  }
}
