/** A stretch of the list whose transfers are all of one batch. */
export interface Run {
  readonly batchId: number
  /** Index of its first transfer. */
  readonly start: number
  count: number
}

/** The list has become longer by one at its end. */
export function extendRuns(runs: Run[], batchId: number): void {
  const last = runs.at(-1)
  if (last?.batchId === batchId) last.count++
  else runs.push({ batchId, start: last === undefined ? 0 : last.start + last.count, count: 1 })
}

export function runsOf(list: Iterable<{ readonly batchId: number }>): Run[] {
  const runs: Run[] = []
  for (const { batchId } of list) extendRuns(runs, batchId)
  return runs
}

/** The line above a stretch. Other figures are indexes into the list of transfers. */
export interface Header {
  readonly line: number
  readonly batchId: number
  readonly isCollapsed: boolean
  readonly isContinued: boolean
  readonly first: number
  readonly last: number
  /** Where the stretch above begins, and where the one below ends; null at an end of the list. */
  readonly above: number | null
  readonly below: number | null
}

/** What a part of the list shows, with the header that its first line is under. `stretches` fill the lines that no header is on, from the top. */
export interface LinesShown {
  readonly headers: readonly Header[]
  /** Indexes into the list of transfers, `end` not included. */
  readonly stretches: readonly { readonly start: number; readonly end: number }[]
}

/** A run that is not hidden, and where its lines begin. */
interface Segment {
  readonly run: Run
  readonly firstLine: number
  readonly hasHeader: boolean
  readonly isContinued: boolean
}

/**
 * The lines of a list in the order of the queue: a header above each stretch of a batch that has several files, and
 * transfers. Of a collapsed batch only its first header is left. To build it takes as long as there are runs, and a
 * part of it as long as that part: how many transfers there are does not matter.
 */
export class QueueLines {
  readonly count: number
  /** Transfers of each batch that are in the list. */
  readonly matching: ReadonlyMap<number, number>
  readonly #segments: readonly Segment[]
  readonly #collapsed: ReadonlySet<number>

  /** @param hasHeader whether a batch has several files, in the list or not */
  constructor(runs: readonly Run[], collapsed: ReadonlySet<number>, hasHeader: (batchId: number) => boolean) {
    const segments: Segment[] = []
    const matching = new Map<number, number>()
    let lines = 0
    for (const run of runs) {
      const { batchId, count } = run
      const before = matching.get(batchId)
      matching.set(batchId, (before ?? 0) + count)
      const isGroup = hasHeader(batchId)
      const isHidden = isGroup && collapsed.has(batchId)
      const isContinued = before !== undefined
      if (isHidden && isContinued) continue
      segments.push({ run, firstLine: lines, hasHeader: isGroup, isContinued })
      lines += (isGroup ? 1 : 0) + (isHidden ? 0 : count)
    }
    this.count = lines
    this.matching = matching
    this.#segments = segments
    this.#collapsed = collapsed
  }

  /** The lines from `first`, `count` of them or as many as there are, and the header that the first one is under. */
  slice(first: number, count: number): LinesShown {
    const headers: Header[] = []
    const stretches: { start: number; end: number }[] = []
    const end = Math.min(this.count, first + count)
    for (let at = this.#segmentAt(first); ; at++) {
      const segment = this.#segments[at]
      if (segment === undefined || segment.firstLine >= end) return { headers, stretches }
      const { run, firstLine, hasHeader } = segment
      if (hasHeader) headers.push(this.#header(at, segment))
      if (hasHeader && this.#collapsed.has(run.batchId)) continue
      const firstRow = firstLine + (hasHeader ? 1 : 0)
      const from = run.start + Math.max(0, first - firstRow)
      const to = run.start + Math.min(run.count, end - firstRow)
      if (from < to) stretches.push({ start: from, end: to })
    }
  }

  #header(at: number, { run, firstLine, isContinued }: Segment): Header {
    const below = this.#segments[at + 1]?.run
    return {
      line: firstLine,
      batchId: run.batchId,
      isCollapsed: this.#collapsed.has(run.batchId),
      isContinued,
      first: run.start,
      last: run.start + run.count - 1,
      above: this.#segments[at - 1]?.run.start ?? null,
      below: below === undefined ? null : below.start + below.count - 1,
    }
  }

  /** The segment that a line is in: the last one that begins at it or before. */
  #segmentAt(line: number): number {
    let low = 0
    let high = this.#segments.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#segments[middle]?.firstLine ?? 0) <= line) low = middle
      else high = middle
    }
    return low
  }
}
