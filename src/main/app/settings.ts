import { mkdirSync } from 'node:fs'
import type { Settings as Values } from '../../shared/settings.ts'
import { DEFAULT_SETTINGS, settingsSchema } from '../../shared/settings.ts'
import { fileReason } from './file-errors.ts'
import type { OpenSettingsFile, SettingsFile } from './kept-file.ts'
import { openKept } from './kept-file.ts'

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
    const read = (store: object) => settingsSchema.parse({ ...DEFAULT_SETTINGS, ...store })
    const { file, values, aside } = openKept(open, { folder, name: FILE_NAME }, read, DEFAULT_SETTINGS, nowMs)
    this.#file = file
    this.#values = values
    this.notices =
      aside === null
        ? []
        : [
            `Your settings file could not be read, so the defaults are used: add your destinations again, or mend the old file, which is kept as ${aside}.`,
          ]
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
      this.#onError(`Your settings could not be saved: ${fileReason(error)}.`)
    }
  }
}
