import type { QueueFilter } from '../../shared/queue-filter.ts'
import type { Phase } from '../../shared/transfer.ts'
import { formatCount, plural, uploads } from './count.ts'

/** The list of uploads, its menus and the history. */

const FILTERS: Record<QueueFilter, string> = {
  all: 'All',
  active: 'Active',
  waiting: 'Waiting',
  paused: 'Paused',
  failed: 'Failed',
  done: 'Done',
}

const PHASES: Record<Phase, string> = {
  queued: 'Queued',
  preparing: 'Preparing',
  uploading: 'Uploading',
  completing: 'Finishing',
  completed: 'Done',
  paused: 'Paused',
  retrying: 'Trying again',
  waiting: 'Waiting',
  failed: 'Failed',
  cancelling: 'Cancelling',
  cancelled: 'Cancelled',
  skipped: 'Skipped: already there',
}

export const queueStrings = {
  filters: FILTERS,
  phases: PHASES,
  history: {
    title: 'History',
    menu: 'History…',
    search: 'Search the history',
    searchHint: 'Name or destination',
    none: 'Nothing has ended yet. What you drop shows up here once all of it has ended, until it is forgotten.',
    noMatch: (search: string) => `Nothing in the history matches “${search}”.`,
    name: (first: string, others: number) => (others === 0 ? first : `${first} and ${formatCount(others)} more`),
    facts: (files: number, bytes: string) => `${plural(files, 'file', 'files')}, ${bytes}`,
    ends: (completed: number, failed: number, others: number) =>
      [
        `${formatCount(completed)} done`,
        failed > 0 ? `${formatCount(failed)} failed` : '',
        others > 0 ? `${formatCount(others)} skipped or cancelled` : '',
      ]
        .filter((part) => part !== '')
        .join(', '),
    receipt: (format: string) => `Receipt ${format}`,
    receiptOf: (format: string, name: string) => `Receipt ${format} of ${name}`,
    saved: (path: string) => `The receipt is in ${path}.`,
    forget: 'Forget',
    forgetOne: (name: string) => `Forget ${name}`,
    count: (count: number) => plural(count, 'batch', 'batches'),
  },
  queue: {
    label: 'Transfers',
    filterLabel: 'Show',
    actionsLabel: 'Actions',
    columns: { name: 'Name', progress: 'Progress', size: 'Size', phase: 'Status', actions: 'Actions' },
    selected: (count: number) => `${formatCount(count)} selected`,
    selectedAll: (count: number, filter: string) =>
      filter === FILTERS.all
        ? `All ${formatCount(count)} selected`
        : `All ${formatCount(count)} in “${filter}” selected`,
    actsOnAll: (filter: string) => (filter === FILTERS.all ? 'Acts on all' : `Acts on all in “${filter}”`),
    found: (count: number) => `${formatCount(count)} found`,
    search: 'Search the list',
    searchHint: 'Search',
    clearSearch: 'Clear the search',
    clearSelection: 'Clear the selection',
    pause: 'Pause',
    pauseAfterParts: 'Pause after these parts',
    pausedNow: (bytes: string) =>
      `Paused. Up to ${bytes} in flight will be sent again; “Pause after these parts” sends nothing twice.`,
    pausedAfterParts: 'Paused: what is in flight still ends, nothing new begins, and nothing is sent twice.',
    sendNext: 'Send next',
    sentNext: (count: number) => `${uploads(count)} moved to the front: the next parts are theirs.`,
    moveUp: 'Move up',
    moveDown: 'Move down',
    unordered: 'The list is sorted by a column. Order it by the queue to move uploads.',
    orderByQueue: 'Order by the queue',
    resume: 'Resume',
    cancel: 'Cancel',
    retry: 'Retry',
    overwrite: 'Overwrite',
    remove: 'Remove',
    clearDone: 'Clear done',
    removed: (count: number) => `${uploads(count)} removed from the list.`,
    undo: 'Undo',
    limit: 'Limit…',
    exempt: 'Take out of the limit',
    underLimit: 'Put back under the limit',
    details: 'Details',
    copyDetails: 'Copy details',
    copyKey: 'Copy key',
    copyUrl: 'Copy URL',
    copied: 'Details copied.',
    copiedText: 'Copied.',
    confirmCancel: (count: number) => `Cancel ${uploads(count)}?`,
    confirmRemove: (count: number) => `Cancel and remove ${uploads(count)}?`,
    confirmCancelLabel: 'Cancel uploads',
    confirmRemoveLabel: 'Cancel and remove',
    confirmText: 'What was sent of them so far is thrown away. Files on this computer are not touched.',
    keepThem: 'Keep them',
    rowActions: (name: string) => `Actions for ${name}`,
  },
  row: {
    rateAndEta: (rate: string, eta: string) => `${rate} · ${eta} left`,
    starting: 'Starting',
    held: 'Held by “Pause all”',
    waitingForRate: 'Waiting for bytes to move',
    verified: {
      checksum: 'Done · checksum verified',
      size: 'Done · size verified',
      accepted: 'Done · accepted',
    },
    retryIn: (duration: string, reason: string) => `Again in ${duration}: ${reason}`,
    retryNow: (reason: string) => `Trying again: ${reason}`,
    resent: (bytes: string) => `${bytes} sent again`,
    limit: (rate: string) => `own limit ${rate}`,
    heldBy: {
      destination: 'at its destination’s limit',
      requests: 'at the requests per second',
      quota: 'at a quota',
      server: 'the server asked for less',
    },
    loading: 'Loading',
  },
  menu: {
    label: 'Menu',
    appearance: 'Appearance',
    appearances: { system: 'Like the system', light: 'Light', dark: 'Dark' },
    quotas: 'Quotas…',
    askBeforeUpload: 'Ask before large uploads',
    help: 'Keyboard keys',
    diagnostics: 'Save a diagnostics report',
    diagnosticsSaved: (path: string) =>
      `The report is in ${path}. It holds no keys, but names of files and buckets: look through it before you send it.`,
    version: (version: string) => `Sluice ${version}`,
  },
} as const
