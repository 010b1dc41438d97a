import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from './harness.ts'
import { changeLimits, makeFilms, takeKeys } from './pictures-scene.ts'
import { dropFiles, hoverFiles } from './support-drop.ts'
import { launchChromium } from './support-launch.ts'
import { rowOf, startDemo, typeLimit } from './window-page.ts'

/**
 * Makes the pictures of README and docs/window.md from the built app: `npm run build && node test/e2e/pictures.ts`.
 * Nothing in them is drawn by hand: real files go to the demo bucket in the real window, for about two minutes.
 */

const IMAGES = join(import.meta.dirname, '../../docs/images')
const SIZE = { width: 1280, height: 800 }
/** Of the pictures that one state of the window is shown by; all of them are to stay below 3 MB. */
const STATE_SIZE = { width: 1120, height: 720 }
const WEEK = '02:00,pause 03:30,off 08:00,4M 18:30,off Sat-08:00,20M Sun-08:00,off'

type Scheme = 'dark' | 'light'

const work = await mkdtemp(join(tmpdir(), 'sluice-pictures-'))
await mkdir(IMAGES, { recursive: true })
const complaints: string[] = []
const running = await launchChromium({
  dataDir: join(work, 'data'),
  onComplaint: (text) => complaints.push(text),
  asksBeforeUpload: true,
})
const page = running.page()
const dialog = page.getByRole('dialog')
try {
  await page.setViewportSize(STATE_SIZE)
  const films = await makeFilms(work)
  await firstRun(films.files[1] ?? '')
  await typeLimit(page, '80 Mb/s')
  await dropFiles(page, films.files)
  await largeDrop(films.folders)
  await changeLimits(page)
  await page.mouse.move(SIZE.width / 2, SIZE.height - 8)
  await keep('window', 'light')
  await keep('window', 'dark')
  await pictureSchedule()
  await page.setViewportSize(STATE_SIZE)
  await queue()
  await limits()
  await dialogs()
  await smallWindow()
} finally {
  await running.close()
  await rm(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
}
if (complaints.length > 0) throw new Error(complaints.join('\n'))

async function firstRun(path: string): Promise<void> {
  await keep('first-run', 'light')
  await startDemo(page)
  await keep('empty', 'dark')
  await takeKeys(page, path)
  await page.getByText(/has confirmed every byte/).waitFor()
  await keep('first-run-end', 'light')
  await page.getByRole('button', { name: 'Got it' }).click()
  await page.getByRole('button', { name: 'Clear done' }).click()
  await page.getByRole('button', { name: 'Undo', exact: true }).waitFor()
  await keep('notice', 'dark')
  await page.locator('.toast').waitFor({ state: 'hidden' })
}

async function largeDrop(folders: readonly string[]): Promise<void> {
  const hover = await hoverFiles(page, folders)
  await keep('drop', 'light')
  await hover.leave()
  await dropFiles(page, folders)
  await page.getByRole('button', { name: /^Upload \d+ files$/ }).waitFor()
  await keep('preflight', 'dark')
  await page.keyboard.press('Enter')
  await page.setViewportSize(SIZE)
  // What the sheet has told already; by its class, since notices are hidden from the tree until they are gone to.
  await page.locator('.toast .icon-button').click()
}

async function pictureSchedule(): Promise<void> {
  await page.getByRole('button', { name: 'Timers and schedule' }).click()
  await page.getByRole('button', { name: 'Schedule…' }).click()
  await page.getByRole('textbox', { name: 'As text' }).fill(WEEK)
  await page.getByText(/^Understood as/).waitFor()
  await keep('schedule', 'dark')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
}

async function queue(): Promise<void> {
  await page.getByRole('button', { name: 'Failed 1' }).click()
  await rowOf(page, 'shot-list.pdf').waitFor()
  await keep('failed', 'light')
  await page.getByRole('button', { name: /^All / }).click()
  await rowOf(page, 'A001_C014_harbour.mov').dblclick()
  await page.getByTestId('slowness').waitFor()
  await sleep(4_000)
  await keep('details', 'dark')
  await page.keyboard.press('Escape')
  await rowOf(page, 'A001_C014_harbour.mov').click({ button: 'right' })
  await keep('row-menu', 'light')
  await page.keyboard.press('Escape')
  await page.getByRole('textbox', { name: 'Search the list' }).fill('crane')
  await page.getByText('2 found').waitFor()
  await keep('search', 'dark')
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await page.context().setOffline(true)
  await page.getByText(/^This computer is offline/).waitFor()
  await keep('offline', 'dark')
  await page.context().setOffline(false)
}

async function limits(): Promise<void> {
  await page.getByRole('button', { name: 'Timers and schedule' }).click()
  await keep('timers', 'light')
  await page.keyboard.press('Escape')
  await chooseInMenu('Quotas…')
  const amount = dialog.getByRole('textbox', { name: 'Quota' })
  const remove = dialog.getByRole('button', { name: /^Remove / })
  for (const [index, quota] of ['500 GB/week', '20 000 requests per hour'].entries()) {
    await amount.fill(quota)
    await amount.press('Enter')
    await expect(remove).toHaveCount(index + 1)
  }
  await keep('quotas', 'light')
  for (const left of [1, 0]) {
    await remove.first().click()
    await expect(remove).toHaveCount(left)
  }
  await page.keyboard.press('Escape')
}

async function dialogs(): Promise<void> {
  await page.getByRole('button', { name: 'Destination: Demo bucket' }).click()
  await page.getByRole('menuitem', { name: 'Edit destination…' }).click()
  await dialog.getByRole('button', { name: 'Test connection' }).click()
  await dialog.getByText('Everything works').waitFor()
  await keep('destination', 'light')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'Destination: Demo bucket' }).click()
  await page.getByRole('menuitem', { name: 'Unfinished uploads…' }).click()
  await dialog.getByRole('listitem').first().waitFor()
  await keep('unfinished', 'light')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await chooseInMenu('History…')
  await dialog.getByText(/^\d+ batch/).waitFor()
  await keep('history', 'dark')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await page.keyboard.press('?')
  await keep('keys', 'light')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+o')
  await dialog.getByRole('textbox', { name: 'Path' }).fill(join(work, 'stills'))
  await page.keyboard.press('Enter')
  await dialog.getByText('IMG_4205.jpg').waitFor()
  await keep('picker', 'dark')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Menu' }).click()
  await keep('menu', 'light')
  await page.keyboard.press('Escape')
}

/** As at 200 % zoom. */
async function smallWindow(): Promise<void> {
  await page.setViewportSize({ width: SIZE.width / 2, height: SIZE.height / 2 })
  await keep('zoomed', 'light')
}

async function chooseInMenu(name: string): Promise<void> {
  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('menuitem', { name }).click()
  await dialog.waitFor()
}

async function keep(name: string, colorScheme: Scheme): Promise<void> {
  await page.emulateMedia({ colorScheme })
  // The graph takes its new colours with its next sample, and the dialog has faded in.
  await sleep(600)
  await page.screenshot({ path: join(IMAGES, `${name}-${colorScheme}.png`) })
}
