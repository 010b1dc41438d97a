import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { UploadName, UploadOwner } from '../../shared/open-uploads.ts'
import { ownerOf } from './data-folder.ts'
import type { PeekedUpload } from './journal-peek.ts'
import { peekUploads } from './journal-peek.ts'

/** Uploads of the other Sluices of this person on this computer, by what their journals say. */
export interface Neighbours {
  /** null: none of them knows it. */
  ownerOf(upload: UploadName): Extract<UploadOwner, 'running' | 'resumable'> | null
}

const NOBODY: Neighbours = { ownerOf: () => null }

/**
 * Looks at every data folder but our own: the window's is `stateDir` itself, those of the command line are in its
 * `runs`. A folder that a person named by `--data-dir` lies elsewhere, and is not known.
 */
export function lookAround(stateDir: string | null, ownDir: string | null): Neighbours {
  if (stateDir === null) return NOBODY
  const runs = join(stateDir, 'runs')
  const folders = [stateDir, ...namesIn(runs).map((name) => join(runs, name))]
  const known = folders
    .filter((dir) => ownDir === null || resolve(dir) !== resolve(ownDir))
    .flatMap((dir) => {
      const uploads = uploadsOf(dir)
      return uploads.length === 0 ? [] : [{ uploads, isLive: ownerOf(dir) !== null }]
    })
  return {
    ownerOf: (upload) => {
      const holders = known.filter(({ uploads }) => uploads.some((one) => isSame(one, upload)))
      return holders.length === 0 ? null : holders.some(({ isLive }) => isLive) ? 'running' : 'resumable'
    },
  }
}

/** One that is being created has no id yet: any upload of its key may be it. */
function isSame(kept: PeekedUpload, { key, uploadId }: UploadName): boolean {
  return kept.uploadId === null ? kept.key === key : kept.uploadId === uploadId
}

function uploadsOf(dir: string): readonly PeekedUpload[] {
  try {
    return peekUploads(dir)
  } catch {
    // Nobody knows what a journal holds that cannot be read; its uploads are shown as those of others.
    return []
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
