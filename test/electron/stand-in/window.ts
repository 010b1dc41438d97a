import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import type { FrameStandIn } from './sides.ts'
import { ipcRenderer, renderer } from './sides.ts'
import { Preventable, state } from './state.ts'

const require = createRequire(import.meta.url)

class Session {
  permissionRequestHandler: unknown = null
  permissionCheckHandler: unknown = null
  setPermissionRequestHandler(handler: unknown): void {
    this.permissionRequestHandler = handler
  }
  setPermissionCheckHandler(handler: unknown): void {
    this.permissionCheckHandler = handler
  }
}

export class WebContents extends EventEmitter {
  readonly session = new Session()
  mainFrame: FrameStandIn = { origin: 'null', url: '' }
  windowOpenHandler: ((details: { url: string }) => unknown) | null = null
  setWindowOpenHandler(handler: (details: { url: string }) => unknown): void {
    this.windowOpenHandler = handler
  }
  send(channel: string, ...args: unknown[]): void {
    const copies = structuredClone(args)
    void setImmediate().then(() => ipcRenderer.emit(channel, {}, ...copies))
  }
}

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface WindowOptions extends Partial<Rectangle> {
  readonly webPreferences: { readonly preload: string; readonly contextIsolation: boolean }
}

export class BrowserWindow extends EventEmitter {
  readonly webContents = new WebContents()
  readonly options: WindowOptions
  #destroyed = false
  #bounds: Rectangle
  #maximized = false
  constructor(options: WindowOptions) {
    super()
    this.options = options
    this.#bounds = { x: 40, y: 40, width: 0, height: 0, ...boundsIn(options) }
    state.windows.push(this)
    state.order.push('window')
  }
  static getFocusedWindow(): BrowserWindow | null {
    return state.hasFocus ? (BrowserWindow.getAllWindows()[0] ?? null) : null
  }
  setProgressBar(share: number, options?: { readonly mode?: string }): void {
    state.progress.push({ share, mode: options?.mode })
  }
  getNormalBounds(): Rectangle {
    return this.#bounds
  }
  setBounds(bounds: Rectangle): void {
    this.#bounds = bounds
    this.emit('resize')
  }
  isMaximized(): boolean {
    return this.#maximized
  }
  maximize(): void {
    this.#maximized = true
  }
  static getAllWindows(): BrowserWindow[] {
    return state.windows.filter((window) => !window.isDestroyed())
  }
  /** Serves the page, then runs the preload against the renderer side below. */
  async loadURL(url: string): Promise<void> {
    const { protocol: scheme, host } = new URL(url)
    const response = await state.protocols.get(scheme.slice(0, -1))?.(new Request(url))
    if (!response?.ok) throw new Error(`ERR_FILE_NOT_FOUND loading ${url}`)
    this.webContents.mainFrame = { origin: `${scheme}//${host}`, url }
    renderer.enter(this)
    const { preload } = this.options.webPreferences
    delete require.cache[preload]
    require(preload)
    state.order.push('loaded')
  }
  isDestroyed(): boolean {
    return this.#destroyed
  }
  isMinimized(): boolean {
    return false
  }
  focus(): void {
    state.order.push('focus')
  }
  reload(): void {
    void this.loadURL(this.webContents.mainFrame.url)
  }
  /** What the window's close button does. */
  close(): void {
    const event = new Preventable()
    this.emit('close', event)
    if (!event.defaultPrevented) this.destroy()
  }
  destroy(): void {
    this.#destroyed = true
    this.emit('closed')
  }
}

function boundsIn({ x, y, width, height }: Partial<Rectangle>): Partial<Rectangle> {
  return Object.fromEntries(Object.entries({ x, y, width, height }).filter(([, value]) => value !== undefined))
}

export const screen = {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
}
