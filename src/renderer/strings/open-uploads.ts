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
    confirmText: (count: number, bytes: string, others: number, resumable: number) => {
      const sentences = [`${count === 1 ? 'Its' : 'Their'} parts, ${bytes}, are removed from the bucket for good.`]
      if (count === 1) {
        if (others > 0) sentences.push('Another program has begun it, and may still be sending it.')
        if (resumable > 0) sentences.push('“sluice resume” could still go on with it.')
      } else {
        const were = plural(others, 'of them was', 'of them were')
        if (others > 0) sentences.push(`${were} begun by other programs, which may still be sending.`)
        if (resumable > 0) sentences.push(`“sluice resume” could still go on with ${formatCount(resumable)} of them.`)
      }
      return sentences.join(' ')
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
