/** How the two sides of a `HostBridge` meet: names and messages between a page and its shell, nothing else. */

/** Electron's IPC channels. */
export const CALL_CHANNEL = 'sluice:call'
export const EVENT_CHANNEL = 'sluice:event'
/** The window has drawn from an event: the next patch may come. */
export const DELIVERED_CHANNEL = 'sluice:delivered'

/** What a page asks of the Chromium shell, through its one exposed binding. */
export type PageRequest =
  | { readonly kind: 'call'; readonly name: unknown; readonly input: unknown }
  /** Asks for the paths of the first `count` entries of the page's `sluiceFiles`. */
  | { readonly kind: 'paths'; readonly count: number }
