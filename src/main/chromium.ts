import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Conf from 'conf'
import type { BrowserContext, Page } from 'playwright-core'
import type { App } from './app/app.ts'
import { createApp } from './app/app.ts'
import { readAsset } from './app/assets.ts'
import { defaultDataDir } from './app/data-dir.ts'
import { findBrowser, thisMachine } from './app/find-browser.ts'
import { handOver, takeHandOvers } from './app/hand-over.ts'
import type { LeaveAnswer } from './app/leave.ts'
import { onCrash } from './app/log.ts'
import { filesAmong } from './app/opened-files.ts'
import type { OpenSecretStore } from './app/secrets.ts'
import { openKeyring } from './app/secrets-keyring.ts'
import type { BrowserWindow, WindowEnd } from './chromium-window.ts'
import { BLANK_PAGE, exposeHost, leaveAnswer, openBrowserWindow, profileIn, questionPage } from './chromium-window.ts'
import { workerPaths } from './worker-paths.ts'

/** The Chromium shell: the same window in an installed browser, over a pipe; no port is opened. */

export interface ChromiumShellOptions {
  readonly executablePath: string
  readonly dataDir: string
  readonly headless: boolean
  /** Where typed keys may be kept; the system's keyring when left out. */
  readonly secretStores?: readonly OpenSecretStore[]
  /** For tests of a full disk. */
  readonly journalMaxPages?: number
  /** Told of each new window before it loads anything. */
  readonly onWindow?: (context: BrowserContext) => void
}

export interface ChromiumShell {
  readonly app: App
  /** The page of the moment: the app, the question before leaving, or the app again after a reopening. */
  page(): Page
  /** Brings the window to the front, or opens it again while uploads go on without one. */
  show(): void
  /** Resolves when the person is done: the window is closed and no work is left, or the rest was given up. */
  readonly finished: Promise<void>
  /** Ends window, engine and demo bucket. */
  close(): Promise<void>
}

/** Reserved by RFC 2606, so no real server can ever be meant. */
const ORIGIN = 'https://sluice.invalid'
/** A browser that dies this soon after its start would only die again. */
const CRASH_LOOP_MS = 10_000

const out = join(import.meta.dirname, '..')

export async function openChromiumShell(options: ChromiumShellOptions): Promise<ChromiumShell> {
  const { executablePath, dataDir, headless } = options
  const { journalMaxPages } = options
  const browser = { executablePath, headless, profileDir: profileIn(dataDir) }
  const app = createApp({
    shell: { kind: 'chromium', dialogs: null },
    workerPaths,
    dataDir,
    openSettingsFile: ({ folder, name }) => new Conf({ cwd: folder, configName: name }),
    secretStores: options.secretStores ?? [openKeyring],
    version: JSON.parse(readFileSync(join(out, '../package.json'), 'utf8')).version,
    ...(journalMaxPages === undefined ? {} : { engine: { journalMaxPages } }),
  })
  let window: BrowserWindow
  let isClosing = false
  let finish = () => {}
  let reopen = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const fail = (error: unknown) => {
    if (isClosing) return
    console.error(`The window is gone: ${error instanceof Error ? error.message : String(error)}.`)
    finish()
  }

  const openWindow = async (): Promise<void> => {
    window = await openBrowserWindow({ ...browser, firstPage: BLANK_PAGE })
    options.onWindow?.(window.context)
    await load(window, app)
    const openedAtMs = Date.now()
    void window.ended.then((end) => (isClosing ? null : leave(end, Date.now() - openedAtMs))).catch(fail)
  }

  const leave = async (end: WindowEnd, livedMs: number): Promise<void> => {
    if (end === 'lost' && livedMs > CRASH_LOOP_MS) return await openWindow()
    if (end === 'lost') return fail(new Error('the browser crashed right after its start'))
    const answer = await askWhatToDo()
    if (isClosing) return
    if (answer === 'back') return await openWindow()
    if (answer === 'keep') {
      const isWanted = new Promise<true>((resolve) => {
        reopen = () => resolve(true)
      })
      if (await Promise.race([app.whenIdle().then(() => false), isWanted])) return await openWindow()
    }
    finish()
  }

  const askWhatToDo = async (): Promise<LeaveAnswer> => {
    const unfinished = await app.unfinishedCount()
    if (unfinished === 0) return 'quit'
    window = await openBrowserWindow({ ...browser, firstPage: questionPage(unfinished) })
    return await leaveAnswer(window)
  }

  const close = async () => {
    isClosing = true
    await window.context.close().catch(() => null)
    await app.close()
  }

  try {
    await openWindow()
  } catch (error) {
    await app.close()
    throw error
  }
  const show = () => {
    if (window.page.isClosed()) reopen()
    else void window.page.bringToFront().catch(() => null)
  }
  return { app, page: () => window.page, show, finished, close }
}

/** Serves the built window to the page, gives it its bridge and tells it what happens on the host. */
async function load(window: BrowserWindow, app: App): Promise<void> {
  const { context, page, cdp } = window
  await context.route('**/*', async (route) => {
    const url = route.request().url()
    if (new URL(url).origin !== ORIGIN) return await route.abort()
    const { status, headers, body } = await readAsset(join(out, 'renderer'), url)
    await route.fulfill({ status, headers, body })
  })
  await exposeHost(window, ORIGIN, app.dispatch)
  const bridge = readFileSync(join(out, 'preload/chromium.cjs'), 'utf8')
  // In a function, so that the page sees no more than what it sets on purpose.
  await context.addInitScript({ content: `(() => {${bridge}})()` })
  const stop = app.onEvent(async (event) => {
    const json = JSON.stringify(JSON.stringify(event))
    await cdp.send('Runtime.evaluate', { expression: `globalThis.sluiceReceive?.(${json})` })
  })
  void window.ended.then(stop)
  await cdp.send('Runtime.evaluate', { expression: `location.replace('${ORIGIN}/')` })
  await page.waitForURL(`${ORIGIN}/`)
  // Playwright makes each page believe that it has the focus; ours tells of ended batches while it has not.
  await cdp.send('Emulation.setFocusEmulationEnabled', { enabled: false })
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const executablePath = findBrowser(thisMachine)
  if (executablePath === null) {
    console.error('No Chromium, Chrome or Edge was found; install one, or name it in SLUICE_BROWSER.')
    process.exit(1)
  }
  onCrash(() => process.exit(1))
  const dataDir = defaultDataDir(process.platform, process.env, homedir())
  const files = filesAmong(process.argv.slice(2), process.cwd())
  if (await handOver(dataDir, files)) {
    console.log('Sluice is open already; its window has been shown, and any files you named were given to it.')
    process.exit(0)
  }
  try {
    const shell = await openChromiumShell({ executablePath, dataDir, headless: false })
    shell.app.openPaths(files)
    const stopTaking = takeHandOvers(dataDir, (more) => {
      shell.app.openPaths(more)
      shell.show()
    })
    console.log('The window is open; close it or press Ctrl-C to end.')
    await Promise.race([shell.finished, ...(['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(signalled)])
    stopTaking()
    await shell.close()
    process.exit(0)
  } catch (error) {
    // Playwright tells the reason in the first line and the browser's whole log after it.
    const [reason] = String(error instanceof Error ? error.message : error).split('\n')
    console.error(`Sluice cannot open its window with ${executablePath}: ${reason}`)
    process.exit(1)
  }
}

function signalled(signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => process.once(signal, () => resolve()))
}
