import type { QueueFilter, TestStep } from '../shared/contract.ts'
import type { Phase } from '../shared/transfer.ts'

/** Every sentence of the window, in one place. */

const number = new Intl.NumberFormat('en')
export const formatCount = (count: number): string => number.format(count)
const plural = (count: number, one: string, many: string): string => `${formatCount(count)} ${count === 1 ? one : many}`
export const items = (count: number): string => plural(count, 'item', 'items')
const uploads = (count: number): string => plural(count, 'upload', 'uploads')

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

const TEST_STEPS: Record<TestStep, string> = {
  credentials: 'Keys',
  connect: 'Connection',
  bucket: 'Bucket',
  write: 'Writing',
}

export const strings = {
  app: 'Sluice',
  filters: FILTERS,
  phases: PHASES,
  testSteps: TEST_STEPS,

  errors: {
    hostGone: 'The part of Sluice behind this window does not answer. Close the window and start Sluice again.',
    noPath: (name: string) => `“${name}” is not a file on this computer's disk, so it cannot be uploaded from here.`,
    nothingToPaste: 'The clipboard holds no files and no absolute paths, one on each line.',
    copyFailed: 'The details could not be copied to the clipboard.',
    rangeTooLong: 'A range can hold 10,000 rows. Press Ctrl+A to select everything in this list.',
  },

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
    showAll: 'Show all',
    connecting: 'Opening…',
  },

  drop: {
    to: (count: number, name: string) =>
      count > 0 ? `Drop ${items(count)} to upload to ${name}` : `Drop to upload to ${name}`,
    noDestination: (count: number) =>
      count > 0 ? `Drop ${items(count)}, then choose where to` : 'Drop, then choose where to',
    hint: 'Folders keep their name and everything in them.',
  },

  strip: {
    label: 'Rate and limit',
    sending: 'Sending now',
    paused: 'Paused',
    idle: 'Idle',
    left: (duration: string) => `${duration} left`,
    progress: (sent: string, total: string) => `${sent} of ${total}`,
    pauseAll: 'Pause all',
    resumeAll: 'Resume all',
    limitBadge: (rate: string) => `Limit ${rate}`,
    liftLimit: 'Lift the limit',
  },

  binding: {
    by: (what: string) => `limited by: ${what}`,
    yours: 'your limit',
    yoursUntil: (time: string) => `your limit until ${time}`,
    schedule: 'schedule',
    scheduleUntil: (time: string) => `schedule until ${time}`,
    forMore: (rate: string, duration: string) => `${rate} for ${duration} more`,
    alternative: 'the alternative limit',
    destination: (name: string | null) => (name === null ? 'a destination’s limit' : `the limit of ${name}`),
    transfer: (name: string | null) => (name === null ? 'a transfer’s own limit' : `the limit of ${name}`),
    requests: (name: string | null) => (name === null ? 'requests per second' : `requests per second of ${name}`),
    quota: 'a quota',
    quotaUntil: (time: string) => `quota until ${time}`,
    quotaLeft: (name: string, left: string, until: string | null) =>
      `quota ${name}, ${left} left${until === null ? '' : `, until ${until}`}`,
    server: (name: string | null) => (name === null ? 'the server asked for less' : `${name} asked for less`),
    causes: {
      network: 'the network',
      disk: 'the disk',
      'small-files': 'many small files',
      computer: 'this computer',
    },
    paused: 'paused',
    pausedFor: (duration: string) => `paused for ${duration} more`,
    pausedBySchedule: (time: string) => `paused by the schedule until ${time}`,
    below: 'not limited at the moment',
    noLimit: 'no limit',
  },

  source: {
    timed: (duration: string, then: string) => `For ${duration} more${then && `, then ${then}`}`,
    alternative: 'Alternative limit',
    schedule: 'By the schedule',
    scheduleUntil: (time: string) => `By the schedule, until ${time}`,
    overrideUntil: (time: string) => `Until ${time}, then the schedule`,
    theSchedule: 'the schedule',
    end: 'End now',
    backToSchedule: 'Back to the schedule',
    switchOff: 'Switch off',
  },

  time: {
    seconds: (count: number) => `${count} s`,
    minutes: (count: number) => `${count} min`,
    hours: (hours: number, minutes: number) => (minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`),
    weekdays: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as readonly string[],
  },

  limit: {
    label: 'Limit',
    slider: 'Limit for all uploads',
    box: 'Limit as text',
    placeholder: '5 Mb/s, 600 KB/s',
    unlimited: 'Unlimited',
    set: 'Set',
    alternative: (rate: string) => `Alternative limit: ${rate}`,
    undo: (rate: string) => `Undo: back to ${rate}`,
    undoNothing: 'Undo the last change of the limit',
    both: (bytes: string, bits: string) => `${bytes} = ${bits}`,
    none: 'No limit: as fast as the line goes',
    valueText: (bytes: string, bits: string) => `${bytes}, ${bits}`,
  },

  timers: {
    label: 'Timers and schedule',
    forAWhile: 'Limit for a while',
    for: (minutes: number) => (minutes < 60 ? `for ${minutes} min` : `for ${minutes / 60} h`),
    until: 'until',
    noTime: 'Choose a time first, such as 18:00.',
    pause: 'Pause, then go on by itself',
    pauseFor: (minutes: number) => (minutes < 60 ? `Pause for ${minutes} min` : `Pause for ${minutes / 60} h`),
    alternative: 'Alternative limit',
    alternativeHint: 'The turtle switches to it and back.',
    follow: 'Follow the schedule',
    noSchedule: 'No schedule yet',
    schedule: 'Schedule…',
  },

  schedule: {
    title: 'Schedule',
    brush: 'Paint',
    brushRate: 'Limit',
    brushPause: 'Pause',
    brushOff: 'Unlimited',
    rate: 'Rate to paint',
    keys: 'Drag over the week. By keyboard: arrows, Shift extends, Space paints.',
    grid: 'Limits of the week, in half hours',
    days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as readonly string[],
    cell: (day: string, time: string, limit: string) => `${day} ${time}, ${limit}`,
    asText: 'As text',
    placeholder: 'Mon-08:00,512k 12:00,10M 19:00,off',
    textHint: 'A time and a rate each, as rclone writes them; a day before the time for that day alone; off, pause.',
    understood: (canonical: string) => `Understood as: ${canonical}`,
    understoodRounded: (canonical: string) =>
      `Understood as: ${canonical} (the grid shows half hours; painting moves other times to them)`,
    zone: 'Time zone',
    ownZone: (name: string) => `This computer’s (${name})`,
    follow: 'Follow this schedule',
    remove: 'Remove the schedule',
    save: 'Save',
    cancel: 'Cancel',
  },

  quotas: {
    title: 'Quotas',
    none: 'A quota is a budget over a moving window: at most so many bytes, requests or files in any day, hour or week.',
    amount: 'Quota',
    amountHint: 'An amount of bytes, requests or files, and a window.',
    amountExample: '20 GB per day',
    name: 'Name',
    nameHint: 'If you like; its counts are kept under it.',
    nameKnown: 'Changes the quota of this name, which keeps what it has counted.',
    mode: 'How it is kept',
    stop: 'Stop when used up',
    spread: 'Spread evenly',
    where: 'Counts',
    everywhere: 'All uploads',
    only: (destination: string) => `only ${destination}`,
    isSpread: 'spread evenly',
    stand: (used: string, left: string) => `${used} used, ${left} left`,
    usedUp: (stand: string, time: string) => `${stand}: nothing new starts until ${time}`,
    used: (name: string) => `Used of ${name}`,
    add: 'Add quota',
    change: 'Change',
    changeOne: (name: string) => `Change ${name}`,
    remove: 'Remove',
    removeOne: (name: string) => `Remove ${name}`,
    close: 'Close',
  },

  transferLimit: {
    title: (count: number) => (count === 1 ? 'Limit of this transfer' : `Limit of ${formatCount(count)} transfers`),
    limit: 'Limit',
    hint: 'It holds beside the limit of all uploads; leave it empty for none.',
    none: 'no limit of its own',
    save: 'Set limit',
    cancel: 'Cancel',
  },

  graph: {
    label: 'Rate graph',
    span: 'Time shown',
    spans: (minutes: number) => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`),
    peak: (rate: string) => `peak ${rate}`,
    paused: 'paused',
    retries: (count: number) => plural(count, 'retry', 'retries'),
    events: (pauses: number, limits: number, retries: number) => {
      const events = [
        pauses > 0 ? plural(pauses, 'pause', 'pauses') : '',
        limits > 0 ? plural(limits, 'change of the limit', 'changes of the limit') : '',
        retries > 0 ? plural(retries, 'retry', 'retries') : '',
      ].filter((event) => event !== '')
      return events.length === 0 ? '' : `In this time: ${events.join(', ')}.`
    },
    sent: 'Sent',
    confirmed: 'Confirmed',
    confirmedHint: 'Acknowledged by the server, as a mean over 10 seconds',
    limit: 'Limit',
    agoNow: 'now',
    mark: (duration: string) => `−${duration}`,
    ago: (duration: string) => `${duration} ago`,
    above: (rate: string) => `limit ${rate} ↑`,
    text: (span: string, now: string, mean: string, peak: string, limit: string) =>
      `Over the last ${span}: now ${now}, mean ${mean}, highest ${peak}, limit ${limit}.`,
    none: 'Nothing has been sent yet.',
  },

  destinations: {
    label: 'Destination',
    none: 'No destination',
    add: 'Add a destination…',
    edit: 'Edit destination…',
    demo: 'Demo bucket',
    remove: 'Remove',
    removeTitle: (name: string) => `Remove “${name}”?`,
    removeText: 'Uploads to it are cancelled. Objects already in the bucket stay where they are.',
    blocked: (name: string, message: string) => `${name}: ${message}`,
    tryAgain: 'Try again',
    editShort: 'Edit destination',
    secretMissing: (name: string) =>
      `The secret key of ${name} is not known in this session, so nothing can go there yet.`,
    enterSecret: 'Enter the key',
  },

  destinationDialog: {
    addTitle: 'Add a destination',
    editTitle: 'Edit destination',
    name: 'Name',
    namePlaceholder: 'Footage archive',
    service: 'Service',
    aws: 'Amazon S3',
    other: 'Other S3 server',
    endpoint: 'Endpoint',
    endpointPlaceholder: 'https://s3.example.org',
    region: 'Region',
    bucket: 'Bucket',
    prefix: 'Folder in the bucket',
    prefixHint: 'Put before every key; leave it empty for the top of the bucket.',
    credentials: 'Credentials',
    keys: 'Access keys',
    profile: 'Profile in ~/.aws',
    accessKeyId: 'Access key ID',
    secretAccessKey: 'Secret access key',
    secretKnown: 'Known; leave empty to keep it',
    secretHint: 'Kept in memory until Sluice closes, never written to disk.',
    sessionToken: 'Session token',
    optional: 'optional',
    profileName: 'Profile name',
    profileHint: 'Leave it empty for the AWS_* environment or the default profile.',
    pathStyle: 'Bucket in the path, not in the host name',
    pathStyleHint: 'Most servers other than Amazon’s want this.',
    onExists: 'When a key exists already',
    onExistsChoices: {
      'skip-same': 'Skip if it is the same, otherwise fail',
      skip: 'Skip',
      overwrite: 'Overwrite',
      fail: 'Fail',
    },
    pace: 'Limits of this destination',
    limit: 'Limit',
    requestsPerSecond: 'Requests per second',
    filesPerSecond: 'Files per second',
    noLimit: 'no limit',
    paceHint: 'They hold beside the limit of all uploads; requests and files are spread evenly over each second.',
    badPerSecond: (label: string, text: string) =>
      `${label}: ${text} is not a number from 0.01 to 1 000 000; write for example 10 or 0.5.`,
    caFile: 'CA file',
    caFileHint: 'PEM file of the authorities that signed this server’s certificate.',
    proxy: 'Proxy',
    proxyHint: 'Empty: as HTTPS_PROXY and NO_PROXY say; “none”: a direct way.',
    bindAddress: 'Bind address',
    bindAddressHint: 'The address of this computer that connections start from.',
    more: 'More options',
    test: 'Test connection',
    testing: 'Testing…',
    testOk: 'Everything works: a small object was written and removed again.',
    notTried: 'Not tried.',
    save: 'Save',
    saving: 'Saving…',
    cancel: 'Cancel',
    remove: 'Remove…',
    demoNote: 'The demo bucket runs inside Sluice; only its name, folder, rule and limits can be changed.',
    missing: (fields: string) => `Please fill in: ${fields}.`,
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
    clearSelection: 'Clear the selection',
    pause: 'Pause',
    resume: 'Resume',
    cancel: 'Cancel',
    retry: 'Retry',
    overwrite: 'Overwrite',
    remove: 'Remove',
    clearDone: 'Clear done',
    limit: 'Limit…',
    copyDetails: 'Copy details',
    copied: 'Details copied.',
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

  status: {
    scanning: (count: number) => `Looking through ${plural(count, 'folder', 'folders')}…`,
    leftOut: (count: number) => `${plural(count, 'system file', 'system files')} left out`,
    emptyFolders: (count: number) => plural(count, 'empty folder', 'empty folders'),
    unreadable: (count: number) => `${formatCount(count)} unreadable`,
    resent: (bytes: string) => `${bytes} sent again`,
    total: (done: number, count: number) => `${formatCount(done)} of ${formatCount(count)} done`,
    sent: (bytes: string) => `${bytes} sent`,
  },

  menu: {
    label: 'Menu',
    appearance: 'Appearance',
    appearances: { system: 'Like the system', light: 'Light', dark: 'Dark' },
    quotas: 'Quotas…',
    help: 'Keyboard keys',
    version: (version: string) => `Sluice ${version}`,
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
          [['↑', '↓'], 'Move; with Shift extend, with Ctrl move without selecting'],
          [['Space'], 'Pause or resume what is selected'],
          [['R'], 'Retry what is selected'],
          [['Delete'], 'Cancel what is selected; take it off the list once it has ended'],
          [['Mod', 'A'], 'Select all in this list'],
          [['Mod', 'C'], 'Copy the details of the row'],
          [['Shift', 'F10'], 'All actions for the row'],
          [['Esc'], 'Clear the selection'],
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

  toasts: { label: 'Notices', dismiss: 'Dismiss' },
  dialogs: { close: 'Close', keep: 'Keep it' },
} as const
