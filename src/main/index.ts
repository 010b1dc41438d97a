import { join } from 'node:path'
import type { IpcMainEvent, IpcMainInvokeEvent } from 'electron'
import { BrowserWindow, dialog, app as electron, ipcMain, powerMonitor, protocol, safeStorage } from 'electron'
import ElectronStore from 'electron-store'
import { CALL_CHANNEL, DELIVERED_CHANNEL, EVENT_CHANNEL } from '../shared/bridge-wire.ts'
import type { App } from './app/app.ts'
import { createApp } from './app/app.ts'
import { readAsset } from './app/assets.ts'
import type { OpenSettingsFile } from './app/kept-file.ts'
import type { LeaveAnswer } from './app/leave.ts'
import { LEAVE_CHOICES, leaveQuestion } from './app/leave.ts'
import { onCrash } from './app/log.ts'
import { filesAmong, filesHandedOver } from './app/opened-files.ts'
import { openKeyring } from './app/secrets-keyring.ts'
import { openSafeStorage } from './app/secrets-safe-storage.ts'
import type { Dialogs } from './app/shell.ts'
import type { WindowBounds } from './desktop-bounds.ts'
import { keptBounds } from './desktop-bounds.ts'
import { showOnDesktop } from './desktop-manners.ts'
import { workerPaths } from './worker-paths.ts'

/** The Electron shell. What it allows follows the numbered list of Electron's security guide. */

const ORIGIN = 'app://sluice'
const out = join(import.meta.dirname, '..')

// Before `ready`: a standard scheme has an origin, and a secure one may use what pages over https may.
protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true } }])

// Unpackaged, the app's own folder stands among the arguments, and switches may come before it.
const ownFiles = filesAmong(process.argv.slice(1), process.cwd()).filter((path) => path !== electron.getAppPath())
/** macOS tells of files before the app is ready. */
const openedEarly: string[] = []
let openFiles = (paths: readonly string[]): void => void openedEarly.push(...paths)
electron.on('open-file', (event, path) => {
  event.preventDefault()
  openFiles([path])
})

async function start(): Promise<void> {
  await electron.whenReady()
  protocol.handle('app', serve)
  const dataDir = electron.getPath('userData')
  const openSettingsFile: OpenSettingsFile = ({ folder, name }) => new ElectronStore({ cwd: folder, name })
  const app = createApp({
    shell: { kind: 'electron', dialogs },
    workerPaths,
    dataDir,
    openSettingsFile,
    secretStores: [openSafeStorage(safeStorage, process.platform, dataDir, openSettingsFile), openKeyring],
    version: electron.getVersion(),
  })
  ipcMain.handle(CALL_CHANNEL, (event, name: unknown, input: unknown) => {
    if (!isOurWindow(event)) throw new Error('this frame may not talk to Sluice')
    return app.dispatch(name, input)
  })
  const bounds = keptBounds(openSettingsFile, dataDir)
  const show = () => showWindow(app, bounds)
  openWindow(app, bounds)
  openFiles = (paths) => {
    app.openPaths(paths)
    show()
  }
  app.openPaths([...ownFiles, ...openedEarly])
  showOnDesktop(app, { show, quit: () => electron.quit() })
  powerMonitor.on('resume', () => void app.dispatch('networkChanged', {}))
  electron.on('second-instance', (_event, _argv, _folder, files) => openFiles(filesHandedOver(files)))
  electron.on('activate', show)
  // Uploads may go on without a window, so losing the last one quits nothing: `leave` does.
  electron.on('window-all-closed', () => {})
  electron.on('before-quit', (event) => {
    event.preventDefault()
    void leave(app)
  })
}

async function serve(request: Request): Promise<Response> {
  const { origin, protocol: scheme, host } = new URL(request.url)
  if (origin !== ORIGIN && `${scheme}//${host}` !== ORIGIN) return new Response(null, { status: 404 })
  const { status, headers, body } = await readAsset(join(out, 'renderer'), request.url)
  return new Response(new Uint8Array(body), { status, headers })
}

/** A frame can be gone by the time its message is read: then `senderFrame` is null. */
function isOurWindow({ sender, senderFrame }: IpcMainEvent | IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame === sender.mainFrame && senderFrame.origin === ORIGIN
}

let leaving: Promise<void> | null = null

const dialogs: Dialogs = {
  choose: async (what, startFolder) => {
    const { filePaths } = await dialog.showOpenDialog({
      properties: what === 'files' ? ['openFile', 'multiSelections'] : ['openDirectory'],
      ...(startFolder !== null && { defaultPath: startFolder }),
    })
    return filePaths
  },
  save: async (name) => {
    const { canceled, filePath } = await dialog.showSaveDialog({
      defaultPath: join(electron.getPath('downloads'), name),
    })
    return canceled || filePath === '' ? null : filePath
  },
}

function showWindow(app: App, bounds: WindowBounds): void {
  const [window] = BrowserWindow.getAllWindows()
  if (window?.isMinimized()) window.restore()
  if (window) window.focus()
  else openWindow(app, bounds)
}

function openWindow(app: App, bounds: WindowBounds): void {
  const window = new BrowserWindow({
    title: 'Sluice',
    ...bounds.size,
    minWidth: 480,
    minHeight: 420,
    webPreferences: {
      preload: join(out, 'preload/index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
    },
  })
  lockDown(window)
  deliverEvents(app, window)
  bounds.follow(window)
  window.on('close', (event) => {
    event.preventDefault()
    void leave(app)
  })
  void window.loadURL(`${ORIGIN}/`)
}

/** Nothing that the page asks for beyond its own files and our bridge is granted. */
function lockDown({ webContents }: BrowserWindow): void {
  webContents.session.setPermissionRequestHandler((_contents, _permission, grant) => grant(false))
  webContents.session.setPermissionCheckHandler(() => false)
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  webContents.on('will-navigate', (event) => event.preventDefault())
  webContents.on('will-attach-webview', (event) => event.preventDefault())
}

/** The next patch waits until the window has answered for the last one. */
function deliverEvents(app: App, window: BrowserWindow): void {
  let delivered = () => {}
  const stop = app.onEvent((event) => {
    if (window.isDestroyed()) return
    window.webContents.send(EVENT_CHANNEL, event)
    if (event.type !== 'patch') return
    return new Promise((resolve) => {
      delivered = resolve
    })
  })
  const onDelivered = (event: IpcMainEvent) => {
    if (event.sender === window.webContents && isOurWindow(event)) delivered()
  }
  ipcMain.on(DELIVERED_CHANNEL, onDelivered)
  window.on('closed', () => {
    stop()
    delivered()
    ipcMain.off(DELIVERED_CHANNEL, onDelivered)
  })
  // A page that crashed comes back; the engine never stops for it.
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit' && !window.isDestroyed()) window.reload()
  })
}

/** The window is being closed or the app quit. Work that is left is asked about, once at a time. */
function leave(app: App): Promise<void> {
  leaving ??= decide(app).finally(() => {
    leaving = null
  })
  return leaving
}

async function decide(app: App): Promise<void> {
  const unfinished = await app.unfinishedCount().catch(() => 0)
  const answer = unfinished === 0 ? 'quit' : await ask(unfinished)
  if (answer === 'back') return
  if (answer === 'keep') {
    for (const window of BrowserWindow.getAllWindows()) window.destroy()
    await app.whenIdle()
    if (BrowserWindow.getAllWindows().length > 0) return
  }
  await app.close()
  electron.exit(0)
}

async function ask(unfinished: number): Promise<LeaveAnswer> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: leaveQuestion(unfinished),
    buttons: LEAVE_CHOICES.map(({ label }) => label),
    defaultId: 0,
    cancelId: 1,
  })
  return LEAVE_CHOICES[response]?.answer ?? 'back'
}

// Electron would show the raw stack, and go on as well.
onCrash(() =>
  dialog.showErrorBox('Sluice made a mistake of its own', 'What happened is in sluice.log of its data folder.'),
)

// Not awaited here: Electron gets ready only after this module has been evaluated to its end.
if (electron.requestSingleInstanceLock({ files: ownFiles })) {
  start().catch((error) => {
    dialog.showErrorBox('Sluice cannot start', error instanceof Error ? error.message : String(error))
    electron.exit(1)
  })
} else {
  electron.quit()
}
