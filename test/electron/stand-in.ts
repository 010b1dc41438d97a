import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'

/**
 * Stands in for the `electron` module, main and renderer side in one process. Whatever crosses between the sides is
 * structurally cloned, as Electron does it, so what cannot be cloned fails here too. Records what the
 * app asked for, so that tests can look at it.
 */

const require = createRequire(import.meta.url)

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

/** An event that can be prevented. */
class Preventable {
  defaultPrevented = false
  preventDefault(): void {
    this.defaultPrevented = true
  }
}

/** What tests may look at and steer. */
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

// ---------------------------------------------------------------- main side

/** Resolved by the driver. Electron, too, gets ready only after its main module has been evaluated to the end. */
export const mainEvaluated = Promise.withResolvers<void>()

class App extends EventEmitter {
  readonly isPackaged = false
  /** What this start would hand over to one that runs already. */
  lockData: unknown = null
  getAppPath(): string {
    return state.appPath
  }
  requestSingleInstanceLock(data?: unknown): boolean {
    state.order.push('lock')
    this.lockData = structuredClone(data)
    return state.hasInstanceLock
  }
  async whenReady(): Promise<void> {
    await mainEvaluated.promise
    state.order.push('ready')
  }
  getPath(): string {
    return state.userData
  }
  getVersion(): string {
    return '0.0.0-stand-in'
  }
  quit(): void {
    const event = new Preventable()
    this.emit('before-quit', event)
    if (!event.defaultPrevented) process.exit(0)
  }
  exit(code: number): void {
    process.exit(code)
  }
}
export const app = new App()

export const protocol = {
  registerSchemesAsPrivileged(schemes: unknown[]): void {
    state.order.push('schemes')
    state.schemes.push(...structuredClone(schemes))
  },
  handle(scheme: string, handler: (request: Request) => Promise<Response>): void {
    state.protocols.set(scheme, handler)
  },
}

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

interface MenuItem {
  readonly label?: string
  readonly click?: () => void
}

export const Menu = {
  buildFromTemplate: (items: readonly MenuItem[]) => ({ items }),
}

export const nativeImage = {
  createFromBitmap(pixels: Buffer, { width, height }: { width: number; height: number }) {
    if (pixels.length !== width * height * 4) throw new Error('the bitmap has another size')
    return { isTemplate: false, setTemplateImage() {} }
  },
}

export class Tray extends EventEmitter {
  tooltip = ''
  menu: readonly MenuItem[] = []
  constructor(_icon: unknown) {
    super()
    state.tray = this
  }
  setToolTip(text: string): void {
    this.tooltip = text
  }
  setContextMenu(menu: { readonly items: readonly MenuItem[] }): void {
    this.menu = menu.items
  }
  setTitle(): void {}
}

class NotificationStandIn extends EventEmitter {
  static isSupported = () => true
  readonly options: { readonly title: string; readonly body: string }
  constructor(options: { readonly title: string; readonly body: string }) {
    super()
    this.options = options
  }
  show(): void {
    state.notifications.push(this)
  }
}

export { NotificationStandIn as Notification }

export const powerSaveBlocker = {
  start(type: string): number {
    if (type !== 'prevent-app-suspension') throw new Error('the display need not stay on')
    state.awake.starts++
    state.awake.ids.add(state.awake.starts)
    return state.awake.starts
  },
  stop(id: number): void {
    if (!state.awake.ids.delete(id)) throw new Error('it had been stopped')
  },
}

/** Encrypts with a key of the "system" that STAND_IN_PASSWORD_STORE names; without one as Electron on a bare Linux. */
export const safeStorage = {
  getSelectedStorageBackend: () => process.env.STAND_IN_PASSWORD_STORE ?? 'basic_text',
  isAsyncEncryptionAvailable: async () => true,
  async encryptStringAsync(text: string): Promise<Buffer> {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', systemKey(), iv)
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), encrypted])
  },
  async decryptStringAsync(encrypted: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> {
    const decipher = createDecipheriv('aes-256-gcm', systemKey(), encrypted.subarray(0, 12))
    decipher.setAuthTag(encrypted.subarray(12, 28))
    const result = Buffer.concat([decipher.update(encrypted.subarray(28)), decipher.final()]).toString('utf8')
    return { result, shouldReEncrypt: false }
  },
}

function systemKey(): Buffer {
  return scryptSync(process.env.STAND_IN_SYSTEM_KEY ?? 'login', 'stand-in', 32)
}

export const dialog = {
  async showOpenDialog(options: unknown): Promise<{ canceled: boolean; filePaths: string[] }> {
    state.dialogsShown.push(structuredClone(options))
    const filePaths = state.openDialogAnswers.shift() ?? []
    return { canceled: filePaths.length === 0, filePaths }
  },
  async showMessageBox(options: unknown): Promise<{ response: number }> {
    state.dialogsShown.push(structuredClone(options))
    const response = state.messageBoxAnswers.shift()
    if (response === undefined) throw new Error('nobody is there to answer this question')
    return { response }
  },
}

/** electron-store takes it from the module, and never uses it here. */
export const powerMonitor = new EventEmitter()

export const shell = {}

// ---------------------------------------------------------------- renderer side

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

export const webUtils = { getPathForFile: DroppedFileStandIn.pathOf }

export default {
  app,
  protocol,
  ipcMain,
  BrowserWindow,
  Menu,
  Notification: NotificationStandIn,
  Tray,
  nativeImage,
  powerMonitor,
  powerSaveBlocker,
  screen,
  dialog,
  safeStorage,
  shell,
  ipcRenderer,
  contextBridge,
  webUtils,
}
