import type { BatchShare } from '../shared/batches.ts'
import { BATCH_SHARES, MAX_BATCHES } from '../shared/batches.ts'
import type { BatchRow, Which } from '../shared/contract.ts'
import type { QueueFilter } from '../shared/queue-filter.ts'
import { perform } from './bridge.ts'
import { lookAt } from './connection.ts'
import type { QueueLine } from './patches.ts'
import { isBatch } from './patches.ts'
import { getState, lineAt } from './store.ts'

/** Batches in the list: a header line above the rows of each, which hides and shows them, and acts on all of them. */

/** Hides the rows of a batch behind its header, or shows them. It is remembered while the window lives. */
export function setCollapsed({ batchId }: BatchRow, isCollapsed: boolean): void {
  const others = (getState().viewport.collapsed ?? []).filter((one) => one !== batchId)
  // The longest forgotten one opens again where there are more than a command may name.
  lookAt({ collapsed: isCollapsed ? [...others, batchId].slice(-MAX_BATCHES) : others })
}

/**
 * Left and right, as in a tree: right opens a batch and then goes in, left goes up to the header and then closes it.
 * Answers the line to go to; null when that is none.
 */
export function stepInTree(direction: 'in' | 'out'): number | null {
  const state = getState()
  const line = lineAt(state, state.focusIndex)
  if (line === undefined) return null
  if (!isBatch(line)) return direction === 'out' ? headerLine(line) : null
  if (direction === 'in') {
    if (!line.isCollapsed) return state.focusIndex + 1
    setCollapsed(line, false)
  } else if (line.isContinued) return headerLine(line)
  else if (!line.isCollapsed) setCollapsed(line, true)
  return null
}

/** The nearest header above that is of the same batch. */
function headerLine(line: QueueLine): number | null {
  const { queue, focusIndex } = getState()
  const above = queue.headers.filter((one) => one.batchId === line.batchId && one !== line && one.line < focusIndex)
  return above.at(-1)?.line ?? null
}

/** What an action on a header acts on: of its batch, what the filter and the search show. */
export function whichOf({ batchId }: BatchRow, only?: QueueFilter): Which {
  const { filter, search } = getState().viewport
  return { kind: 'batches', batchIds: [batchId], filter: only ?? filter, search }
}

/** What part of the line a batch gets beside the others. */
export async function setShare(batchId: number, share: BatchShare): Promise<void> {
  await perform('setBatchWeight', { batchId, weight: BATCH_SHARES[share] })
}
