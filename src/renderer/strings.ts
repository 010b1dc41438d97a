import { formatCount, plural, uploads } from './strings/count.ts'
import { destinationsStrings } from './strings/destinations.ts'
import { detailsStrings } from './strings/details.ts'
import { limitsStrings } from './strings/limits.ts'
import { openUploadsStrings } from './strings/open-uploads.ts'
import { queueStrings } from './strings/queue.ts'
import { startStrings } from './strings/start.ts'

/** Every sentence of the window, in one place: each screen's in a file of its own. */
export const strings = {
  app: 'Sluice',
  title: (state: string) => `${state} · Sluice`,
  percent: (share: number) => `${share} %`,
  errors: {
    hostGone: 'The part of Sluice behind this window does not answer. Close the window and start Sluice again.',
    noPath: (name: string) => `“${name}” is not a file on this computer's disk, so it cannot be uploaded from here.`,
    nothingToPaste: 'The clipboard holds no files and no absolute paths, one on each line.',
    copyFailed: 'The details could not be copied to the clipboard.',
    rangeTooLong: 'A range can hold 10,000 rows. Press Ctrl+A to select everything in this list.',
  },
  status: {
    scanning: (count: number) => `Looking through ${plural(count, 'folder', 'folders')}…`,
    leftOut: (count: number) => `${plural(count, 'system file', 'system files')} left out`,
    emptyFolders: (count: number) => plural(count, 'empty folder', 'empty folders'),
    unreadable: (count: number) => `${formatCount(count)} unreadable`,
    resent: (bytes: string) => `${bytes} sent again`,
    total: (done: number, count: number) => `${formatCount(done)} of ${formatCount(count)} done`,
    sent: (bytes: string) => `${bytes} sent`,
  },
  help: {
    title: 'Keyboard keys',
    close: 'Close',
    groups: [
      {
        title: 'Adding',
        keys: [
          [['Mod', 'O'], 'Add files'],
          [['Mod', 'Shift', 'O'], 'Add a folder'],
          [['Mod', 'V'], 'Add what is on the clipboard: files, or paths one on each line'],
        ],
      },
      {
        title: 'Rate',
        keys: [
          [['L'], 'To the limit box'],
          [['←', '→'], 'On the slider: 10 % less or more; with Shift half or double'],
          [['Mod', 'Z'], 'Undo the last change of the limit'],
          [['Mod', 'Shift', 'P'], 'Pause or resume everything'],
        ],
      },
      {
        title: 'List',
        keys: [
          [['Mod', 'F'], 'Search the list'],
          [['↑', '↓'], 'Move; with Shift extend, with Alt move without selecting'],
          [['Mod', '↑'], 'Move what is selected up in the queue; ↓ down'],
          [['Mod', 'Shift', '↑'], 'Send what is selected next'],
          [['Space'], 'Pause or resume what is selected'],
          [['Shift', 'Space'], 'Pause what is selected after the parts in flight'],
          [['R'], 'Retry what is selected'],
          [['Delete'], 'Cancel what is selected; take it off the list once it has ended'],
          [['Mod', 'A'], 'Select all in this list'],
          [['Mod', 'C'], 'Copy the details of the row'],
          [['←', '→'], 'Hide and show the files of a batch; Enter on its line does both'],
          [['Enter'], 'Details of the row: its rate, parts and log, and why it is slow'],
          [['Shift', 'F10'], 'All actions for the row'],
          [['Esc'], 'Close the details; clear the selection'],
        ],
      },
    ] as readonly { readonly title: string; readonly keys: readonly (readonly [readonly string[], string])[] }[],
    sheet: '? opens this sheet.',
  },
  announce: {
    done: (completed: number, failed: number) =>
      failed === 0
        ? `All uploads have ended: ${formatCount(completed)} done.`
        : `All uploads have ended: ${formatCount(completed)} done, ${formatCount(failed)} failed.`,
    failed: (count: number) => `${uploads(count)} failed.`,
  },
  notifications: {
    menu: 'Notify me when a batch ends',
    refused: 'The browser does not allow notifications of this window; its settings can allow them.',
    ended: 'Upload finished',
    failed: 'Some uploads failed',
  },
  toasts: { label: 'Notices', notice: 'Notice', problem: 'Problem', dismiss: 'Dismiss' },
  dialogs: { close: 'Close', keep: 'Keep it' },
  ...startStrings,
  ...limitsStrings,
  ...destinationsStrings,
  ...openUploadsStrings,
  ...queueStrings,
  ...detailsStrings,
} as const
