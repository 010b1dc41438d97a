import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Locator, Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

/** A folder of three files and, in a drop of their own, two files: two batches, all held. */
async function dropTwoBatches(page: Page, workDir: string, drop: (paths: readonly string[]) => Promise<void>) {
  const folder = join(workDir, 'harbour')
  await mkdir(folder)
  for (const name of ['a.mov', 'b.mov', 'c.mov']) await makeFile(folder, name, 1_000_000)
  await startDemo(page)
  await page.getByRole('button', { name: 'Pause all' }).click()
  await drop([folder])
  await expect(batchOf(page, 'harbour')).toBeVisible()
  await drop([await makeFile(workDir, 'one.txt', 1000), await makeFile(workDir, 'two.txt', 1000)])
  await expect.poll(() => shownLines(page)).toEqual(ALL)
}

const ALL = ['harbour', 'a.mov', 'b.mov', 'c.mov', '2 files', 'one.txt', 'two.txt']

test('a batch has a header with its totals, which hides and shows its files by hand and by key', async ({
  page,
  drop,
  workDir,
  keepScreenshot,
}) => {
  await dropTwoBatches(page, workDir, drop)
  const harbour = batchOf(page, 'harbour')
  const grid = page.getByRole('grid', { name: 'Transfers' })
  await expect(harbour).toContainText('Demo bucket · 0 of 3 done')
  await expect(harbour).toContainText('0 B of 3 MB sent')
  await expect(page.getByRole('button', { name: 'Waiting 5' })).toBeVisible()

  await test.step('by hand', async () => {
    const toggle = harbour.getByRole('button', { name: 'Files of harbour' })
    await expect(toggle).toHaveAttribute('aria-expanded', 'true')
    await toggle.click()
    await expect.poll(() => shownLines(page)).toEqual(['harbour', '2 files', 'one.txt', 'two.txt'])
    await expect(toggle).toHaveAttribute('aria-expanded', 'false')
    await keepScreenshot('batches-collapsed')
    await toggle.click()
    await expect.poll(() => shownLines(page)).toEqual(ALL)
  })

  await test.step('by key: left goes up to the header and closes, right opens and goes in, Enter does both', async () => {
    await rowOf(page, 'b.mov').click()
    await expect(rowOf(page, 'b.mov')).toHaveAttribute('aria-selected', 'true')
    await page.keyboard.press('ArrowLeft')
    await expect(harbour).toHaveAttribute('data-focused', 'true')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => shownLines(page)).toEqual(['harbour', '2 files', 'one.txt', 'two.txt'])
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => shownLines(page)).toEqual(ALL)
    await page.keyboard.press('ArrowRight')
    await expect(rowOf(page, 'a.mov')).toHaveAttribute('data-focused', 'true')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await expect.poll(() => shownLines(page)).toEqual(['harbour', '2 files', 'one.txt', 'two.txt'])
    await expect(grid).toHaveAttribute('aria-activedescendant', (await harbour.getAttribute('id')) ?? '')
  })

  await test.step('what is hidden stays so, and counts', async () => {
    await page.getByRole('button', { name: 'Name' }).click()
    await expect.poll(() => shownLines(page)).toEqual(['a.mov', 'b.mov', 'c.mov', 'one.txt', 'two.txt'])
    await page.getByRole('button', { name: 'Name' }).click()
    await page.getByRole('button', { name: 'Name' }).click()
    await expect.poll(() => shownLines(page)).toEqual(['harbour', '2 files', 'one.txt', 'two.txt'])
    await page.getByRole('textbox', { name: 'Search the list' }).fill('mov')
    await expect(page.getByText('3 found')).toBeVisible()
    await expect.poll(() => shownLines(page)).toEqual(['harbour'])
    await page.getByRole('textbox', { name: 'Search the list' }).fill('')
  })

  await batchOf(page, 'harbour').dblclick()
  await expect.poll(() => shownLines(page)).toEqual(ALL)
  const { violations } = await new AxeBuilder({ page }).include('.queue').analyze()
  expect(violations.map(({ id }) => id)).toEqual([])
  await page.setViewportSize({ width: 900, height: 600 })
  await page.emulateMedia({ colorScheme: 'dark' })
  await keepScreenshot('batches-small-dark')
})

test('what is done on a header is done to its batch, and to no other', async ({ page, drop, workDir, demo }) => {
  await dropTwoBatches(page, workDir, drop)
  const harbour = batchOf(page, 'harbour')
  const files = batchOf(page, '2 files')

  await test.step('a click selects all of it, and keys pause it', async () => {
    await harbour.click()
    await expect(page.getByText('3 selected')).toBeVisible()
    for (const name of ['a.mov', 'c.mov']) await expect(rowOf(page, name)).toHaveAttribute('aria-selected', 'true')
    await page.keyboard.press('Space')
    await expect(page.getByRole('button', { name: 'Paused 3' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Waiting 2' })).toBeVisible()
    await expect(harbour.locator('.row-status')).toHaveText('Paused')
  })

  await test.step('keys and the pointer move it as a whole', async () => {
    await page.keyboard.press('Control+ArrowDown')
    await expect.poll(() => shownLines(page)).toEqual([...ALL.slice(4), ...ALL.slice(0, 4)])
    await page.keyboard.press('Control+ArrowUp')
    await expect.poll(() => shownLines(page)).toEqual(ALL)
    await drag(page, files, harbour)
    await expect.poll(() => shownLines(page)).toEqual([...ALL.slice(4), ...ALL.slice(0, 4)])
    await harbour.click()
    await page.keyboard.press('Control+Shift+ArrowUp')
    await expect(page.getByText('3 uploads moved to the front')).toBeVisible()
    await expect.poll(() => shownLines(page)).toEqual(ALL)
  })

  await test.step('one file of it that is sent next says whose it is, and so does the rest', async () => {
    await rowOf(page, 'two.txt').click()
    await page.keyboard.press('Control+Shift+ArrowUp')
    await expect
      .poll(() => shownLines(page))
      .toEqual(['2 files', 'two.txt', 'harbour', 'a.mov', 'b.mov', 'c.mov', '2 files continued', 'one.txt'])
    await files.first().dblclick()
    await expect.poll(() => shownLines(page)).toEqual(['2 files', 'harbour', 'a.mov', 'b.mov', 'c.mov'])
  })

  await test.step('its share of the line is chosen in its menu, and told where it is not the normal one', async () => {
    await harbour.click({ button: 'right' })
    await page.getByRole('menuitemradio', { name: 'High' }).click()
    await expect(harbour).toContainText('high share')
    await harbour.click({ button: 'right' })
    await expect(page.getByRole('menuitemradio', { name: 'High' })).toBeChecked()
    await page.getByRole('menuitemradio', { name: 'Normal' }).click()
    await expect(harbour).not.toContainText('high share')
  })

  await test.step('it is cancelled after one question, and removed', async () => {
    await files.click()
    await page.keyboard.press('Delete')
    await page.getByRole('button', { name: 'Cancel uploads' }).click()
    await expect(files.locator('.row-status')).toHaveText('Cancelled')
    await files.click()
    await page.keyboard.press('Delete')
    await expect.poll(() => shownLines(page)).toEqual(['harbour', 'a.mov', 'b.mov', 'c.mov'])
  })

  await page.getByRole('button', { name: 'Resume all' }).click()
  await harbour.hover()
  await harbour.getByRole('button', { name: 'Resume' }).click()
  await expect(harbour).toContainText('3 of 3 done')
  expect([...(await demo.list()).keys()].sort()).toEqual(['harbour/a.mov', 'harbour/b.mov', 'harbour/c.mov'])
})

test('the failed files of a batch are retried from its header, which filters show with them', async ({
  page,
  drop,
  workDir,
}) => {
  await dropTwoBatches(page, workDir, drop)
  const folder = join(workDir, 'harbour')
  const away = join(workDir, 'b.mov.away')
  await rename(join(folder, 'b.mov'), away)
  await rm(join(workDir, 'one.txt'))
  await page.getByRole('button', { name: 'Resume all' }).click()
  const harbour = batchOf(page, 'harbour')
  await expect(harbour).toContainText('2 of 3 done · 1 failed')
  await expect(batchOf(page, '2 files')).toContainText('1 of 2 done · 1 failed')

  await page.getByRole('button', { name: 'Failed 2' }).click()
  await expect.poll(() => shownLines(page)).toEqual(['harbour', 'b.mov', '2 files', 'one.txt'])
  await rename(away, join(folder, 'b.mov'))
  await harbour.getByRole('button', { name: 'Retry failed' }).click()
  await expect.poll(() => shownLines(page)).toEqual(['2 files', 'one.txt'])
  await page.getByRole('button', { name: 'Done 4' }).click()
  await expect(harbour).toContainText('3 of 3 done')
  await expect(harbour.locator('.row-status')).toHaveText('Done')
})

test('shift selects a range, ctrl adds and takes away, and a collapsed batch counts whole', async ({
  page,
  drop,
  workDir,
}) => {
  await dropTwoBatches(page, workDir, drop)
  await test.step('shift by hand and by key', async () => {
    await rowOf(page, 'b.mov').click()
    await rowOf(page, 'one.txt').click({ modifiers: ['Shift'] })
    await expect.poll(() => selectedNames(page)).toEqual(['b.mov', 'c.mov', 'one.txt'])
    await expect(page.getByText('3 selected')).toBeVisible()
    await page.keyboard.press('Shift+ArrowDown')
    await expect.poll(() => selectedNames(page)).toEqual(['b.mov', 'c.mov', 'one.txt', 'two.txt'])
  })
  await test.step('ctrl', async () => {
    await rowOf(page, 'c.mov').click({ modifiers: ['Control'] })
    await expect.poll(() => selectedNames(page)).toEqual(['b.mov', 'one.txt', 'two.txt'])
    await batchOf(page, 'harbour').click({ modifiers: ['Control'] })
    await expect(page.getByText('5 selected')).toBeVisible()
    await rowOf(page, 'a.mov').click({ modifiers: ['Control'] })
    await expect.poll(() => selectedNames(page)).toEqual(['b.mov', 'c.mov', 'one.txt', 'two.txt'])
    await page.keyboard.press('Escape')
    await expect.poll(() => selectedNames(page)).toEqual([])
  })
  await test.step('over a collapsed batch', async () => {
    await batchOf(page, 'harbour').getByRole('button', { name: 'Files of harbour' }).click()
    await expect.poll(() => shownLines(page)).toEqual(['harbour', '2 files', 'one.txt', 'two.txt'])
    await rowOf(page, 'one.txt').click()
    await batchOf(page, 'harbour').click({ modifiers: ['Shift'] })
    await expect(page.getByText('4 selected')).toBeVisible()
    await page.keyboard.press('Space')
    await expect(page.getByRole('button', { name: 'Paused 4' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Waiting 1' })).toBeVisible()
  })
})

test('the header of a batch that is being sent tells its rate and the time that is left', async ({
  page,
  drop,
  workDir,
  keepScreenshot,
}) => {
  const folder = join(workDir, 'night')
  await mkdir(folder)
  for (const name of ['a.mov', 'b.mov', 'c.mov']) await makeFile(folder, name, 30e6)
  await startDemo(page)
  await typeLimit(page, '2 MB/s')
  await drop([folder])
  const night = batchOf(page, 'night')
  await expect(night.locator('.row-status')).toHaveText(/^[\d.]+ MB\/s · .+ left$/)
  await expect(night.locator('.row-note')).toHaveText(/^[\d.]+ MB of 90 MB sent$/)
  await keepScreenshot('batches')
  await night.hover()
  await night.getByRole('button', { name: 'Pause' }).click()
  await expect(night.locator('.row-status')).toHaveText('Paused')
})

/** The header of a batch, by its name. */
function batchOf(page: Page, name: string): Locator {
  return page.locator('.batch-row').filter({ has: page.locator('.batch-name').getByText(name) })
}

/** Names of headers and rows, from the top of the list. */
function shownLines(page: Page): Promise<string[]> {
  return page.locator('.queue-rows').locator('.batch-name, .row-name').allTextContents()
}

function selectedNames(page: Page): Promise<string[]> {
  return page.locator('.queue-row[aria-selected="true"] .row-name').allTextContents()
}

/** Presses on one line, and lets go over the upper half of another. */
async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  const start = await from.boundingBox()
  const end = await to.boundingBox()
  if (!start || !end) throw new Error('both lines are to be seen')
  await page.mouse.move(start.x + 80, start.y + start.height / 2)
  await page.mouse.down()
  await page.mouse.move(end.x + 80, end.y + 6, { steps: 6 })
  await expect(to).toHaveAttribute('data-drop', 'before')
  await page.mouse.up()
}
