/** What the app asks of whatever shows its window. A shell owns no feature: it carries calls, events and paths. */
export interface Shell {
  readonly kind: 'electron' | 'chromium'
  /** The system's own file dialogs, or null where the window picks by itself over `listFolder`. */
  readonly dialogs: Dialogs | null
}

/** Each resolves to absolute paths, an empty list when the person cancelled. */
export interface Dialogs {
  /** Two dialogs, because Windows and Linux cannot choose files and folders in one. */
  choose(what: 'files' | 'folder', startFolder: string | null): Promise<readonly string[]>
  /** Where to write a file of this name; null when the person cancelled. */
  save(name: string): Promise<string | null>
}
