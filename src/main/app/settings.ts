import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings as Values } from '../../shared/contract.ts'
import { DEFAULT_SETTINGS, settingsSchema } from '../../shared/contract.ts'

/** A small file of JSON, read and written whole: `electron-store` in Electron, `conf` (the class beneath it) elsewhere. */
export interface SettingsFile {
  store: Record<string, unknown>
}

/** Opens `<folder>/<name>.json`. Throws when the file is there but is not JSON. */
export type OpenSettingsFile = (options: { folder: string; name: string }) => SettingsFile

const FILE_NAME = 'settings'
/** A dragged slider changes the limit dozens of times a second; one write at the end of the burst is enough. */
const WRITE_DELAY_MS = 300

/**
 * The settings, in memory and on disk. A file that cannot be read or does not fit the schema is set aside
 * as `settings.corrupt-<time>.json`, and the defaults are used; `notices` says so in one sentence.
 */
export class Settings {
  readonly notices: readonly string[]
  #values: Values
  readonly #file: SettingsFile
  readonly #onError: (message: string) => void
  #timer: NodeJS.Timeout | null = null

  /** `onError` gets one sentence whenever a write failed; the values in memory stay. */
  constructor(folder: string, open: OpenSettingsFile, nowMs: number, onError: (message: string) => void) {
    mkdirSync(folder, { recursive: true })
    this.#onError = onError
    const loaded = load(folder, open, nowMs)
    this.#file = loaded.file
    this.#values = loaded.values
    this.notices = loaded.notices
  }

  get values(): Values {
    return this.#values
  }

  /** In memory at once, on disk a moment later. */
  update(change: Partial<Values>): void {
    this.#values = { ...this.#values, ...change }
    this.#timer ??= setTimeout(() => this.flush(), WRITE_DELAY_MS)
  }

  /** Writes what `update` left to write. */
  flush(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
    try {
      this.#file.store = { ...this.#values }
    } catch (error) {
      this.#onError(`Your settings could not be saved: ${error instanceof Error ? error.message : String(error)}.`)
    }
  }
}

function load(folder: string, open: OpenSettingsFile, nowMs: number) {
  const options = { folder, name: FILE_NAME }
  try {
    const file = open(options)
    return { file, values: settingsSchema.parse({ ...DEFAULT_SETTINGS, ...file.store }), notices: [] }
  } catch {
    const time = new Date(nowMs).toISOString().replaceAll(':', '-')
    const aside = `${FILE_NAME}.corrupt-${time}.json`
    renameSync(join(folder, `${FILE_NAME}.json`), join(folder, aside))
    const notice = `Your settings file could not be read, so the defaults are used; the old file is kept as ${aside}.`
    return { file: open(options), values: DEFAULT_SETTINGS, notices: [notice] }
  }
}
