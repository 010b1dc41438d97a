import type { Dirent } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path'
import type { FolderListing } from '../../shared/contract.ts'
import { LISTING_LIMIT } from '../../shared/contract.ts'
import { userFs } from '../engine/user-files.ts'
import { BadInput } from './errors.ts'

type Entry = FolderListing['entries'][number]

/**
 * One folder for the picker inside the window: folders first, each group by name; at most `LISTING_LIMIT` entries.
 * Links count as what they lead to; sockets, devices and broken links are left out. `path` null is
 * the last folder used, or else the home folder; a leading `~` is the home folder.
 */
export async function listFolder(path: string | null, lastFolder: string | null): Promise<FolderListing> {
  if (path !== null) return await read(expandHome(path))
  if (lastFolder === null) return await read(homedir())
  // The last folder may be on a disk that is no longer there.
  return await read(lastFolder).catch(() => read(homedir()))
}

function expandHome(path: string): string {
  const expanded = path === '~' || /^~[\\/]/.test(path) ? join(homedir(), path.slice(1)) : path
  if (!isAbsolute(expanded)) throw new BadInput('Please give the whole path of the folder, from the top.')
  return normalize(expanded)
}

async function read(folder: string): Promise<FolderListing> {
  const path = resolve(folder)
  const found = await userFs.promises.readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new BadInput(explain(path, error))
  })
  const wanted = found.filter((entry) => entry.isFile() || entry.isDirectory() || entry.isSymbolicLink())
  wanted.sort((a, b) => Number(b.isDirectory()) - Number(a.isDirectory()) || byName(a, b))
  const entries: Entry[] = []
  for (const entry of wanted.slice(0, LISTING_LIMIT)) {
    const described = await describe(path, entry)
    if (described !== null) entries.push(described)
  }
  // Once more: only now is it known which links are folders.
  entries.sort((a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder') || byName(a, b))
  const parent = dirname(path)
  return { path, parent: parent === path ? null : parent, entries, truncated: wanted.length > LISTING_LIMIT }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}

async function describe(folder: string, entry: Dirent): Promise<Entry | null> {
  if (entry.isDirectory()) return { name: entry.name, kind: 'folder', sizeBytes: 0 }
  const stats = await userFs.promises.stat(join(folder, entry.name)).catch(() => null)
  if (stats?.isDirectory()) return { name: entry.name, kind: 'folder', sizeBytes: 0 }
  return stats?.isFile() ? { name: entry.name, kind: 'file', sizeBytes: stats.size } : null
}

function explain(path: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return `There is no folder ${path}.`
  if (error.code === 'ENOTDIR') return `${path} is a file, not a folder.`
  if (error.code === 'EACCES' || error.code === 'EPERM') return `You may not look into ${path}.`
  return `The folder ${path} cannot be read (${error.code ?? error.message}).`
}
