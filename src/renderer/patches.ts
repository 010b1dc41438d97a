import type { BatchRow, Patch, TransferRow } from '../shared/contract.ts'

/** What a line of the list shows. */
export type QueueLine = TransferRow | BatchRow

/** The part of the queue that this window holds: one viewport, never the whole. */
export interface QueueWindow {
  readonly revision: number
  readonly firstIndex: number
  /** Transfers that match, hidden ones too. */
  readonly matching: number
  /** How many lines the list has. */
  readonly lineCount: number
  /** Those from `firstIndex` on. */
  readonly lines: readonly QueueLine[]
  /** The headers among them, and the one that the first of them is under. */
  readonly headers: readonly BatchRow[]
}

export type PatchVerdict = 'next' | 'stale' | 'gap'

/** `stale` repeats what is known; after a `gap` something was lost and only a new `subscribe` mends it. */
export function judge(revision: number, patch: Patch): PatchVerdict {
  if (patch.revision <= revision) return 'stale'
  return patch.revision === revision + 1 ? 'next' : 'gap'
}

export function isBatch(line: QueueLine): line is BatchRow {
  return 'isCollapsed' in line
}

export function isTransfer(line: QueueLine): line is TransferRow {
  return !isBatch(line)
}

/** Tells lines apart, from one patch to the next. */
export function lineKey(line: QueueLine): string {
  if (!isBatch(line)) return `transfer-${line.id}`
  return line.isContinued ? `batch-${line.batchId}-${line.firstId}` : `batch-${line.batchId}`
}

/** Lines that did not change keep their identity, so that memoised components skip them. */
export function applyPatch(held: QueueWindow, patch: Patch): QueueWindow {
  const known = new Map([...held.headers, ...held.lines].map((line) => [lineKey(line), line]))
  const keep = <T extends QueueLine>(line: T): T => {
    const before = known.get(lineKey(line))
    return before !== undefined && isSame(before, line) ? (before as T) : line
  }
  const headers = patch.headers.map(keep)
  const lines = linesOf(patch.firstIndex, headers, patch.rows.map(keep))
  return {
    revision: patch.revision,
    firstIndex: patch.firstIndex,
    matching: patch.matching,
    lineCount: patch.lines,
    lines: held.firstIndex === patch.firstIndex && areSame(held.lines, lines) ? held.lines : lines,
    headers: areSame(held.headers, headers) ? held.headers : headers,
  }
}

/** Headers on their lines, and rows on the others. */
export function linesOf(
  firstIndex: number,
  headers: readonly BatchRow[],
  rows: readonly TransferRow[],
): readonly QueueLine[] {
  const headerAt = new Map(headers.map((header) => [header.line, header]))
  const lines: QueueLine[] = []
  let taken = 0
  for (;;) {
    const header = headerAt.get(firstIndex + lines.length)
    const line = header ?? rows[taken]
    if (line === undefined) return lines
    if (header === undefined) taken++
    lines.push(line)
  }
}

function areSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at])
}

/** By value: what a line holds are plain values, and few objects of plain values (a failure, the counts of a batch). */
function isSame(a: object, b: object): boolean {
  const fields = Object.keys(b)
  if (fields.length !== Object.keys(a).length) return false
  return fields.every((field) => {
    const one: unknown = a[field as keyof typeof a]
    const other: unknown = b[field as keyof typeof b]
    if (one === other) return true
    return isObject(one) && isObject(other) && isSame(one, other)
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
