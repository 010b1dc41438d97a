import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright/test'
import { dropFiles } from './support-drop.ts'
import { launchChromium } from './support-launch.ts'
import { makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

/**
 * Makes the README's pictures from the built app: `npm run build && node test/e2e/pictures.ts`. Nothing in them is
 * drawn by hand: real files go to the demo bucket in the real window, for about a minute
 * and a half.
 */

const IMAGES = join(import.meta.dirname, '../../docs/images')
const SIZE = { width: 1280, height: 800 }
const MB = 1e6
const WEEK = '02:00,pause 03:30,off 08:00,4M 18:30,off Sat-08:00,20M Sun-08:00,off'

const work = await mkdtemp(join(tmpdir(), 'sluice-pictures-'))
await mkdir(IMAGES, { recursive: true })
const complaints: string[] = []
const running = await launchChromium({
  dataDir: join(work, 'data'),
  onComplaint: (text) => complaints.push(text),
})
try {
  const page = running.page()
  await page.setViewportSize(SIZE)
  await page.emulateMedia({ colorScheme: 'dark' })
  await startDemo(page)
  await makeFailure(page)
  await uploadAndChangeLimits(page)
  await keep(page, 'window', 'light')
  await keep(page, 'window', 'dark')
  await pictureSchedule(page)
} finally {
  await running.close()
  await rm(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
}
if (complaints.length > 0) throw new Error(complaints.join('\n'))

/** A key that holds something else already: the next drop of this name fails, with a sentence and its remedy. */
async function makeFailure(page: Page): Promise<void> {
  const path = await makeFile(work, 'shot-list.pdf', 0.3 * MB)
  await dropFiles(page, [path])
  await rowOf(page, 'shot-list.pdf').and(page.locator('[data-phase="completed"]')).waitFor()
  await page.getByRole('button', { name: 'Clear done' }).click()
  await writeFile(path, 'another list')
}

/** Fast, slow, and in between for an hour: the area follows the line. */
async function uploadAndChangeLimits(page: Page): Promise<void> {
  const day = join(work, 'harbour-film')
  const stills = join(work, 'stills')
  for (const folder of [day, stills]) await mkdir(folder)
  await typeLimit(page, '80 Mb/s')
  const paths = [
    await makeFile(work, 'poster-final.tif', 14 * MB),
    join(work, 'shot-list.pdf'),
    await makeFile(work, 'interview-anna.wav', 48 * MB),
    await makeFile(work, 'B-roll drone sunrise.mp4', 210 * MB),
    await makeFile(work, 'A001_C014_harbour.mov', 640 * MB),
  ]
  for (const name of ['A002_C001_crane.mov', 'A002_C002_crane.mov', 'A003_C007_night.mov']) {
    await makeFile(day, name, 130 * MB)
  }
  for (let still = 1; still <= 240; still++) await makeFile(stills, `IMG_${4200 + still}.jpg`, 0.4 * MB)
  await dropFiles(page, paths)
  await dropFiles(page, [day, stills])
  await sleep(14_000)
  await pause(page, 'B-roll drone sunrise.mp4')
  await sleep(18_000)
  await typeLimit(page, '24 Mb/s')
  await sleep(14_000)
  await typeLimit(page, '120 Mb/s')
  await sleep(14_000)
  await page.getByRole('button', { name: 'Timers and schedule' }).click()
  await page.getByRole('textbox', { name: 'Limit for a while' }).fill('64 Mb/s')
  await page.getByRole('button', { name: 'for 1 h', exact: true }).click()
  await sleep(17_000)
  await page.mouse.move(SIZE.width / 2, SIZE.height - 8)
}

async function pause(page: Page, name: string): Promise<void> {
  const row = rowOf(page, name)
  await row.hover()
  await row.getByRole('button', { name: 'Pause' }).click()
}

async function pictureSchedule(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Timers and schedule' }).click()
  await page.getByRole('button', { name: 'Schedule…' }).click()
  await page.getByRole('textbox', { name: 'As text' }).fill(WEEK)
  await page.getByText(/^Understood as/).waitFor()
  await keep(page, 'schedule', 'dark')
}

async function keep(page: Page, name: string, colorScheme: 'dark' | 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme })
  // The graph takes its new colours with its next sample, and the dialog has faded in.
  await sleep(600)
  await page.screenshot({ path: join(IMAGES, `${name}-${colorScheme}.png`) })
}
