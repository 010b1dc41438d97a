import type { Patch, TransferRow } from '../shared/contract.ts'

/** The part of the queue that this window holds: one viewport, never the whole. */
export interface QueueWindow {
  readonly revision: number
  readonly firstIndex: number
  readonly matching: number
  readonly rows: readonly TransferRow[]
}

export type PatchVerdict = 'next' | 'stale' | 'gap'

/** `stale` repeats what is known; after a `gap` something was lost and only a new `subscribe` mends it. */
export function judge(revision: number, patch: Patch): PatchVerdict {
  if (patch.revision <= revision) return 'stale'
  return patch.revision === revision + 1 ? 'next' : 'gap'
}

/** Rows that did not change keep their identity, so that memoised components skip them. */
export function applyPatch(held: QueueWindow, patch: Patch): QueueWindow {
  const known = new Map(held.rows.map((row) => [row.id, row]))
  const rows = patch.rows.map((row) => {
    const before = known.get(row.id)
    return before && sameRow(before, row) ? before : row
  })
  const same =
    held.firstIndex === patch.firstIndex &&
    held.rows.length === rows.length &&
    rows.every((row, i) => row === held.rows[i])
  return {
    revision: patch.revision,
    firstIndex: patch.firstIndex,
    matching: patch.matching,
    rows: same ? held.rows : rows,
  }
}

function sameRow(a: TransferRow, b: TransferRow): boolean {
  for (const field of Object.keys(b) as (keyof TransferRow)[]) {
    if (field !== 'error' && a[field] !== b[field]) return false
  }
  return a.error?.code === b.error?.code && a.error?.message === b.error?.message && a.error?.detail === b.error?.detail
}
