import { spawnSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Everything that the build reads. */
const SOURCES = ['src/**/*', 'electron.vite.config.ts', 'package-lock.json']

/** The project's folder: source files run in place, so it is above this one. */
export const PROJECT = join(import.meta.dirname, '../../..')

/** Builds when `out` is missing or older than its sources. The build talks on stderr; false when it failed. */
export function ensureBuilt(): boolean {
  if (isFresh()) return true
  const electronVite = join(PROJECT, 'node_modules/electron-vite/bin/electron-vite.js')
  const { status } = spawnSync(process.execPath, [electronVite, 'build', '--logLevel', 'warn'], {
    cwd: PROJECT,
    stdio: ['ignore', 2, 2],
  })
  return status === 0
}

function isFresh(): boolean {
  const built = modifiedAtMs(join(PROJECT, 'out/renderer/index.html'))
  return globSync(SOURCES, { cwd: PROJECT }).every((path) => modifiedAtMs(join(PROJECT, path)) <= built)
}

/** The build writes the renderer last, so its page dates the whole. 0 when it is missing. */
function modifiedAtMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
