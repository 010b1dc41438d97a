import { join } from 'node:path'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import type { PageRequest } from '../shared/bridge-wire.ts'
import type { LeaveAnswer } from './app/leave.ts'
import { LEAVE_CHOICES, leaveQuestion } from './app/leave.ts'

/** How one Chromium window without browser controls is opened, and how it ends. */

export interface BrowserOptions {
  readonly executablePath: string
  /** The browser's own profile, apart from the person's. */
  readonly profileDir: string
  readonly headless: boolean
  /** What the window shows first: a `data:` URL. Any other would show the whole browser or an error page. */
  readonly firstPage: string
}

/** `closed` by the person, or `lost`: the browser or its page crashed. */
export type WindowEnd = 'closed' | 'lost'

export interface BrowserWindow {
  readonly context: BrowserContext
  readonly page: Page
  /** DevTools protocol of the page. */
  readonly cdp: CDPSession
  /** Resolves once, after the browser has gone. */
  readonly ended: Promise<WindowEnd>
}

/**
 * Measured with Chromium 156: without these, Playwright forces a light scheme and a fixed viewport and the browser
 * shows a warning bar. `--test-type` hides the bar about the missing sandbox, which root cannot have.
 */
const LOOK = { viewport: null, colorScheme: null, reducedMotion: null, forcedColors: null, contrast: null } as const
const QUIET = [
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--window-size=1120,760',
]

export async function openBrowserWindow(options: BrowserOptions): Promise<BrowserWindow> {
  const isRoot = process.getuid?.() === 0
  const context = await chromium.launchPersistentContext(options.profileDir, {
    ...LOOK,
    executablePath: options.executablePath,
    headless: options.headless,
    chromiumSandbox: !isRoot,
    ignoreDefaultArgs: ['--enable-automation'],
    args: [`--app=${options.firstPage}`, ...QUIET, ...(isRoot ? ['--test-type'] : [])],
    // The host decides what a signal means: it may still have uploads to end.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  })
  const page = context.pages()[0] ?? (await context.waitForEvent('page'))
  const cdp = await context.newCDPSession(page)
  return { context, page, cdp, ended: windowEnd(context, page, cdp) }
}

/** Measured: a page that is closed says `Inspector.detached` first; a browser that dies says nothing at all. */
function windowEnd(context: BrowserContext, page: Page, cdp: CDPSession): Promise<WindowEnd> {
  return new Promise((resolve) => {
    let end: WindowEnd = 'lost'
    cdp.on('Inspector.detached', () => {
      end = 'closed'
    })
    // A browser that has died cannot be closed any more.
    const close = () => void context.close().catch(() => null)
    page.on('crash', close)
    page.on('close', close)
    context.on('close', () => resolve(end))
  })
}

/** Answers the page's requests through its one binding, from its main frame and our origin only. */
export async function exposeHost(
  { context, page, cdp }: BrowserWindow,
  origin: string,
  call: (name: unknown, input: unknown) => Promise<unknown>,
): Promise<void> {
  await context.exposeBinding('sluiceHost', async (source, request: PageRequest) => {
    if (source.frame !== page.mainFrame() || new URL(source.frame.url()).origin !== origin) {
      throw new Error('this frame may not talk to Sluice')
    }
    if (request?.kind === 'call') return await call(request.name, request.input)
    if (request?.kind === 'paths') return await droppedPaths(cdp, Number(request.count))
    throw new Error('unknown request')
  })
}

/** As many as one command may carry. */
const MAX_PATHS = 10_000

async function droppedPaths(cdp: CDPSession, count: number): Promise<string[]> {
  const paths: string[] = []
  for (let index = 0; index < Math.min(count, MAX_PATHS); index++) {
    const { result } = await cdp.send('Runtime.evaluate', { expression: `sluiceFiles[${index}]` })
    if (result.objectId === undefined) {
      paths.push('')
      continue
    }
    const info = await cdp.send('DOM.getFileInfo', { objectId: result.objectId }).catch(() => ({ path: '' }))
    await cdp.send('Runtime.releaseObject', { objectId: result.objectId })
    paths.push(info.path)
  }
  return paths
}

const asDataUrl = (html: string) => `data:text/html;charset=utf-8,${encodeURIComponent(html)}`

/** An empty page to start from, so that the window has its title and size before anything is served. */
export const BLANK_PAGE = asDataUrl('<!doctype html><title>Sluice</title>')

/** Asks what becomes of the work that is left. */
export function questionPage(unfinishedCount: number): string {
  const buttons = LEAVE_CHOICES.map(
    ({ answer, label }) => `<button onclick="sluiceAnswer('${answer}')">${label}</button>`,
  )
  return asDataUrl(`<!doctype html><html lang="en"><title>Sluice</title>
<meta name="color-scheme" content="light dark"><style>body { font: 16px system-ui; margin: 2rem }</style>
<p>${leaveQuestion(unfinishedCount)}</p>${buttons.join(' ')}`)
}

/** The answer given in a window that shows `questionPage`. Closed without an answer, the work goes on. */
export async function leaveAnswer({ context, ended }: BrowserWindow): Promise<LeaveAnswer> {
  const answered = new Promise<LeaveAnswer>((resolve) => {
    void context.exposeBinding('sluiceAnswer', (_source, answer: LeaveAnswer) => resolve(answer)).catch(() => null)
  })
  const answer = await Promise.race([answered, ended.then(() => 'keep' as const)])
  await context.close()
  return answer
}

export const profileIn = (dataDir: string) => join(dataDir, 'chromium-profile')
