import { renameSync } from 'node:fs'
import { join } from 'node:path'

/** A small file of JSON, read and written whole: `electron-store` in Electron, `conf` (the class beneath it) elsewhere. */
export interface SettingsFile {
  store: Record<string, unknown>
}

/** Opens `<folder>/<name>.json`. Throws when the file is there but is not JSON. */
export type OpenSettingsFile = (options: { folder: string; name: string }) => SettingsFile

export interface KeptFile<T> {
  readonly file: SettingsFile
  readonly values: T
  /** The name under which a file that could not be read was kept; null: it could. */
  readonly aside: string | null
}

/**
 * Opens a file of ours. One that is not JSON, or that `read` throws for, is set aside as `<name>.corrupt-<time>.json`,
 * and `fallback` is used.
 */
export function openKept<T>(
  open: OpenSettingsFile,
  options: { readonly folder: string; readonly name: string },
  read: (store: Record<string, unknown>) => T,
  fallback: T,
  nowMs: number,
): KeptFile<T> {
  const { folder, name } = options
  try {
    const file = open(options)
    return { file, values: read(file.store), aside: null }
  } catch {
    const aside = `${name}.corrupt-${new Date(nowMs).toISOString().replaceAll(':', '-')}.json`
    renameSync(join(folder, `${name}.json`), join(folder, aside))
    return { file: open(options), values: fallback, aside }
  }
}
