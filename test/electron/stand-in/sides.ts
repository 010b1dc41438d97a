import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { BrowserWindow, WebContents } from './window.ts'

/**
 * The main side, the renderer side, and what passes between them: structurally cloned, as Electron does it, so what
 * cannot be cloned fails here too.
 */

export interface FrameStandIn {
  readonly origin: string
  readonly url: string
}
export interface SenderStandIn {
  readonly sender: WebContents
  readonly senderFrame: FrameStandIn | null
}
type InvokeHandler = (event: SenderStandIn, ...args: unknown[]) => unknown

class IpcMain extends EventEmitter {
  readonly handlers = new Map<string, InvokeHandler>()
  handle(channel: string, handler: InvokeHandler): void {
    this.handlers.set(channel, handler)
  }
  /** What `ipcRenderer.invoke` gets from a frame: clones both ways, and only the text of an error. */
  async invokedBy(from: SenderStandIn, channel: string, args: unknown[]): Promise<unknown> {
    const copies = structuredClone(args)
    await setImmediate()
    try {
      return structuredClone(await this.handlers.get(channel)?.(from, ...copies))
    } catch (error) {
      throw new Error(`Error invoking remote method '${channel}': ${error}`)
    }
  }
}
export const ipcMain = new IpcMain()

/** The page of the window that loaded last. */
export const renderer = {
  window: null as BrowserWindow | null,
  world: {} as Record<string, unknown>,
  enter(window: BrowserWindow): void {
    renderer.window = window
    renderer.world = {}
    ipcRenderer.removeAllListeners()
  },
  sender(): SenderStandIn {
    if (renderer.window === null) throw new Error('no page is loaded')
    const { webContents } = renderer.window
    return { sender: webContents, senderFrame: webContents.mainFrame }
  },
}

class IpcRenderer extends EventEmitter {
  invoke(channel: string, ...args: unknown[]): Promise<unknown> {
    return ipcMain.invokedBy(renderer.sender(), channel, args)
  }
  send(channel: string, ...args: unknown[]): void {
    const copies = structuredClone(args)
    const from = renderer.sender()
    void setImmediate().then(() => ipcMain.emit(channel, from, ...copies))
  }
}
export const ipcRenderer = new IpcRenderer()

export const contextBridge = {
  exposeInMainWorld(name: string, api: unknown): void {
    if (!renderer.window?.options.webPreferences.contextIsolation) throw new Error('contextIsolation is off')
    renderer.world[name] = crossing(api)
  },
}

/** As the context bridge does it: functions become proxies, files pass, everything else is copied. */
function crossing(value: unknown): unknown {
  if (typeof value === 'function') {
    return (...args: unknown[]) => {
      const result = value(...args.map(crossing))
      return result instanceof Promise ? result.then(crossing) : crossing(result)
    }
  }
  if (value instanceof DroppedFileStandIn) return value
  if (Array.isArray(value)) return value.map(crossing)
  if (Object.getPrototypeOf(value ?? 0) === Object.prototype) {
    return Object.fromEntries(Object.entries(value as object).map(([key, entry]) => [key, crossing(entry)]))
  }
  return structuredClone(value)
}

/** A file dropped on the page. Its path is known to `webUtils` only. */
export class DroppedFileStandIn extends File {
  readonly #path: string
  constructor(path: string) {
    super([], path.split('/').at(-1) ?? '')
    this.#path = path
  }
  static pathOf(file: DroppedFileStandIn): string {
    return file.#path
  }
}

export const webUtils = { getPathForFile: DroppedFileStandIn.pathOf }
