import { z } from 'zod'
import { MAX_BATCHES } from './batches.ts'
import type { DestinationView, ProfileView, SecretPlace } from './destination.ts'
import { destinationSchema, secretSchema } from './destination.ts'
import type { LimitNow, LimitPlan } from './limit-plan.ts'
import type { AbortedUploads, OpenUploadPage } from './open-uploads.ts'
import { abortOpenUploadsSchema, listOpenUploadsSchema } from './open-uploads-input.ts'
import type { Preflight } from './preflight.ts'
import { FILTERS } from './queue-filter.ts'
import type { RateSample } from './samples.ts'
import type { ServerTraits } from './server-traits.ts'
import type { QuotaView, Settings } from './settings.ts'
import { planChangeSchema, quotaChangeSchema, settingsSchema } from './settings.ts'
import type { PHASES } from './transfer.ts'
import type { Slowness, TransferDetails } from './transfer-details.ts'
import type { Trouble } from './trouble.ts'
import type { ErrorView } from './values.ts'
import { id, path, rate } from './values.ts'

/**
 * The contract between a window and its host. Every command is declared here once: its
 * input is parsed before use, its output is typed, and `Handlers` is total, so that a command
 * without a handler does not compile. One channel carries all of them.
 *
 * Conventions: `null` bytes per second means unlimited, 0 means paused; times are epoch ms.
 */

// ---------------------------------------------------------------- queue

/** Which transfers a bulk command acts on: a predicate, never a list as long as the queue. */
export const filterSchema = z.enum(FILTERS)

export const sortSchema = z.strictObject({
  by: z.enum(['queue', 'name', 'size', 'progress', 'phase']),
  descending: z.boolean(),
})
export type QueueSort = z.infer<typeof sortSchema>

/** A piece of the key, in any case; left out or blank, everything is found. */
const searchSchema = z.string().max(200).optional()

export const whichSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ids'), ids: z.array(z.number().int().nonnegative()).min(1).max(10_000) }),
  z.strictObject({ kind: z.literal('filter'), filter: filterSchema, search: searchSchema }),
  /** What matches in these batches; and, whatever their batch, the transfers with these ids. */
  z.strictObject({
    kind: z.literal('batches'),
    batchIds: z.array(z.number().int().positive()).min(1).max(MAX_BATCHES),
    ids: z.array(z.number().int().nonnegative()).max(10_000).optional(),
    filter: filterSchema,
    search: searchSchema,
  }),
])
export type Which = z.infer<typeof whichSchema>

export const viewportSchema = z.strictObject({
  firstIndex: z.number().int().nonnegative(),
  count: z.number().int().min(0).max(500),
  filter: filterSchema,
  search: searchSchema,
  sort: sortSchema,
  /**
   * In the order of the queue, each batch of more than one file has a header line above its rows, and those of these
   * batches are hidden behind it. Left out: no headers.
   */
  collapsed: z.array(z.number().int().positive()).max(MAX_BATCHES).readonly().optional(),
})
export type Viewport = z.infer<typeof viewportSchema>

/** A place in the queue: `first` goes before the next part of all others. */
export const queuePlaceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('first') }),
  z.strictObject({ kind: z.enum(['before', 'after']), id: z.number().int().nonnegative() }),
])
export type QueuePlace = z.infer<typeof queuePlaceSchema>

// ---------------------------------------------------------------- commands

const nothing = z.strictObject({})

/** Input schemas by command name. The output types are in `Outputs`, keyed alike. */
export const COMMANDS = {
  /** First call of a window: everything it needs to draw itself. */
  hello: nothing,
  /** Choose what patches carry. Answers with a patch to start from; later ones arrive as events. */
  subscribe: viewportSchema,

  addPaths: z.strictObject({ paths: z.array(path).min(1).max(10_000), destinationId: id }),
  /** Opens the system's dialog where the shell has one (`hello.capabilities.nativeDialogs`). */
  choosePaths: z.strictObject({ what: z.enum(['files', 'folder']) }),
  /** What `addPaths` would come to: it queues nothing. Another one, or `cancelPreflight`, ends it with null. */
  preflight: z.strictObject({ paths: z.array(path).min(1).max(10_000), destinationId: id }),
  cancelPreflight: nothing,
  /** Files that this program was started or asked to open with; each is handed out once. */
  takeOpenedPaths: nothing,
  /** Writes a file of 2 MB into the data folder, for a first upload. */
  makeSample: nothing,
  /** For the picker inside the window, where no native dialog gives paths. null: the last or the home folder. */
  listFolder: z.strictObject({ path: path.nullable() }),

  /** Left out, `mode` is 'now': requests in flight are given up after a moment. 'after-parts' sends nothing twice. */
  pauseTransfers: z.strictObject({ which: whichSchema, mode: z.enum(['now', 'after-parts']).optional() }),
  resumeTransfers: z.strictObject({ which: whichSchema }),
  cancelTransfers: z.strictObject({ which: whichSchema }),
  /** Failed and cancelled ones start again; `overwrite` and `keepBoth` answer "that key exists and differs". */
  retryTransfers: z.strictObject({ which: whichSchema, overwrite: z.boolean(), keepBoth: z.boolean().optional() }),
  /** Takes ended transfers off the list; others are cancelled first. */
  removeTransfers: z.strictObject({ which: whichSchema }),
  /** Puts back on the list what `removeTransfers` took last, for half a minute; what was cancelled by it stays so. */
  undoRemove: nothing,

  /** They keep their order among themselves. Parts go out in the order of the queue; those on their way end. */
  moveTransfers: z.strictObject({ which: whichSchema, place: queuePlaceSchema }),
  /** Batches share a limit by their weights (1 at first), however many files they have. See `BATCH_SHARES`. */
  setBatchWeight: z.strictObject({ batchId: z.number().int().positive(), weight: z.number().positive().max(100) }),

  setLimit: z.strictObject({ limitBytesPerSecond: rate }),
  changePlan: planChangeSchema,
  changeQuotas: quotaChangeSchema,
  /** Asked again and again while a transfer's panel is open; brings the samples after `sinceMs`. null: it is gone. */
  transferDetails: z.strictObject({ id: z.number().int().nonnegative(), sinceMs: z.number() }),
  setTransferLimit: z.strictObject({ id: z.number().int().nonnegative(), limitBytesPerSecond: rate }),
  /** Out of the global limit, or back under it, in mid-part; its own limit, its destination's, quotas and pauses hold on. */
  exemptTransfer: z.strictObject({ id: z.number().int().nonnegative(), exempt: z.boolean() }),
  /** Pause and resume everything; transfers keep their own phase. */
  setPaused: z.strictObject({ paused: z.boolean() }),

  /** Connections are made anew, and what waited for the network tries again: it is back, or another. */
  networkChanged: nothing,

  startDemo: nothing,
  /** `secret` null keeps the one that is known. */
  saveDestination: z.strictObject({ destination: destinationSchema, secret: secretSchema.nullable() }),
  removeDestination: z.strictObject({ id }),
  selectDestination: z.strictObject({ id }),
  testDestination: z.strictObject({ destination: destinationSchema, secret: secretSchema.nullable() }),
  /** What `aws configure list-profiles` lists, at most 1 000. */
  listProfiles: nothing,
  /** "I have mended it": lets a blocked destination go on. */
  unblockDestination: z.strictObject({ id }),

  /** Uploads that are open at a destination, whoever began them, a page at a time: stored and billed until they end. */
  listOpenUploads: listOpenUploadsSchema,
  /** Those that nobody goes on with; their parts are gone then. */
  abortOpenUploads: abortOpenUploadsSchema,

  /** Batches that have ended and were not forgotten, the newest first, at most 1 000. */
  listHistory: nothing,
  /** Writes what became of each file of a batch, where the person says or, without a system's dialog, into Downloads. */
  exportReceipt: z.strictObject({ batchId: z.number().int().positive(), format: z.enum(['csv', 'json']) }),
  /** Takes ended batches out of the history, and what is left of them off the list. */
  forgetBatches: z.strictObject({ batchIds: z.array(z.number().int().positive()).min(1).max(1_000) }),

  /** Writes a report for a maintainer into the data folder; it holds no secret. */
  exportDiagnostics: nothing,

  saveSettings: settingsSchema
    .pick({ appearance: true, connections: true, partBytes: true, askBeforeUpload: true, notifyBatchEnd: true })
    .partial(),
} as const

export type CommandName = keyof typeof COMMANDS
export type CommandInput<N extends CommandName> = z.infer<(typeof COMMANDS)[N]>

export interface Hello {
  readonly version: string
  readonly shell: 'electron' | 'chromium'
  readonly platform: string
  readonly capabilities: { readonly nativeDialogs: boolean }
  readonly settings: Settings
  readonly destinations: readonly DestinationView[]
  readonly secretPlace: SecretPlace
  readonly quotas: readonly QuotaView[]
  /** Sentences about what went wrong before the window opened. */
  readonly notices: readonly string[]
  readonly troubles: readonly Trouble[]
  /** Samples of the last day, oldest first: the older, the coarser. */
  readonly samples: readonly RateSample[]
}

export interface FolderListing {
  readonly path: string
  readonly parent: string | null
  readonly entries: readonly { readonly name: string; readonly kind: 'file' | 'folder'; readonly sizeBytes: number }[]
  /** True when more than `LISTING_LIMIT` entries were there. */
  readonly truncated: boolean
}
export const LISTING_LIMIT = 5_000

export type TestStep = 'credentials' | 'connect' | 'bucket' | 'write'
/** One line a step; the first failed one carries the reason, the rest are not tried. */
export interface TestResult {
  readonly ok: boolean
  readonly steps: readonly {
    readonly step: TestStep
    readonly ok: boolean
    readonly message: string
    /** Where the bucket is, where that is what was wrong and the server named it. */
    readonly region?: string
  }[]
  /** What the server can do; null where the test did not come so far. */
  readonly found: ServerTraits | null
}

/** A batch that has ended. Files that neither completed nor failed were skipped or cancelled. */
export interface EndedBatch {
  readonly batchId: number
  readonly destinationId: string
  /** Of what was dropped; at most 20 are named. */
  readonly names: readonly string[]
  readonly sources: number
  readonly createdAtMs: number
  readonly finishedAtMs: number
  readonly files: number
  readonly bytes: number
  readonly completed: number
  readonly failed: number
}

export interface Outputs {
  hello: Hello
  subscribe: Patch
  addPaths: { readonly batchId: number }
  /** None: the person cancelled. */
  choosePaths: { readonly paths: readonly string[] }
  preflight: Preflight | null
  cancelPreflight: null
  takeOpenedPaths: { readonly paths: readonly string[] }
  makeSample: { readonly path: string }
  listFolder: FolderListing
  /** What is given up by it and sent again later, at most. */
  pauseTransfers: { readonly resentBytes: number }
  resumeTransfers: null
  cancelTransfers: null
  retryTransfers: null
  removeTransfers: { readonly removed: number }
  undoRemove: { readonly restored: number }
  listOpenUploads: OpenUploadPage
  abortOpenUploads: AbortedUploads
  listHistory: readonly EndedBatch[]
  exportReceipt: { readonly path: string } | { readonly cancelled: true }
  forgetBatches: null
  moveTransfers: null
  setBatchWeight: null
  setLimit: null
  /** The plan as it is then. */
  changePlan: LimitPlan
  /** All of them, as they stand then. */
  changeQuotas: readonly QuotaView[]
  transferDetails: TransferDetails | null
  setTransferLimit: null
  exemptTransfer: null
  setPaused: null
  networkChanged: null
  startDemo: DestinationView
  saveDestination: DestinationView
  removeDestination: null
  selectDestination: null
  testDestination: TestResult
  listProfiles: readonly ProfileView[]
  unblockDestination: null
  /** Where it was written. */
  exportDiagnostics: { readonly path: string }
  saveSettings: Settings
}
export type CommandOutput<N extends CommandName> = Outputs[N]

/** Total by type: one function a command. */
export type Handlers = { readonly [N in CommandName]: (input: CommandInput<N>) => Promise<CommandOutput<N>> }

/** What a call answers. A refused or failed command is data, so that no stack or secret crosses. */
export type CommandResult<N extends CommandName = CommandName> =
  | { readonly ok: true; readonly value: CommandOutput<N> }
  | { readonly ok: false; readonly error: ErrorView }

// ---------------------------------------------------------------- patches (host → window)

/** The node of the limit tree that binds; `server`: it asked for less, and the pace adapts. */
export type LimitedBy = 'paused' | 'global' | 'destination' | 'transfer' | 'requests' | 'quota' | 'server' | 'nothing'

/** One line of the queue, ready to draw. */
export interface TransferRow {
  readonly id: number
  readonly batchId: number
  /** The last piece of the key. */
  readonly name: string
  readonly key: string
  readonly path: string
  readonly destinationId: string
  readonly phase: (typeof PHASES)[number]
  readonly sizeBytes: number
  /** Bytes of this object that are at the socket or acknowledged: what the bar shows. */
  readonly progressBytes: number
  readonly confirmedBytes: number
  readonly resentBytes: number
  /** Smoothed, 0 when nothing moves. */
  readonly bytesPerSecond: number
  readonly etaMs: number | null
  readonly limitBytesPerSecond: number | null
  /** The global limit does not hold for it. */
  readonly exempt: boolean
  readonly limitedBy: LimitedBy
  readonly attempt: number
  readonly retryAtMs: number | null
  readonly error: ErrorView | null
  readonly verified: 'checksum' | 'size' | 'accepted' | null
}

/** The line above the rows of a batch. Figures are those of the whole batch, as far as it is on the list. */
export interface BatchRow {
  readonly batchId: number
  /** Its place among the lines of the list. */
  readonly line: number
  /** The first folder that was dropped; null: files only. */
  readonly folder: string | null
  /** Things that were dropped beside it. */
  readonly others: number
  readonly destinationId: string
  readonly isCollapsed: boolean
  /** Another stretch of a batch whose first one is further up. */
  readonly isContinued: boolean
  readonly counts: Readonly<Record<(typeof PHASES)[number], number>>
  /** Of its transfers, those that the filter and the search let through. */
  readonly matching: number
  readonly totalBytes: number
  readonly progressBytes: number
  readonly confirmedBytes: number
  /** Smoothed, 0 when nothing moves. */
  readonly bytesPerSecond: number
  readonly etaMs: number | null
  readonly weight: number
  /** Transfers at both ends of this stretch. */
  readonly firstId: number
  readonly lastId: number
  /** What a move by one step passes: the first transfer of the stretch above, the last of the one below; null at an end. */
  readonly aboveId: number | null
  readonly belowId: number | null
}

export interface QueueSummary {
  readonly counts: Readonly<Record<(typeof PHASES)[number], number>>
  /** Folders still being walked. */
  readonly scanning: number
  readonly totalBytes: number
  readonly confirmedBytes: number
  readonly sentBytes: number
  readonly resentBytes: number
  readonly bytesPerSecond: number
  readonly etaMs: number | null
  readonly limitBytesPerSecond: number | null
  readonly paused: boolean
  /** Where the global limit comes from, and when the clock will change it. */
  readonly limitSource: LimitNow['source']
  readonly limitUntilMs: number | null
  /** What holds the rate down at the moment, for the chip. */
  readonly limitedBy: LimitedBy
  /** A transfer that it binds, so that its name or that of its destination can be told; null where none is. */
  readonly limitedTransfer: { readonly name: string; readonly destinationId: string } | null
  /** Where the time goes, whether or not a limit binds. */
  readonly slowness: Slowness
  /** While a quota lets nothing new begin: until when; else null. */
  readonly quotaUntilMs: number | null
  readonly skippedNames: number
  readonly emptyFolders: number
  readonly unreadable: number
}

/**
 * What changed since `revision - 1`. `headers` and `rows` are the viewport, whole; at most 500 lines, so its size does not
 * depend on the queue's length. A gap in `revision` asks for one new `subscribe`.
 */
export interface Patch {
  readonly revision: number
  readonly summary: QueueSummary
  /** Of the first line that this carries. */
  readonly firstIndex: number
  /** Transfers that match the viewport's filter, hidden ones too. */
  readonly matching: number
  /** Lines of the list: headers and rows that are not hidden. */
  readonly lines: number
  /** With the one that the first line is under, which may be further up. */
  readonly headers: readonly BatchRow[]
  /** They fill the lines that no header is on, from the top. */
  readonly rows: readonly TransferRow[]
  readonly samples: readonly RateSample[]
}

/** Pushed from host to window. */
export type HostEvent =
  | { readonly type: 'patch'; readonly patch: Patch }
  | {
      readonly type: 'destinations'
      readonly destinations: readonly DestinationView[]
      readonly selectedId: string | null
    }
  | { readonly type: 'plan'; readonly plan: LimitPlan }
  /** When that has changed, once a second at the most. */
  | { readonly type: 'quotas'; readonly quotas: readonly QuotaView[] }
  /** All that hold at the moment. */
  | { readonly type: 'troubles'; readonly troubles: readonly Trouble[] }
  /** Ask `takeOpenedPaths`. */
  | { readonly type: 'opened-paths' }
  /** Once a batch, for those who look at something else. */
  | { readonly type: 'batch-ended'; readonly failed: number; readonly text: string }
  /** One sentence for the person; `error` stays until dismissed. */
  | { readonly type: 'notice'; readonly level: 'info' | 'error'; readonly message: string }

// ---------------------------------------------------------------- the bridge

/**
 * All that a window sees of its host. Electron's preload implements it over ipcRenderer, the
 * Chromium shell over one exposed binding.
 */
export interface HostBridge {
  call<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandResult<N>>
  /** Returns a function that stops listening. */
  onEvent(listener: (event: HostEvent) => void): () => void
  /** Real paths of files and folders dropped or chosen in this window, in order; '' for what has none. */
  pathsOf(files: readonly DroppedFile[]): Promise<string[]>
}

/** A DOM `File`, named so that this file needs no DOM types. */
export interface DroppedFile {
  readonly name: string
}
