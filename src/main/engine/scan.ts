import { isUtf8 } from 'node:buffer'
import type { BigIntStats } from 'node:fs'
import path from 'node:path'
import picomatch from 'picomatch'
import type { TransferError } from '../../shared/errors.ts'
import { keyError, keyOf } from '../core/target.ts'
import type { Source } from './api.ts'
import { sourceError, userFs } from './user-files.ts'

/** One regular file to upload. The numbers say later whether it is still the same file. */
export interface ScannedFile {
  /** Absolute. */
  readonly path: string
  readonly key: string
  readonly sizeBytes: number
  readonly mtimeNs: bigint
  readonly inode: bigint
  readonly device: bigint
}

export interface ScanProblem {
  readonly path: string
  /** The key it would have had; for a folder its prefix. */
  readonly key: string
  /**
   * `source-unsupported`: a link that loops, or what is neither file nor folder. `source-unreadable`: no permission,
   * or a name that is not UTF-8. `source-missing`, `key-too-long`.
   */
  readonly error: TransferError
}

/** What was found since the batch before; the counts are of this batch alone. */
export interface ScanBatch {
  readonly files: readonly ScannedFile[]
  readonly problems: readonly ScanProblem[]
  /** `.DS_Store` and its kind, and what the globs left out; a folder left out whole counts once. */
  readonly leftOut: number
  readonly emptyFolders: number
}

/** The part of `node:fs` that a walk needs. */
export type ScanFs = { readonly promises: Pick<typeof userFs.promises, 'stat' | 'readdir'> }

export interface ScanOptions {
  /** Globs over the path relative to its source; one without `/` is tried on the name alone. */
  readonly include: readonly string[]
  /** Wins over `include`. A folder that matches is left out whole. */
  readonly exclude: readonly string[]
  readonly signal: AbortSignal
  readonly fs?: ScanFs
}

const BATCH_FILES = 256
/** A slow network folder still shows its first files soon. */
const BATCH_MS = 100
/** Node answers file calls from 4 threads: more at once only fills its queue. */
const STATS_AT_ONCE = 16
const LEFT_OUT_NAMES = new Set(['.ds_store', 'thumbs.db', 'desktop.ini'])

/** A folder still to be walked. */
interface Folder {
  readonly path: string
  /** What is put before each name in it to make a key. */
  readonly prefix: string
  /** Relative to its source, '' or ending in '/': what globs are matched on. */
  readonly relative: string
  /** It and the folders above it, by device and inode: a link to one of them is a loop. */
  readonly lineage: ReadonlySet<string>
}

type Found = { readonly file: ScannedFile } | { readonly folder: Folder } | { readonly problem: ScanProblem }

interface Tally {
  readonly files: ScannedFile[]
  readonly problems: ScanProblem[]
  leftOut: number
  emptyFolders: number
}

interface Walk {
  readonly fs: ScanFs['promises']
  readonly signal: AbortSignal
  readonly takesFile: (relative: string) => boolean
  readonly takesFolder: (relative: string) => boolean
}

/**
 * Walks files and folders, following links. The order is always the same: sources as given; in a folder its files
 * by name, then its folders by name. Trouble with one file is a problem in a batch, never an exception; throws only
 * the signal's reason, once it is aborted.
 */
export async function* scanSources(sources: readonly Source[], options: ScanOptions): AsyncGenerator<ScanBatch> {
  const { signal, include, exclude } = options
  const walk: Walk = { fs: (options.fs ?? userFs).promises, signal, ...nameFilter(include, exclude) }
  let batch = emptyTally()
  let dueAtMs = performance.now() + BATCH_MS
  for (const source of sources) {
    for await (const found of walkSource(source, walk)) {
      batch.files.push(...found.files)
      batch.problems.push(...found.problems)
      batch.leftOut += found.leftOut
      batch.emptyFolders += found.emptyFolders
      if (batch.files.length < BATCH_FILES && performance.now() < dueAtMs) continue
      yield batch
      batch = emptyTally()
      dueAtMs = performance.now() + BATCH_MS
    }
  }
  yield batch
}

async function* walkSource(source: Source, walk: Walk): AsyncGenerator<Tally> {
  walk.signal.throwIfAborted()
  const tally = emptyTally()
  const waiting: Folder[] = []
  const start = await look(source.path, source.keyOrPrefix, '', await foldersAbove(source.path, walk), walk)
  if ('file' in start && !walk.takesFile(path.basename(source.path))) tally.leftOut += 1
  else record(start, tally, waiting)
  yield tally
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const folders: Folder[] = []
    yield* walkFolder(folder, folders, walk)
    // The last one in is walked first: reversed, they follow in the order of their names.
    waiting.push(...folders.reverse())
  }
}

/** The files of one folder; the folders in it are put into `folders`. */
async function* walkFolder(folder: Folder, folders: Folder[], walk: Walk): AsyncGenerator<Tally> {
  walk.signal.throwIfAborted()
  let names: string[]
  const listed = emptyTally()
  try {
    names = await listNames(folder, listed.problems, walk)
  } catch (error) {
    listed.problems.push({ path: folder.path, key: folder.prefix, error: sourceError(error) })
    yield listed
    return
  }
  if (names.every((name) => LEFT_OUT_NAMES.has(name.toLowerCase()))) listed.emptyFolders += 1
  yield listed
  for (let from = 0; from < names.length; from += STATS_AT_ONCE) {
    walk.signal.throwIfAborted()
    const tally = emptyTally()
    const found = await Promise.all(
      names.slice(from, from + STATS_AT_ONCE).map((name) => {
        const relative = folder.relative + name
        return look(path.join(folder.path, name), folder.prefix + keyOf(name), relative, folder.lineage, walk)
      }),
    )
    for (const [offset, item] of found.entries()) {
      const relative = folder.relative + names[from + offset]
      const taken = 'folder' in item ? walk.takesFolder(relative) : walk.takesFile(relative)
      if (taken) record(item, tally, folders)
      else tally.leftOut += 1
    }
    yield tally
  }
}

function record(found: Found, tally: Tally, folders: Folder[]): void {
  if ('file' in found) tally.files.push(found.file)
  else if ('folder' in found) folders.push(found.folder)
  else tally.problems.push(found.problem)
}

/** What stands at a path, links followed. `key` is what it would get as a file. */
async function look(
  itsPath: string,
  key: string,
  relative: string,
  above: ReadonlySet<string>,
  walk: Walk,
): Promise<Found> {
  const refuse = (error: TransferError): Found => ({ problem: { path: itsPath, key, error } })
  let stats: BigIntStats
  try {
    stats = await walk.fs.stat(itsPath, { bigint: true })
  } catch (error) {
    return refuse(sourceError(error))
  }
  if (stats.isDirectory()) {
    const identity = `${stats.dev}:${stats.ino}`
    // Some network file systems give every folder inode 0; there the system's own limit on links ends a loop.
    if (stats.ino !== 0n && above.has(identity)) {
      return refuse({ code: 'source-unsupported', message: 'The link leads back to a folder above it.' })
    }
    const isSource = relative === ''
    return {
      folder: {
        path: itsPath,
        prefix: isSource ? key : `${key}/`,
        relative: isSource ? '' : `${relative}/`,
        lineage: new Set(above).add(identity),
      },
    }
  }
  if (!stats.isFile()) return refuse({ code: 'source-unsupported', message: `${kindOf(stats)} cannot be uploaded.` })
  const error = keyError(key)
  if (error !== null) return refuse(error)
  const { size, mtimeNs, ino: inode, dev: device } = stats
  return { file: { path: itsPath, key, sizeBytes: Number(size), mtimeNs, inode, device } }
}

/** By device and inode: a link to one of them would lead back into the source. */
async function foldersAbove(itsPath: string, walk: Walk): Promise<ReadonlySet<string>> {
  const above = new Set<string>()
  for (let folder = path.dirname(itsPath); ; folder = path.dirname(folder)) {
    const stats = await walk.fs.stat(folder, { bigint: true }).catch(() => null)
    if (stats !== null) above.add(`${stats.dev}:${stats.ino}`)
    if (folder === path.dirname(folder)) return above
  }
}

/** Sorted. A name that is not UTF-8 cannot be opened by its text, nor can it be a key: it becomes a problem. */
async function listNames(folder: Folder, problems: ScanProblem[], walk: Walk): Promise<string[]> {
  const names = await walk.fs.readdir(folder.path)
  if (!names.some((name) => name.includes('\uFFFD'))) return names.sort()
  const valid: string[] = []
  for (const name of await walk.fs.readdir(folder.path, { encoding: 'buffer' })) {
    const text = name.toString()
    if (isUtf8(name)) valid.push(text)
    else {
      problems.push({
        path: path.join(folder.path, text),
        key: folder.prefix + keyOf(text),
        error: { code: 'source-unreadable', message: 'The name is not valid UTF-8, so it cannot be a key.' },
      })
    }
  }
  return valid.sort()
}

/** `include` may name what is otherwise left out, such as `.DS_Store`. */
function nameFilter(include: readonly string[], exclude: readonly string[]): Pick<Walk, 'takesFile' | 'takesFolder'> {
  const included = anyOf(include)
  const excluded = anyOf(exclude)
  return {
    takesFile: (relative) => {
      if (excluded(relative)) return false
      if (include.length > 0) return included(relative)
      return !LEFT_OUT_NAMES.has(path.posix.basename(relative).toLowerCase())
    },
    takesFolder: (relative) => !excluded(relative),
  }
}

function anyOf(globs: readonly string[]): (relative: string) => boolean {
  const matchers = globs.map((glob) => {
    const pattern = glob.replace(/\/+$/, '')
    return picomatch(pattern, { dot: true, basename: !pattern.includes('/') })
  })
  return (relative) => matchers.some((matches) => matches(relative))
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFIFO()) return 'A named pipe'
  if (stats.isSocket()) return 'A socket'
  if (stats.isBlockDevice() || stats.isCharacterDevice()) return 'A device'
  return 'What is neither a file nor a folder'
}

function emptyTally(): Tally {
  return { files: [], problems: [], leftOut: 0, emptyFolders: 0 }
}
