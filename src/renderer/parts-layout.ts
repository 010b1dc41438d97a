/** How the cells of a parts map lie, in CSS pixels. */
export interface PartsLayout {
  readonly columns: number
  readonly cellWidthPx: number
  readonly cellHeightPx: number
  /** Between cells; large files have cells too small for one. */
  readonly gapPx: number
  readonly heightPx: number
}

const LARGEST_CELL_PX = 12
/** Smaller than this, a cell cannot spare a pixel for a gap. */
const LEAST_WITH_GAP_PX = 4

/** The largest square cells with which `parts` parts fit; few parts fill one line. */
export function layoutParts(parts: number, widthPx: number, maxHeightPx: number): PartsLayout {
  if (parts * LARGEST_CELL_PX <= widthPx) {
    const cellWidthPx = widthPx / Math.max(1, parts)
    return { columns: parts, cellWidthPx, cellHeightPx: LARGEST_CELL_PX, gapPx: 1, heightPx: LARGEST_CELL_PX }
  }
  for (let cellPx = LARGEST_CELL_PX; ; cellPx -= 0.5) {
    const columns = Math.max(1, Math.floor(widthPx / cellPx))
    const heightPx = Math.ceil(parts / columns) * cellPx
    if (heightPx > maxHeightPx && cellPx > 1) continue
    const gapPx = cellPx >= LEAST_WITH_GAP_PX ? 1 : 0
    return { columns, cellWidthPx: cellPx, cellHeightPx: cellPx, gapPx, heightPx }
  }
}
