import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

test('a search narrows the list, and what is done in it is done to what was found', async ({
  page,
  drop,
  workDir,
  keepScreenshot,
}) => {
  const names = ['Reel 1.mov', 'reel 2.MOV', 'still.tif']
  await startDemo(page)
  await page.getByRole('button', { name: 'Pause all' }).click()
  await drop(await Promise.all(names.map((name) => makeFile(workDir, name, 100))))
  await expect(page.getByRole('button', { name: 'Waiting 3' })).toBeVisible()

  await page.getByRole('grid', { name: 'Transfers' }).focus()
  await page.keyboard.press('Control+f')
  const box = page.getByRole('textbox', { name: 'Search the list' })
  await expect(box).toBeFocused()
  await page.keyboard.type('REEL')
  await expect.poll(() => shownNames(page)).toEqual(['Reel 1.mov', 'reel 2.MOV'])
  await expect(page.getByText('2 found')).toBeVisible()
  await keepScreenshot('search')
  await page.setViewportSize({ width: 900, height: 600 })
  await page.emulateMedia({ colorScheme: 'dark' })
  // Nothing of the toolbar is pushed out of a small window.
  await expect(page.getByRole('button', { name: 'Clear done' })).toBeInViewport({ ratio: 1 })
  await keepScreenshot('search-small-dark')

  await box.press('Enter')
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Space')
  await expect(page.getByRole('button', { name: 'Paused 2' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Waiting 1' })).toBeVisible()

  await box.fill('nowhere')
  await expect(page.getByText('Nothing matches “nowhere”')).toBeVisible()
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect.poll(() => shownNames(page)).toEqual(names)
  await box.fill('still')
  await expect.poll(() => shownNames(page)).toEqual(['still.tif'])
  await box.press('Escape')
  await expect(box).toHaveValue('')
  await expect.poll(() => shownNames(page)).toEqual(names)
})

test('uploads are put into another order by key, by menu and by hand', async ({ page, drop, workDir }) => {
  const names = ['a.bin', 'b.bin', 'c.bin', 'd.bin']
  await startDemo(page)
  await page.getByRole('button', { name: 'Pause all' }).click()
  await drop(await Promise.all(names.map((name) => makeFile(workDir, name, 100))))
  await expect.poll(() => shownNames(page)).toEqual(names)
  const grid = page.getByRole('grid', { name: 'Transfers' })

  await test.step('Ctrl with the arrows moves what is selected past its neighbour', async () => {
    await grid.focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Shift+ArrowDown')
    await page.keyboard.press('Control+ArrowDown')
    await expect.poll(() => shownNames(page)).toEqual(['c.bin', 'a.bin', 'b.bin', 'd.bin'])
    await page.keyboard.press('Control+ArrowUp')
    await expect.poll(() => shownNames(page)).toEqual(names)
  })

  await test.step('the menu moves too', async () => {
    await rowOf(page, 'd.bin').click()
    await page.keyboard.press('Shift+F10')
    await page.getByRole('menuitem', { name: 'Send next' }).click()
    await expect(page.getByText('1 upload moved to the front: the next parts are theirs.')).toBeVisible()
    await expect.poll(() => shownNames(page)).toEqual(['d.bin', 'a.bin', 'b.bin', 'c.bin'])
  })

  await test.step('two that are selected are dragged together', async () => {
    await rowOf(page, 'd.bin').click()
    await rowOf(page, 'a.bin').click({ modifiers: ['Control'] })
    await drag(page, 'a.bin', 'c.bin')
    await expect.poll(() => shownNames(page)).toEqual(['b.bin', 'c.bin', 'd.bin', 'a.bin'])
    await expect(page.getByText('2 selected')).toBeVisible()
    await rowOf(page, 'a.bin').click()
    await expect(page.getByText('1 selected')).toBeVisible()
  })

  await test.step('a list that is sorted otherwise offers the order of the queue', async () => {
    await page.getByRole('button', { name: 'Name' }).click()
    await expect.poll(() => shownNames(page)).toEqual(names)
    await rowOf(page, 'c.bin').click()
    await page.keyboard.press('Control+ArrowUp')
    await page.getByRole('button', { name: 'Order by the queue' }).click()
    await expect.poll(() => shownNames(page)).toEqual(['b.bin', 'c.bin', 'd.bin', 'a.bin'])
  })
})

test('what is sent next goes before the next parts of a large file, and nothing is sent twice', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  const bulk = await makeFile(workDir, 'bulk.mov', 120e6)
  const urgent = await makeFile(workDir, 'urgent.mov', 20e6)
  await startDemo(page)
  await typeLimit(page, '16 MB/s')
  await drop([bulk])
  await expect(rowOf(page, 'bulk.mov')).toHaveAttribute('data-phase', 'uploading')
  await drop([urgent])
  const row = rowOf(page, 'urgent.mov')
  await row.click()
  await page.keyboard.press('Control+Shift+ArrowUp')
  await expect.poll(() => shownNames(page)).toEqual(['urgent.mov', 'bulk.mov'])
  await expect(row).toHaveAttribute('data-phase', 'completed')
  await expect(rowOf(page, 'bulk.mov')).toHaveAttribute('data-phase', 'uploading')
  await typeLimit(page, 'unlimited')
  await expect(rowOf(page, 'bulk.mov')).toHaveAttribute('data-phase', 'completed')
  await expect(page.getByText('sent again')).toHaveCount(0)
  expect(await demo.list()).toEqual(
    new Map([
      ['bulk.mov', 120e6],
      ['urgent.mov', 20e6],
    ]),
  )
})

test('a pause says what will be sent again, and one after these parts sends nothing twice', async ({
  page,
  drop,
  workDir,
  keepScreenshot,
}) => {
  await startDemo(page)
  await typeLimit(page, '4 MB/s')
  await drop([await makeFile(workDir, 'film.mov', 60e6)])
  const row = rowOf(page, 'film.mov')
  await expect(row.getByText(/MB\/s/)).toBeVisible()
  await row.click()
  await page.keyboard.press('Shift+Space')
  await expect(row).toHaveAttribute('data-phase', 'paused')
  await expect(page.getByText(/nothing is sent twice\.$/)).toBeVisible()
  await page.keyboard.press('Space')
  await expect(row).toHaveAttribute('data-phase', 'uploading')
  await expect(row.getByText(/MB\/s/)).toBeVisible()

  await row.click({ button: 'right' })
  await expect(page.getByRole('menuitem', { name: 'Pause after these parts' })).toBeVisible()
  await keepScreenshot('row-menu')
  await page.getByRole('menuitem', { name: 'Pause', exact: true }).click()
  await expect(row).toHaveAttribute('data-phase', 'paused')
  await expect(page.getByText(/^Paused\. Up to [\d.]+ [kM]?B in flight will be sent again/)).toBeVisible()
})

test('what is removed can be taken back', async ({ page, drop, workDir }) => {
  await startDemo(page)
  await drop(await Promise.all(['one.txt', 'two.txt'].map((name) => makeFile(workDir, name, 10))))
  await expect(page.getByRole('button', { name: 'Done 2' })).toBeVisible()
  await page.getByRole('button', { name: 'Clear done' }).click()
  await expect(page.getByRole('heading', { name: 'Drop files or folders here' })).toBeVisible()
  await expect(page.getByText('2 uploads removed from the list.')).toBeVisible()
  await page.getByRole('button', { name: 'Undo', exact: true }).click()
  await expect.poll(() => shownNames(page)).toEqual(['one.txt', 'two.txt'])
})

test('the history keeps what has ended: searched, saved as a receipt, forgotten', async ({
  page,
  drop,
  workDir,
  keepScreenshot,
}) => {
  await mkdir(join(workDir, 'home/Downloads'), { recursive: true })
  const homeBefore = process.env.HOME
  process.env.HOME = join(workDir, 'home')
  try {
    await startDemo(page)
    for (const name of ['harbour.mov', 'night.mov']) await drop([await makeFile(workDir, name, 1000)])
    await expect(page.getByRole('button', { name: 'Done 2' })).toBeVisible()
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('menuitem', { name: 'History…' }).click()
    const dialog = page.getByRole('dialog', { name: 'History' })
    await expect(dialog.getByRole('listitem')).toHaveCount(2)
    await keepScreenshot('history')
    const { violations } = await new AxeBuilder({ page }).include('.dialog').analyze()
    expect(violations.map(({ id }) => id)).toEqual([])

    await dialog.getByRole('textbox', { name: 'Search the history' }).fill('NIGHT')
    await expect(dialog.getByRole('listitem')).toHaveCount(1)
    await dialog.getByRole('button', { name: 'Receipt CSV of night.mov' }).click()
    const saved = page.getByText(/^The receipt is in /)
    await expect(saved).toBeVisible()
    const path = /^The receipt is in (.+\.csv)\.$/.exec((await saved.textContent()) ?? '')?.[1] ?? ''
    expect(path.startsWith(join(workDir, 'home/Downloads'))).toBe(true)
    expect(await readFile(path, 'utf8')).toContain('"night.mov"')

    await dialog.getByRole('button', { name: 'Forget night.mov' }).click()
    await expect(dialog.getByText('Nothing in the history matches “NIGHT”.')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect.poll(() => shownNames(page)).toEqual(['harbour.mov'])
  } finally {
    process.env.HOME = homeBefore
  }
})

/** The names in the list, from its top. */
function shownNames(page: Page): Promise<string[]> {
  return page.locator('.queue-rows .row-name').allTextContents()
}

/** Presses on one row, goes over the lower half of another, and lets go. */
async function drag(page: Page, from: string, to: string): Promise<void> {
  const start = await rowOf(page, from).boundingBox()
  const end = await rowOf(page, to).boundingBox()
  if (!start || !end) throw new Error('both rows are to be seen')
  await page.mouse.move(start.x + 60, start.y + start.height / 2)
  await page.mouse.down()
  await page.mouse.move(end.x + 60, end.y + end.height - 6, { steps: 6 })
  await expect(rowOf(page, to)).toHaveAttribute('data-drop', 'after')
  await page.mouse.up()
}
