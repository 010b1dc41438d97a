/**
 * What a drop would upload, found out before anything is queued. Bounded whatever the length of the drop: at most
 * `LISTED` lines of each list.
 */
export interface Preflight {
  readonly files: number
  readonly bytes: number
  readonly largest: LargestFile | null
  /** `.DS_Store` and its kind. */
  readonly leftOut: number
  readonly emptyFolders: number
  /** What cannot be uploaded, each with its reason; two files with one key among them. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
  readonly skippedCount: number
  /** null where there was no reason to look. */
  readonly existing: ExistingKeys | null
}

/** The file that needs the most parts. One that needs more than S3 allows is not here: it is skipped. */
export interface LargestFile {
  readonly path: string
  readonly sizeBytes: number
  /** Of each part but the last; null: it goes in one request. */
  readonly partBytes: number | null
  readonly partCount: number
}

/** Objects that are at the destination under keys of the drop. */
export interface ExistingKeys {
  readonly count: number
  readonly keys: readonly string[]
  /** Those of another size than their file, which certainly differ. */
  readonly otherSize: number
  /** False: only some of the keys could be looked for. */
  readonly complete: boolean
  /** Why nothing could be looked for, in one sentence; else null. */
  readonly problem: string | null
}

export const LISTED = 200

/** A drop of so many files goes without asking, where nothing of it is skipped. */
export const FEW_FILES = 10

/** Is there something that a person wants to know before it starts? */
export function isWorthAsking({ files, skippedCount }: Pick<Preflight, 'files' | 'skippedCount'>): boolean {
  return files > FEW_FILES || skippedCount > 0
}
