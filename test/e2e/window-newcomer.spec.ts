import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { dropFiles } from './support-drop.ts'
import { graphLimit, makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

test.use({ asksBeforeUpload: true })

const MOST_ACTIONS = 3

/** Somebody who sees the window for the first time. All that they do is counted; a fourth action fails the spec. */
class Newcomer {
  readonly #page: Page
  readonly #actions: string[] = []

  constructor(page: Page) {
    this.#page = page
  }

  async drop(path: string): Promise<void> {
    this.#count(`drop ${path}`)
    await dropFiles(this.#page, [path])
  }

  async click(control: Locator): Promise<void> {
    this.#count(`click ${control}`)
    await control.click()
  }

  #count(action: string): void {
    this.#actions.push(action)
    expect(this.#actions.length, this.#actions.join('\n')).toBeLessThanOrEqual(MOST_ACTIONS)
  }
}

test('get this folder up, from the very first window: drop it, say where to, confirm', async ({
  page,
  workDir,
  demo,
}) => {
  await makeFolder(join(workDir, 'holiday'), 30)
  await expect(page.getByRole('heading', { name: 'Drop files or folders here' })).toBeVisible()

  const person = new Newcomer(page)
  await person.drop(join(workDir, 'holiday'))
  await person.click(page.getByRole('button', { name: /^Try the demo bucket/ }))
  await person.click(page.getByRole('button', { name: 'Upload 30 files' }))

  await expect(page.getByRole('button', { name: 'Done 30' })).toBeVisible()
  expect((await demo.list()).get('holiday/day 7.txt')).toBe('day 7'.length)
})

test('halve the rate for an hour: the timer, and half', async ({ page, drop, workDir }) => {
  await startDemo(page)
  await typeLimit(page, '4 MB/s')
  await drop([await makeFile(workDir, 'film.mov', 90e6)])
  await expect(rowOf(page, 'film.mov')).toHaveAttribute('data-phase', 'uploading')

  const person = new Newcomer(page)
  await person.click(page.getByRole('button', { name: 'Timers and schedule' }))
  await person.click(page.getByRole('button', { name: 'Half for 1 h: 2 MB/s' }))

  await expect(page.getByText('For 1 h more, then 4 MB/s')).toBeVisible()
  await expect.poll(() => graphLimit(page)).toBe(2e6)
})

test('find out why one file of many failed, and mend it: the chip, and the remedy beside the reason', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  const folder = join(workDir, 'holiday')
  await makeFolder(folder, 9)
  await startDemo(page)
  await drop([folder])
  await expect(page.getByRole('button', { name: 'Done 9' })).toBeVisible()
  await page.getByRole('button', { name: 'Clear done' }).click()
  await writeFile(join(folder, 'day 7.txt'), 'day 7, told again')
  await drop([folder])
  await expect(page.getByRole('button', { name: 'Done 8' })).toBeVisible()

  const person = new Newcomer(page)
  await person.click(page.getByRole('button', { name: 'Failed 1' }))
  const row = rowOf(page, 'day 7.txt')
  await expect(row).toContainText(/Another object has this key already, and it differs from the file/)
  await person.click(row.getByRole('button', { name: 'Overwrite' }))

  await expect(page.getByRole('button', { name: 'Failed 0' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Done 9' })).toBeVisible()
  expect((await demo.read('holiday/day 7.txt')).toString()).toBe('day 7, told again')
})

async function makeFolder(folder: string, files: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (let day = 1; day <= files; day++) await writeFile(join(folder, `day ${day}.txt`), `day ${day}`)
}
