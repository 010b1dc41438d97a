import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { inMotion, outOfReach } from './reach.ts'
import { walkScreens } from './screens.ts'
import { startDemo } from './window-page.ts'

test.describe('every screen', () => {
  test.use({ asksBeforeUpload: true })

  for (const scheme of ['light', 'dark'] as const) {
    test(`is clean for axe, ${scheme}`, async ({ page, workDir, keepScreenshot }) => {
      await page.setViewportSize({ width: 1280, height: 800 })
      await page.emulateMedia({ colorScheme: scheme })
      await walkScreens(page, workDir, async (screen, within) => {
        await expectClean(page, screen, within)
        await keepScreenshot(`${screen}-${scheme}`)
      })
    })
  }

  test('is within reach and readable at 200 % zoom, and moves nothing where less motion is asked for', async ({
    page,
    workDir,
    keepScreenshot,
  }) => {
    // What a window of 1280 by 800 has room for when everything is twice as large.
    await page.setViewportSize({ width: 640, height: 400 })
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await walkScreens(page, workDir, async (screen, within) => {
      await keepScreenshot(`${screen}-zoomed`)
      expect.soft(await outOfReach(page, within), screen).toEqual([])
      expect.soft(await inMotion(page), screen).toEqual([])
    })
  })

  test('is within reach in a small window', async ({ page, workDir, keepScreenshot }) => {
    await page.setViewportSize({ width: 900, height: 600 })
    await walkScreens(page, workDir, async (screen, within) => {
      await keepScreenshot(`${screen}-small`)
      expect.soft(await outOfReach(page, within), screen).toEqual([])
    })
  })
})

test('the appearance can be fixed, and stays so after a reload', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await background()
  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('menuitemradio', { name: 'Dark' }).click()
  await expect.poll(background).not.toBe(light)
  await page.reload()
  await expect.poll(background).not.toBe(light)
})

test('a range longer than the window holds is selected whole, and acts as one', async ({ page, drop, workDir }) => {
  await makeFolder(join(workDir, 'many'), 900)
  await startDemo(page)
  await page.getByRole('button', { name: 'Pause all' }).click()
  await drop([join(workDir, 'many')])
  await expect(page.getByRole('button', { name: 'All 900' })).toBeVisible()
  const grid = page.getByRole('grid', { name: 'Transfers' })
  // The columns' heads, the header of the batch, and its rows.
  await expect(grid).toHaveAttribute('aria-rowcount', '902')
  await grid.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('Shift+End')
  await expect(page.getByText('900 selected')).toBeVisible()
  await page.keyboard.press('Space')
  await expect(page.getByRole('button', { name: 'Paused 900' })).toBeVisible()
  expect(await page.getByRole('row').count()).toBeLessThan(80)

  await page.keyboard.press('Control+a')
  await expect(page.getByText('All 900 selected')).toBeVisible()
  await page.keyboard.press('Delete')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('button', { name: 'Done 900' })).toBeVisible()
})

async function makeFolder(folder: string, files: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (let i = 0; i < files; i++) await writeFile(join(folder, `page ${i}.txt`), `page ${i}`)
}

/** Axe takes seconds for a whole page. */
async function expectClean(page: Page, screen: string, within: string): Promise<void> {
  // A modal menu hides the page behind it, landmarks included; what is left is the menu itself.
  const builder = new AxeBuilder({ page }).include(within).disableRules(['region'])
  const { violations } = await builder.analyze()
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  expect(told, screen).toEqual([])
}
