import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { HostBridge, HostEvent } from '../../src/shared/contract.ts'

/**
 * Runs in a child process: the built Electron shell and preload on the stand-in module. The parent asks over the
 * process channel for one of `actions` at a time.
 */

const standInUrl = new URL('./stand-in.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: standInUrl, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
})
const standIn: typeof import('./stand-in.ts') = await import(standInUrl)
const { app, BrowserWindow, DroppedFileStandIn, ipcMain, mainEvaluated, renderer, state } = standIn
// As `electron --no-sandbox . file…` has it.
process.argv = [process.execPath, '--no-sandbox', state.appPath, ...JSON.parse(process.env.STAND_IN_ARGS ?? '[]')]

const events: HostEvent[] = []
const CALL_CHANNEL = 'sluice:call'

function bridge(): HostBridge {
  return renderer.world.sluice as HostBridge
}

function window(): InstanceType<typeof BrowserWindow> {
  const [first] = BrowserWindow.getAllWindows()
  if (first === undefined) throw new Error('no window is open')
  return first
}

/** Each is asked by name; what it returns is what the parent gets. */
const actions = {
  async start(): Promise<readonly string[]> {
    await import(pathToFileURL(join(import.meta.dirname, '../../out/main/index.js')).href)
    mainEvaluated.resolve()
    while (renderer.world.sluice === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    bridge().onEvent((event) => events.push(event))
    return state.order
  },
  call: (name: never, input: never) => bridge().call(name, input),
  pathsOf: (paths: string[]) => bridge().pathsOf(paths.map((path) => new DroppedFileStandIn(path))),
  exposed: () => Object.keys(renderer.world.sluice as object),
  events: () => events,
  windowOptions: () => window().options,
  schemes: () => state.schemes,
  async fetch(url: string) {
    const response = await state.protocols.get('app')?.(new Request(url))
    return { status: response?.status, headers: [...(response?.headers ?? [])], text: await response?.text() }
  },
  /** The same call as from the page, from a frame that the test describes; 'main' is the page's own frame object. */
  async callFrom(frame: { origin: string; url: string } | 'main' | null) {
    const { webContents } = window()
    const senderFrame = frame === 'main' ? webContents.mainFrame : frame
    try {
      return await ipcMain.invokedBy({ sender: webContents, senderFrame }, CALL_CHANNEL, ['hello', {}])
    } catch (error) {
      return String(error)
    }
  },
  permissions() {
    const { permissionRequestHandler, permissionCheckHandler } = window().webContents.session
    const granted: boolean[] = []
    const request = permissionRequestHandler as (contents: unknown, name: string, grant: (yes: boolean) => void) => void
    const check = permissionCheckHandler as (contents: unknown, name: string) => boolean
    for (const name of ['media', 'notifications', 'clipboard-read', 'openExternal']) {
      request(null, name, (yes) => granted.push(yes))
      granted.push(check(null, name))
    }
    return granted
  },
  navigation() {
    const prevented = (name: string) => {
      const event = { wasPrevented: false, preventDefault: () => {} }
      event.preventDefault = () => {
        event.wasPrevented = true
      }
      window().webContents.emit(name, event, 'https://example.com/')
      return event.wasPrevented
    }
    return {
      navigate: prevented('will-navigate'),
      webview: prevented('will-attach-webview'),
      open: window().webContents.windowOpenHandler?.({ url: 'https://example.com/' }),
    }
  },
  answerOpenDialog: (paths: string[]) => state.openDialogAnswers.push(paths),
  answerMessageBox: (button: number) => state.messageBoxAnswers.push(button),
  dialogsShown: () => state.dialogsShown,
  /** `files` are those of the second start. */
  secondInstance: (files: string[]) => app.emit('second-instance', {}, [], '/', { files }),
  lockData: () => app.lockData,
  openFile: (path: string) => app.emit('open-file', { preventDefault: () => {} }, path),
  tray: () => ({ tooltip: state.tray?.tooltip, labels: state.tray?.menu.map(({ label }) => label) }),
  chooseInTray: (label: string) => state.tray?.menu.find((item) => item.label === label)?.click?.(),
  notifications: () => state.notifications.map(({ options }) => options),
  clickNotification: () => state.notifications[0]?.emit('click'),
  focus: (hasFocus: boolean) => {
    state.hasFocus = hasFocus
  },
  progress: () => state.progress,
  awake: () => ({ now: state.awake.ids.size, starts: state.awake.starts }),
  setBounds: (bounds: { x: number; y: number; width: number; height: number }) => window().setBounds(bounds),
  order: () => state.order,
  closeWindow: () => window().close(),
  windowCount: () => BrowserWindow.getAllWindows().length,
  crashPage: () => window().webContents.emit('render-process-gone', {}, { reason: 'crashed' }),
}
export type Actions = typeof actions

process.on('message', async ({ id, action, args }: { id: number; action: keyof Actions; args: never[] }) => {
  try {
    const run = actions[action] as (...args: never[]) => unknown
    process.send?.({ id, value: await run(...args) })
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
process.send?.('ready')
