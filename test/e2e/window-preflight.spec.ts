import { mkdir, mkdtemp, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { hello, keepScreen, makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

test.use({ asksBeforeUpload: true })

const sheet = (page: Page) => page.getByRole('dialog', { name: /^Upload .* to Demo bucket\?$/ })

/** Twelve small files and one in parts, a link into nothing, a system file and an empty folder. */
async function makeShelf(workDir: string): Promise<string> {
  const shelf = join(workDir, 'shelf')
  await mkdir(join(shelf, 'empty'), { recursive: true })
  for (let i = 0; i < 12; i++) await writeFile(join(shelf, `page ${i}.txt`), `page ${i}`)
  await makeFile(shelf, 'reel.mov', 40e6)
  await symlink(join(workDir, 'nowhere'), join(shelf, 'broken link'))
  await writeFile(join(shelf, '.DS_Store'), '')
  return shelf
}

test('a large drop tells what will come of it, and starts on one press of Enter', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  await startDemo(page)
  await typeLimit(page, '1 MB/s')
  await drop([await makeShelf(workDir)])
  const dialog = sheet(page)
  await expect(dialog).toHaveAccessibleName('Upload 13 files to Demo bucket?')
  await expect(dialog.getByText('40 MB', { exact: true })).toBeVisible()
  await expect(dialog.getByText('about 40s at your limit of 1 MB/s')).toBeVisible()
  await expect(dialog.getByText(/^reel\.mov · 40 MB · 5 parts of 8\.39 MB$/)).toBeVisible()
  await expect(dialog.getByText('None of them is at the destination yet.')).toBeVisible()
  await expect(dialog.getByText('1 item cannot be uploaded:')).toBeVisible()
  await expect(dialog.getByRole('region', { name: 'What cannot be uploaded' })).toContainText('broken link')
  await expect(dialog.getByText(/^1 system file .* left out\.$/)).toBeVisible()
  await expect(dialog.getByText(/^1 empty folder left out/)).toBeVisible()
  expect((await demo.list()).size).toBe(0)
  await expect(page.getByRole('button', { name: 'Upload 13 files' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await typeLimit(page, 'unlimited')
  await expect(page.getByRole('button', { name: 'Done 13' })).toBeVisible()
  expect((await demo.list()).size).toBe(13)
})

test('cancelled, nothing is queued; and a small drop asks nothing', async ({ page, drop, workDir, demo }) => {
  await startDemo(page)
  await drop([await makeShelf(workDir)])
  await expect(sheet(page)).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(sheet(page)).toBeHidden()
  await drop([await makeFile(workDir, 'single.bin', 100)])
  await expect(rowOf(page, 'single.bin')).toHaveAttribute('data-phase', 'completed')
  expect([...(await demo.list()).keys()]).toEqual(['single.bin'])
})

test('objects that are there already are counted and named, with what the rule does to them', async ({
  page,
  drop,
  workDir,
}) => {
  const shelf = await makeShelf(workDir)
  await startDemo(page)
  const some = join(workDir, 'earlier/shelf')
  await mkdir(some, { recursive: true })
  for (const i of [3, 4]) await writeFile(join(some, `page ${i}.txt`), `another ${i}`)
  await drop([some])
  await expect(page.getByRole('button', { name: 'Done 2' })).toBeVisible()
  const loose = await makeFile(workDir, 'loose.bin', 10)
  await drop([loose])
  await expect(rowOf(page, 'loose.bin')).toHaveAttribute('data-phase', 'completed')

  await drop([shelf, loose])
  await expect(sheet(page).getByText(/^3 of them are at the destination already\. What is the same/)).toBeVisible()
  const there = sheet(page).getByRole('region', { name: 'At the destination already' })
  await expect(there.getByRole('listitem')).toHaveText(['shelf/page 3.txt', 'shelf/page 4.txt', 'loose.bin'])
})

test('the largest file is planned into the 10 000 parts that S3 allows', async ({ page, drop, workDir }) => {
  const folder = join(workDir, 'images')
  await mkdir(folder)
  const path = join(folder, 'disk.img')
  await writeFile(path, '')
  // A sparse file: the file system of the test may allow less, and then there is nothing to see.
  const isPossible = await truncate(path, 8 * 1024 ** 4).then(
    () => true,
    () => false,
  )
  test.skip(!isPossible, 'this file system holds no file of 8 TiB')
  for (let i = 0; i < 11; i++) await writeFile(join(folder, `${i}`), '')
  await startDemo(page)
  await drop([folder])
  // 10 000 parts at the most, whatever the preferred size.
  await expect(sheet(page).getByText(/^disk\.img · 8\.8 TB · 10,000 parts of 880 MB$/)).toBeVisible()
})

test('“don’t ask again” holds, and the menu takes it back', async ({ page, drop, workDir }) => {
  const shelf = await makeShelf(workDir)
  await startDemo(page)
  await drop([shelf])
  await page.getByRole('checkbox', { name: 'Don’t ask again' }).check()
  await page.getByRole('button', { name: 'Upload 13 files' }).click()
  await expect(page.getByRole('button', { name: 'Done 13' })).toBeVisible()
  expect((await hello(page)).settings.askBeforeUpload).toBe(false)

  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Ask before large uploads' }).click()
  await page.keyboard.press('Escape')
  await drop([shelf])
  await expect(sheet(page)).toBeVisible()
  expect((await hello(page)).settings.askBeforeUpload).toBe(true)
})

test('two large drops in a row are asked about one after another', async ({ page, drop, workDir, demo }) => {
  await startDemo(page)
  await drop([await makeShelf(workDir)])
  await expect(sheet(page)).toBeVisible()
  const second = join(await mkdtemp(join(workDir, 'b-')), 'second')
  await mkdir(second)
  for (let i = 0; i < 11; i++) await writeFile(join(second, `${i}.txt`), '')
  await drop([second])
  await expect(sheet(page)).toHaveAccessibleName(/13 files/)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(sheet(page)).toHaveAccessibleName(/11 files/)
  await page.getByRole('button', { name: 'Upload 11 files' }).click()
  await expect(page.getByRole('button', { name: 'Done 11' })).toBeVisible()
  expect((await demo.list()).size).toBe(11)
})

for (const scheme of ['light', 'dark'] as const) {
  test(`the sheet is clean for axe and fits a small window, ${scheme}`, async ({ page, drop, workDir }) => {
    await page.emulateMedia({ colorScheme: scheme })
    await page.setViewportSize({ width: 900, height: 600 })
    const shelf = await makeShelf(workDir)
    for (let i = 0; i < 30; i++) await symlink('/nowhere', join(shelf, `gone ${i}`))
    await startDemo(page)
    await drop([shelf])
    await expect(sheet(page)).toBeVisible()
    await expect(page.getByRole('button', { name: 'Upload 13 files' })).toBeInViewport({ ratio: 1 })
    // It has faded in.
    await page.waitForTimeout(300)
    const { violations } = await new AxeBuilder({ page }).include('.dialog').analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
    await keepScreen(page, `preflight-${scheme}`)
  })
}
