import type { OnExists } from '../../shared/destination.ts'
import { formatCount, items, plural } from './count.ts'
import { queueStrings } from './queue.ts'

/** How uploads come in: adding, the first steps, the sheet before a large drop. */

export const startStrings = {
  add: {
    files: 'Add files',
    folder: 'Add folder',
    chooseFiles: 'Choose files',
    chooseFolder: 'Choose folder',
    noDestination: 'Choose where the files go first: the demo bucket, or a destination of your own.',
  },
  empty: {
    title: 'Drop files or folders here',
    goingTo: (name: string) => `They go to ${name}, and start at once.`,
    nowhereYet: 'First choose where they go.',
    waiting: (count: number) => `${items(count)} ready to go. Choose where to.`,
    demo: 'Try the demo bucket',
    demoHint: 'An S3 bucket inside Sluice, on this computer. Nothing leaves the machine.',
    addDestination: 'Add a destination',
    addDestinationHint: 'AWS, or anything that speaks S3: MinIO, Ceph, R2, Wasabi, B2.',
    paste: 'or paste files and paths with',
    nothingMatches: (filter: string) => `No transfers are in “${filter}”`,
    nothingFound: (search: string, filter: string) =>
      filter === queueStrings.filters.all
        ? `Nothing matches “${search}”`
        : `Nothing in “${filter}” matches “${search}”`,
    showAll: 'Show all',
    connecting: 'Opening…',
  },
  welcome: {
    label: 'First steps',
    steps: ['Choose where files go', 'Drop a file, or send the sample', 'See it verified'] as readonly string[],
    done: '(done)',
    sample: 'Send a sample file',
    underWay: 'On its way. Move the limit’s slider while it goes: it acts at once.',
    verified: (count: number, name: string) =>
      `${plural(count, 'file is', 'files are')} in ${name}, and the server has confirmed every byte.`,
    notArrived: 'It has not arrived: its row says why, and what helps.',
    close: 'Got it',
  },
  trouble: {
    label: 'What is wrong',
    restarting: (reason: string) =>
      `Uploads were interrupted: ${reason}. They are started again, and go on from where they were.`,
    unkept: (reason: string) => `${reason} Nothing can be uploaded until that is mended and Sluice is started again.`,
    saveReport: 'Save a report',
    makeRoom: 'Forget old batches…',
    dismiss: 'Dismiss',
    engineDead: (reason: string) => `Uploads have ended: ${reason}. What is left goes on when Sluice is started again.`,
    offline: 'This computer is offline. Uploads go on by themselves once it is back.',
  },
  drop: {
    to: (count: number, name: string) =>
      count > 0 ? `Drop ${items(count)} to upload to ${name}` : `Drop to upload to ${name}`,
    noDestination: (count: number) =>
      count > 0 ? `Drop ${items(count)}, then choose where to` : 'Drop, then choose where to',
    hint: 'Folders keep their name and everything in them.',
  },
  preflight: {
    looking: 'Looking through what you dropped…',
    lookingHint: 'Files are being counted; nothing has been sent yet.',
    title: (count: number, name: string) =>
      count === 0 ? 'Nothing of this can be uploaded' : `Upload ${plural(count, 'file', 'files')} to ${name}?`,
    size: 'Size',
    time: 'Time',
    to: 'To',
    largest: 'Largest',
    timeAtLimit: (duration: string, limit: string) => `about ${duration} at your limit of ${limit}`,
    timeAtRate: (duration: string, rate: string) => `about ${duration} at the present ${rate}`,
    timeUnknown: 'as fast as the line goes: no limit is set',
    onePiece: 'in one piece',
    parts: (count: number, size: string) => `${plural(count, 'part', 'parts')} of ${size}`,
    noneThere: 'None of them is at the destination yet.',
    noneSeenThere: 'None of those that were looked for is at the destination yet.',
    there: (count: number, complete: boolean) =>
      `${complete ? '' : 'At least '}${formatCount(count)} of them ${count === 1 ? 'is' : 'are'} at the destination already.`,
    thereLabel: 'At the destination already',
    rules: {
      'skip-same': 'What is the same is skipped; what differs fails and asks you.',
      skip: 'They are skipped.',
      overwrite: 'They are overwritten.',
      'keep-both': 'What is the same is skipped; what differs is kept beside them, as “name (2)”.',
      fail: 'They fail and ask you.',
    } satisfies Record<OnExists, string>,
    keptBeside: (differ: number, count: number) => {
      if (differ === 0)
        return 'They have the size of your files; what differs all the same is kept beside, as “name (2)”.'
      const rest = differ === count ? '' : ' What is the same is skipped.'
      return `${formatCount(differ)} of them ${differ === 1 ? 'differs and is' : 'differ and are'} kept beside, as “name (2)”.${rest}`
    },
    notLooked: (reason: string) => `Whether some are at the destination already is not known: ${reason}`,
    skipped: (count: number) => `${items(count)} cannot be uploaded:`,
    skippedLabel: 'What cannot be uploaded',
    more: (count: number) => `and ${formatCount(count)} more`,
    leftOut: (count: number) =>
      `${plural(count, 'system file', 'system files')} (.DS_Store, Thumbs.db, desktop.ini) left out.`,
    emptyFolders: (count: number) => `${plural(count, 'empty folder', 'empty folders')} left out: S3 keeps files only.`,
    dontAsk: 'Don’t ask again',
    upload: (count: number) => `Upload ${plural(count, 'file', 'files')}`,
    cancel: 'Cancel',
  },
  picker: {
    filesTitle: 'Choose files to upload',
    folderTitle: 'Choose a folder to upload',
    path: 'Path',
    go: 'Go',
    up: 'Up one folder',
    list: 'Files and folders',
    empty: 'This folder is empty.',
    noFolders: 'There are no folders in here.',
    loading: 'Reading the folder…',
    truncated: (count: number) =>
      `Only the first ${formatCount(count)} entries are shown. Type a path above for the others.`,
    chosen: (count: number) => `${items(count)} chosen`,
    uploadFiles: (count: number) => (count === 0 ? 'Upload' : `Upload ${items(count)}`),
    uploadFolder: (name: string) => `Upload “${name}”`,
    keys: 'Arrow keys move, Enter opens, Space chooses, Backspace goes up.',
    folderKeys: 'Arrow keys move, Enter opens, Space chooses the folder, Backspace goes up.',
    cancel: 'Cancel',
  },
} as const
