import { create } from 'zustand'
import type { QueueSort, QueueSummary, TransferRow, Viewport } from '../shared/contract.ts'
import type { DestinationView, SecretPlace } from '../shared/destination.ts'
import type { LimitPlan } from '../shared/limit-plan.ts'
import type { QueueFilter } from '../shared/queue-filter.ts'
import type { Appearance, QuotaView } from '../shared/settings.ts'
import type { Trouble } from '../shared/trouble.ts'
import type { QueueLine, QueueWindow } from './patches.ts'
import { isBatch } from './patches.ts'
import type { OpenPreflight } from './preflight.ts'

export type Selection =
  | { readonly kind: 'none' }
  /** Rows, and whole batches: of those whatever the filter shows, in sight or not. */
  | { readonly kind: 'picked'; readonly ids: ReadonlySet<number>; readonly batchIds: ReadonlySet<number> }
  /** Everything the filter shows, now and later: a predicate, so its size does not matter. */
  | { readonly kind: 'filter' }

/** One dialog at a time. */
export type OpenDialog =
  | { readonly kind: 'destination'; readonly destination: DestinationView | null; readonly askSecret: boolean }
  | { readonly kind: 'picker'; readonly mode: 'files' | 'folder'; readonly destinationId: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'schedule' }
  | { readonly kind: 'quotas' }
  | { readonly kind: 'history' }
  /** Those of a destination, with its name. */
  | { readonly kind: 'open-uploads'; readonly destinationId: string; readonly name: string }
  /** A limit for the transfers with these ids; `limitBytesPerSecond` is what they have. */
  | { readonly kind: 'transfer-limit'; readonly ids: readonly number[]; readonly limitBytesPerSecond: number | null }
  | {
      readonly kind: 'confirm'
      readonly title: string
      readonly text: string
      readonly confirmLabel: string
      readonly cancelLabel: string
      readonly onConfirm: () => void
    }

export interface AppState {
  readonly status: 'connecting' | 'ready' | { readonly failed: string }
  readonly version: string
  readonly isMac: boolean
  readonly nativeDialogs: boolean
  readonly appearance: Appearance
  readonly destinations: readonly DestinationView[]
  readonly selectedDestinationId: string | null
  /** Where the host keeps keys that are typed. */
  readonly secretPlace: SecretPlace

  readonly summary: QueueSummary | null
  /** Timers, schedule and alternative limit; null until the host has told them. */
  readonly plan: LimitPlan | null
  readonly quotas: readonly QuotaView[]
  readonly queue: QueueWindow
  readonly viewport: Viewport

  readonly selection: Selection
  /** The line that keys act from; -1 when the list has none. */
  readonly focusIndex: number
  /** Where a range started. */
  readonly anchorIndex: number
  /** The transfer whose panel is open, or null. */
  readonly detailsId: number | null

  /** What the person set and the host has not shown back yet; `undefined` when both agree. */
  readonly desiredLimit: number | null | undefined
  /** The limit before the last change; `undefined` when there is nothing to undo. */
  readonly undoLimit: number | null | undefined

  readonly dialog: OpenDialog | null
  /** Counts the dialogs that were opened, so that each begins anew: a cancelled draft is gone. */
  readonly dialogNumber: number
  /** What a large drop would come to, while the person looks at it. */
  readonly preflight: OpenPreflight | null
  readonly askBeforeUpload: boolean
  /** Whether batches that end are told by the browser; null where the desktop does so by itself. */
  readonly notifyBatchEnd: boolean | null
  /** There was no destination when the window opened: three steps lead to a first verified upload. */
  readonly isFirstRun: boolean
  /** What is wrong with the program as a whole. */
  readonly troubles: readonly Trouble[]
  /** Number of things dragged over the window, or null when nothing is. */
  readonly dragCount: number | null
  /** Dropped or pasted before there was a destination. */
  readonly pendingPaths: readonly string[]
}

export const QUEUE_ORDER: QueueSort = { by: 'queue', descending: false }
const EMPTY_QUEUE: QueueWindow = { revision: 0, firstIndex: 0, matching: 0, lineCount: 0, lines: [], headers: [] }

export const useApp = create<AppState>(() => ({
  status: 'connecting',
  version: '',
  isMac: false,
  nativeDialogs: false,
  appearance: 'system',
  destinations: [],
  selectedDestinationId: null,
  secretPlace: 'session',
  summary: null,
  plan: null,
  quotas: [],
  queue: EMPTY_QUEUE,
  viewport: { firstIndex: 0, count: 60, filter: 'all', sort: QUEUE_ORDER, collapsed: [] },
  selection: { kind: 'none' },
  focusIndex: -1,
  anchorIndex: -1,
  detailsId: null,
  desiredLimit: undefined,
  undoLimit: undefined,
  dialog: null,
  dialogNumber: 0,
  preflight: null,
  askBeforeUpload: true,
  notifyBatchEnd: null,
  isFirstRun: false,
  troubles: [],
  dragCount: null,
  pendingPaths: [],
}))

export const getState = useApp.getState
export const setState = useApp.setState

// ---------------------------------------------------------------- reading

/** The limit as the person sees it: what they set last, before the host has said it back. */
export function shownLimit(state: AppState): number | null {
  if (state.desiredLimit !== undefined) return state.desiredLimit
  return state.summary ? state.summary.limitBytesPerSecond : null
}

export function selectedDestination(state: AppState): DestinationView | null {
  return state.destinations.find((one) => one.id === state.selectedDestinationId) ?? null
}

/** The line at an index of the filtered, sorted list, when this window holds it. */
export function lineAt(state: AppState, index: number): QueueLine | undefined {
  return state.queue.lines[index - state.queue.firstIndex]
}

/** The same where that line is a transfer. */
export function rowAt(state: AppState, index: number): TransferRow | undefined {
  const line = lineAt(state, index)
  return line === undefined || isBatch(line) ? undefined : line
}

export function isSelected(selection: Selection, line: QueueLine): boolean {
  if (selection.kind !== 'picked') return selection.kind === 'filter'
  return selection.batchIds.has(line.batchId) || (!isBatch(line) && selection.ids.has(line.id))
}

export function filterOf(state: AppState): QueueFilter {
  return state.viewport.filter
}

/** What stands before a key in hints: `⌘` or `Ctrl+`. */
export function useModifier(): string {
  return useApp((state) => (state.isMac ? '⌘' : 'Ctrl+'))
}

export function openDialog(dialog: OpenDialog | null): void {
  setState((state) => ({ dialog, dialogNumber: state.dialogNumber + (dialog === null ? 0 : 1) }))
}
