import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright/test'
import { dropFiles } from './support-drop.ts'
import { makeFile, rowOf, typeLimit } from './window-page.ts'

/** What is in the pictures: real files on their way to the demo bucket. `work` is a folder for them. */

const MB = 1e6
const NAMES = [
  'poster-final.tif',
  'shot-list.pdf',
  'interview-anna.wav',
  'B-roll drone sunrise.mp4',
  'A001_C014_harbour.mov',
]
const SIZES_MB = [14, 0.3, 48, 210, 640]

/** Makes them all, so that nothing is written while the graph is drawn. */
export async function makeFilms(work: string): Promise<{ readonly files: string[]; readonly folders: string[] }> {
  const day = join(work, 'harbour-film')
  const stills = join(work, 'stills')
  for (const folder of [day, join(stills, 'rejected')]) await mkdir(folder, { recursive: true })
  const files: string[] = []
  for (const [index, name] of NAMES.entries()) files.push(await makeFile(work, name, (SIZES_MB[index] ?? 1) * MB))
  for (const name of ['A002_C001_crane.mov', 'A002_C002_crane.mov', 'A003_C007_night.mov']) {
    await makeFile(day, name, 130 * MB)
  }
  for (let still = 1; still <= 240; still++) await makeFile(stills, `IMG_${4200 + still}.jpg`, 0.4 * MB)
  await writeFile(join(stills, '.DS_Store'), '')
  await symlink(join(work, 'card 3/IMG_4199.jpg'), join(stills, 'IMG_4199.jpg'))
  return { files, folders: [day, stills] }
}

/** A key that holds something else already: the next drop of this name fails, with a sentence and its remedy. */
export async function takeKeys(page: Page, path: string): Promise<void> {
  await dropFiles(page, [path])
  await rowOf(page, 'shot-list.pdf').and(page.locator('[data-phase="completed"]')).waitFor()
  await writeFile(path, 'another list')
}

/** Fast, slow, and in between for an hour: the area follows the line. */
export async function changeLimits(page: Page): Promise<void> {
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
}

async function pause(page: Page, name: string): Promise<void> {
  const row = rowOf(page, name)
  await row.hover()
  await row.getByRole('button', { name: 'Pause' }).click()
}
