import { formatCount } from './count.ts'

/** The panel of one upload. */

export const detailsStrings = {
  details: {
    label: 'Details of',
    close: 'Close the details',
    progress: (confirmed: string, total: string) => `${confirmed} of ${total} confirmed`,
    why: 'Why is it slow?',
    shares: (shares: string) => `Where the last seconds went: ${shares}.`,
    rate: 'Rate',
    graph: 'Rate graph of this transfer',
    parts: {
      title: 'Parts',
      label: (confirmed: number, inFlight: number, waiting: number) =>
        `Parts of the file: ${formatCount(confirmed)} confirmed, ${formatCount(inFlight)} in flight, ${formatCount(waiting)} waiting.`,
      states: {
        confirmed: (count: number) => `${formatCount(count)} confirmed`,
        'in-flight': (count: number) => `${formatCount(count)} in flight`,
        waiting: (count: number) => `${formatCount(count)} waiting`,
      },
      each: (size: string) => `${size} each`,
    },
    limit: 'Limit of this transfer',
    exempt: 'Leave the limit of all uploads',
    log: 'What happened',
    logEmpty: 'Nothing yet: it waits for its turn.',
  },
  slowness: {
    limits: {
      global: 'Your limit for all uploads holds it; the line could take more.',
      destination: 'The limit of its destination holds it; the line could take more.',
      transfer: 'Its own limit holds it; the line could take more.',
      requests: 'The requests per second of its destination hold it.',
      quota: 'A quota holds it.',
    },
    causes: {
      server: 'The server asked for less, so it is sent more slowly until the server bears more.',
      network: 'The network holds it: the line, or the server at its end, takes no more.',
      disk: 'The disk holds it: the file cannot be read any faster.',
      'small-files':
        'Many small files: each costs a round trip to the server, whatever its size. More connections help.',
      computer: 'This computer holds it: checksums and encryption take all its time.',
      none: 'Nothing holds it.',
    },
    waiting: {
      turn: 'It waits for its turn: others are before it.',
      resume: 'It is paused, and waits to be resumed.',
      quota: 'It waits for a quota that is used up.',
      destination: 'It waits for its destination to be mended.',
      answer: 'It waits for the server’s answer.',
      retry: 'It waits for the next try.',
    },
    shares: {
      limit: 'limit',
      server: 'server’s wish',
      network: 'network',
      disk: 'disk',
      files: 'round trips',
      computer: 'this computer',
    },
  },
  log: {
    events: {
      start: 'Its turn came',
      prepared: 'The server began the upload',
      'parts-done': 'All parts are there; the server puts them together',
      'parts-again': 'Some parts had not arrived whole: sent again',
      completed: 'Done',
      skipped: 'Skipped: the object was there already',
      failed: 'Failed',
      'retry-due': 'Trying again',
      blocked: 'Waits for its destination',
      'source-away': 'The volume of the file is gone',
      unblocked: 'Goes on: what it waited for is mended or back',
      'start-over': 'Begun again from the first byte',
      pause: 'Paused',
      resume: 'Resumed',
      cancel: 'Cancelled',
      aborted: 'The server has removed what it had of it',
      again: 'Asked for again',
      'kept-beside': 'Its key holds another object, so it goes beside it',
    },
    retryLater: (attempt: number, reason: string) => `Try ${formatCount(attempt)} failed: ${reason}`,
    limit: (rate: string) => `Its limit is now ${rate}`,
  },
} as const
