import type { NotificationStandIn, Tray } from './desktop.ts'
import type { BrowserWindow } from './window.ts'

/** What the app asked for, and what tests may steer. */
export const state = {
  userData: process.env.STAND_IN_USER_DATA ?? '',
  appPath: process.cwd(),
  hasInstanceLock: process.env.STAND_IN_NO_LOCK === undefined,
  /** Names of calls whose order matters. */
  order: [] as string[],
  schemes: [] as unknown[],
  protocols: new Map<string, (request: Request) => Promise<Response>>(),
  /** Answers of the coming dialogs, in order. */
  openDialogAnswers: [] as string[][],
  messageBoxAnswers: [] as number[],
  dialogsShown: [] as unknown[],
  windows: [] as BrowserWindow[],
  tray: null as Tray | null,
  notifications: [] as NotificationStandIn[],
  /** What each call of `setProgressBar` showed. */
  progress: [] as { readonly share: number; readonly mode: string | undefined }[],
  /** Ids of what keeps the computer awake now, and how often that began. */
  awake: { ids: new Set<number>(), starts: 0 },
  hasFocus: false,
}

/** An event that can be prevented. */
export class Preventable {
  defaultPrevented = false
  preventDefault(): void {
    this.defaultPrevented = true
  }
}
