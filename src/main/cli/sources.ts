import path from 'node:path'
import type { NamedSource } from '../core/target.ts'
import { meansContents } from '../core/target.ts'
import { userFs } from '../engine/user-files.ts'

/** A path of the command line, looked at. `missing` ones are still handed on: the walk reports each. */
export interface NamedPath extends NamedSource {
  readonly missing: boolean
}

/** Looks at each path, relative to `cwd`. Never throws: what cannot be looked at is missing. */
export function namePaths(paths: readonly string[], cwd: string): Promise<NamedPath[]> {
  return Promise.all(
    paths.map(async (written) => {
      const absolute = path.resolve(cwd, written)
      const isContents = meansContents(process.platform === 'win32' ? written.replaceAll('\\', '/') : written)
      const stats = await userFs.promises.stat(absolute).catch(() => null)
      const isFolder = stats?.isDirectory() ?? false
      // `file/` names a folder that is not there.
      const missing = stats === null || (isContents && !isFolder)
      return { path: absolute, name: path.basename(absolute), isFolder, contentsOnly: isContents, missing }
    }),
  )
}
