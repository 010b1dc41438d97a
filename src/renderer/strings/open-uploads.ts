import type { UploadOwner } from '../../shared/open-uploads.ts'
import { formatCount, plural, uploads } from './count.ts'

/** Uploads that were begun at a destination and have not ended. */

export const openUploadsStrings = {
  openUploads: {
    menu: 'Unfinished uploads…',
    title: (name: string) => `Unfinished uploads at ${name}`,
    list: 'Unfinished uploads',
    intro: 'The parts of an upload that was begun and never ended stay in the bucket, out of sight, and are billed.',
    looking: (count: number) => (count === 0 ? 'Looking…' : `Looking… ${uploads(count)} so far.`),
    none: 'There are none: nothing unfinished takes up room here.',
    total: (count: number, bytes: string) => `${uploads(count)} ${count === 1 ? 'holds' : 'hold'} ${bytes}.`,
    atLeast: (bytes: string) => `at least ${bytes}`,
    unknown: 'an unknown amount',
    tooMany: (count: number) => `Only the first ${formatCount(count)} are shown.`,
    all: (count: number) => `All that can be aborted (${formatCount(count)})`,
    started: (time: string) => `started ${time}`,
    sizeUnknown: 'size not known',
    owners: {
      queue: 'in this queue',
      running: 'another Sluice on this computer is sending it',
      resumable: 'a run of Sluice that can still be resumed',
      left: 'left over by Sluice',
      other: 'begun by another program',
    } satisfies Record<UploadOwner, string>,
    chosen: (count: number, bytes: string) => `${formatCount(count)} selected, ${bytes}`,
    noneChosen: 'None selected',
    again: 'Look again',
    close: 'Close',
    abort: (count: number) => (count === 0 ? 'Abort…' : `Abort ${uploads(count)}…`),
    confirmTitle: (count: number) => `Abort ${uploads(count)}?`,
    confirmText: (count: number, bytes: string, others: number) => {
      const gone = `${count === 1 ? 'Its' : 'Their'} parts, ${bytes}, are removed from the bucket for good.`
      if (others === 0) return gone
      if (count === 1) return `${gone} Another program has begun it, and may still be sending it.`
      return `${gone} ${plural(others, 'of them was', 'of them were')} begun by other programs, which may still be sending.`
    },
    confirm: (count: number) => `Abort ${uploads(count)}`,
    keep: 'Leave as is',
    aborting: (done: number, count: number) => `Aborting… ${formatCount(done)} of ${formatCount(count)}.`,
    aborted: (count: number, inUse: number) =>
      `${uploads(count)} ${count === 1 ? 'was' : 'were'} aborted.${
        inUse === 0 ? '' : ` ${formatCount(inUse)} went on meanwhile and ${inUse === 1 ? 'was' : 'were'} left alone.`
      }`,
  },
} as const
