import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BrowserContext, Page } from 'playwright/test'
import { _electron as electron } from 'playwright/test'
import { findBrowser, thisMachine } from '../../src/main/app/find-browser.ts'
import type { ChromiumShell } from '../../src/main/chromium.ts'
import type { CommandName, CommandResult, HostBridge } from '../../src/shared/contract.ts'

/** Starts the built app, as a person would get it. */

export interface LaunchOptions {
  readonly dataDir: string
  /** Gets every page error and every message about the Content-Security-Policy. */
  readonly onComplaint: (text: string) => void
  /** Large drops show what would come of them first. Left out: they start at once, and specs of other things go on. */
  readonly asksBeforeUpload?: boolean
  /** In Chromium: the journal may grow to so many pages of 4 KiB, as on a full disk. */
  readonly journalMaxPages?: number
}

export interface RunningShell {
  /** The window of the moment. */
  page(): Page
  /** Asks the host: itself where it lives in this process, through the window in Electron. */
  call: HostBridge['call']
  /** The host in this process; null in Electron, which is a process of its own. */
  readonly chromium: ChromiumShell | null
  close(): Promise<void>
}

const PROJECT = join(import.meta.dirname, '../..')

function seedSettings({ dataDir, asksBeforeUpload = false }: LaunchOptions): void {
  const path = join(dataDir, 'settings.json')
  if (asksBeforeUpload || existsSync(path)) return
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(path, JSON.stringify({ askBeforeUpload: false }))
}

export async function launchChromium(options: LaunchOptions): Promise<RunningShell> {
  const { dataDir, onComplaint, journalMaxPages } = options
  seedSettings(options)
  const executablePath = findBrowser(thisMachine)
  if (executablePath === null) throw new Error('no Chromium, Chrome or Edge is installed')
  const onWindow = (context: BrowserContext) => watch(context, onComplaint)
  const built: typeof import('../../src/main/chromium.ts') = await import(
    pathToFileURL(join(PROJECT, 'out/main/chromium.js')).href
  )
  // No test writes into the keyring of whoever runs it.
  const shell = await built.openChromiumShell({
    ...{ executablePath, dataDir, headless: true, secretStores: [], onWindow },
    ...(journalMaxPages === undefined ? {} : { journalMaxPages }),
  })
  return {
    page: () => shell.page(),
    call: async (name, input) => (await shell.app.dispatch(name, input)) as CommandResult<typeof name>,
    chromium: shell,
    close: () => shell.close(),
  }
}

export async function launchElectron(executablePath: string, options: LaunchOptions): Promise<RunningShell> {
  const { dataDir, onComplaint } = options
  seedSettings(options)
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const app = await electron.launch({ executablePath, args: [...sandbox, `--user-data-dir=${dataDir}`, PROJECT] })
  watch(app.context(), onComplaint)
  const first = await app.firstWindow()
  const page = () => app.windows().find((candidate) => !candidate.isClosed()) ?? first
  return {
    page,
    call: (name, input) => page().evaluate(callInPage, { name, input }),
    chromium: null,
    // `exit` skips the question about work that is left.
    close: () => app.evaluate((electronModule) => electronModule.app.exit(0)).catch(() => {}),
  }
}

/** Runs inside the page. */
function callInPage({ name, input }: { name: CommandName; input: unknown }): Promise<never> {
  return (globalThis as unknown as { sluice: HostBridge }).sluice.call(name, input as never) as Promise<never>
}

function watch(context: BrowserContext, onComplaint: (text: string) => void): void {
  context.on('weberror', (error) => onComplaint(`page error: ${error.error().stack ?? error.error().message}`))
  context.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) onComplaint(message.text())
  })
}
