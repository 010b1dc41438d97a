import { basename } from 'node:path'
import type { Source } from './api.ts'

/** What a batch is called by: the first folder that was dropped, if one was, and how many things beside it. */
export interface BatchName {
  readonly folder: string | null
  readonly others: number
}

export function batchName(sources: readonly Source[]): BatchName {
  const folder = sources.find(({ keyOrPrefix }) => keyOrPrefix === '' || keyOrPrefix.endsWith('/'))
  if (folder === undefined) return { folder: null, others: sources.length }
  return { folder: basename(folder.path), others: sources.length - 1 }
}
