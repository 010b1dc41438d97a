import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { keepScreen, openDestinationForm, rowOf, startDemo } from './window-page.ts'

const SIZES = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
]

/** A picture in each size and both themes; nothing in `part` that people with other senses or hands could not use. */
async function inspect(page: Page, name: string, part: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const { violations } = await new AxeBuilder({ page }).include(part).disableRules(['region']).analyze()
    expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))])).toEqual([])
    for (const size of SIZES) {
      await page.setViewportSize(size)
      await keepScreen(page, `${name}-${colorScheme}-${size.width}`)
    }
  }
}

/** The demo bucket's own dialog, with what objects are kept with in sight. */
async function editDemo(page: Page) {
  await page.getByRole('button', { name: 'Destination: Demo bucket' }).click()
  await page.getByRole('menuitem', { name: 'Edit destination…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Edit destination' })
  await dialog.getByText('How objects are kept').click()
  return dialog
}

test('a key that exists and differs offers to keep both, and the row shows the key that was written', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  const path = join(workDir, 'notes.tar.gz')
  await writeFile(path, 'first')
  await startDemo(page)
  await drop([path])
  await expect(rowOf(page, 'notes.tar.gz').first()).toHaveAttribute('data-phase', 'completed')
  await page.getByRole('button', { name: 'Clear done' }).click()

  await writeFile(path, 'second, and longer')
  await drop([path])
  const row = rowOf(page, 'notes.tar.gz')
  await expect(row).toHaveAttribute('data-phase', 'failed')
  await expect(row.getByRole('button', { name: 'Overwrite' })).toBeVisible()
  await row.click()
  await inspect(page, 'keep-both-row', '[role=grid]')
  await row.click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Keep both' }).click()
  const kept = rowOf(page, 'notes (2).tar.gz')
  await expect(kept).toHaveAttribute('data-phase', 'completed')
  expect((await demo.read('notes.tar.gz')).toString()).toBe('first')
  expect((await demo.read('notes (2).tar.gz')).toString()).toBe('second, and longer')
  await kept.dblclick()
  await expect(page.getByText('Its key holds another object, so it goes beside it: notes (2).tar.gz')).toBeVisible()
})

test('a destination keeps both by its rule, and gives its objects tags', async ({ page, drop, workDir, demo }) => {
  await startDemo(page)
  const dialog = await editDemo(page)
  await dialog.getByRole('combobox', { name: 'When a key exists already' }).selectOption('keep-both')
  await dialog.getByLabel('Tags').fill('retention=one year\nbad&name=x')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('alert')).toContainText('The tag “bad&name” may hold letters, digits, spaces')
  await dialog.getByLabel('Tags').scrollIntoViewIfNeeded()
  await inspect(page, 'tags', '.dialog')
  await dialog.getByLabel('Tags').fill('retention=one year\nproject = harbour')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()

  const path = join(workDir, 'film.mp4')
  for (const bytes of ['one', 'another', 'a third one']) {
    await writeFile(path, bytes)
    await drop([path])
    await expect(page.getByRole('button', { name: 'Done 1' })).toBeVisible()
    await page.getByRole('button', { name: 'Clear done' }).click()
  }
  expect([...(await demo.list()).keys()]).toEqual(['film (2).mp4', 'film (3).mp4', 'film.mp4'])
  expect((await demo.read('film (3).mp4')).toString()).toBe('a third one')
  expect(await demo.tags('film (3).mp4')).toEqual({ retention: 'one year', project: 'harbour' })
})

test('a store that keeps no tags has no field for them, and refuses those that were set', async ({ page }) => {
  await startDemo(page)
  const dialog = await openDestinationForm(page)
  const service = dialog.getByRole('combobox', { name: 'Service' })
  await dialog.getByText('How objects are kept').click()
  await service.selectOption({ label: 'Cloudflare R2' })
  await expect(dialog.getByLabel('Metadata')).toBeVisible()
  await expect(dialog.getByLabel('Tags')).toHaveCount(0)
  await service.selectOption({ label: 'Amazon S3' })
  await dialog.getByLabel('Tags').fill('a=b')
  await service.selectOption({ label: 'Cloudflare R2' })
  await dialog.getByLabel('Name', { exact: true }).fill('Films')
  await dialog.getByLabel('Endpoint').fill('https://account.r2.cloudflarestorage.com')
  await dialog.getByLabel('Bucket', { exact: true }).fill('b')
  await dialog.getByText('Profile in ~/.aws').click()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('alert')).toContainText('Cloudflare R2 keeps no tags with objects: leave them out.')
})

test.describe('before a large drop', () => {
  test.use({ asksBeforeUpload: true })

  test('those that will be kept beside are counted', async ({ page, drop, workDir, demo }) => {
    await startDemo(page)
    const dialog = await editDemo(page)
    await dialog.getByRole('combobox', { name: 'When a key exists already' }).selectOption('keep-both')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(dialog).toBeHidden()
    const [shelf, earlier] = [join(workDir, 'shelf'), join(workDir, 'earlier/shelf')]
    for (const folder of [shelf, earlier]) await mkdir(folder, { recursive: true })
    for (let i = 0; i < 12; i++) await writeFile(join(shelf, `page ${i}.txt`), `page ${i}`)
    await writeFile(join(earlier, 'page 3.txt'), 'page 3')
    await writeFile(join(earlier, 'page 4.txt'), 'of another size')
    await drop([earlier])
    await expect(page.getByRole('button', { name: 'Done 2' })).toBeVisible()
    await drop([shelf])
    const sheet = page.getByRole('dialog', { name: 'Upload 12 files to Demo bucket?' })
    await expect(sheet).toContainText(
      '2 of them are at the destination already. 1 of them differs and is kept beside, as “name (2)”.',
    )
    await inspect(page, 'preflight-keep-both', '.dialog')
    await page.getByRole('button', { name: 'Upload 12 files' }).click()
    await expect(page.getByRole('button', { name: 'Done 14' })).toBeVisible()
    expect((await demo.read('shelf/page 4 (2).txt')).toString()).toBe('page 4')
    expect((await demo.list()).size).toBe(13)
  })
})
