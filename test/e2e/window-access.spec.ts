import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { keepScreen, makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

for (const scheme of ['light', 'dark'] as const) {
  test(`every screen is clean for axe, ${scheme}`, async ({ page, drop, workDir }) => {
    await page.emulateMedia({ colorScheme: scheme })
    await expectClean(page, 'first screen')
    await keepScreen(page, `first-${scheme}`)

    await startDemo(page)
    await expectClean(page, 'empty')

    await makeFolder(join(workDir, 'shelf'), 40)
    await typeLimit(page, '1 MB/s')
    await drop([join(workDir, 'shelf'), await makeFile(workDir, 'reel.mov', 30e6)])
    const row = rowOf(page, 'reel.mov')
    await page.getByRole('button', { name: 'Size' }).click()
    await page.getByRole('button', { name: 'Size' }).click()
    await expect(row).toHaveAttribute('data-phase', 'uploading')
    await row.click()
    await expectClean(page, 'queue')
    await keepScreen(page, `queue-${scheme}`)

    await row.dblclick()
    await expect(page.getByTestId('slowness')).toBeVisible()
    await expectClean(page, 'details', '.details')
    await keepScreen(page, `details-${scheme}`)
    await page.setViewportSize({ width: 900, height: 600 })
    await expectClean(page, 'details beside a narrow list', '.app-main')
    await page.setViewportSize({ width: 1280, height: 720 })
    await page.keyboard.press('Escape')

    await row.click({ button: 'right' })
    await expect(page.getByRole('menu')).toBeVisible()
    await expectClean(page, 'row menu', '.menu')
    await page.keyboard.press('Escape')

    await typeLimit(page, 'fast')
    await expectClean(page, 'refused limit', '.limit')
    await page.getByRole('textbox', { name: 'Limit as text' }).press('Escape')

    await page.getByRole('button', { name: /^Failed/ }).click()
    await expect(page.getByText('No transfers are in “Failed”')).toBeVisible()
    await expectClean(page, 'nothing matches')
    await page.getByRole('button', { name: 'Show all' }).click()

    await page.getByRole('button', { name: 'Destination: Demo bucket' }).click()
    await expectClean(page, 'destination menu', '.menu')
    await page.getByRole('menuitem', { name: 'Add a destination…' }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await expectClean(page, 'destination dialog', '.dialog')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()

    await page.getByRole('button', { name: 'Timers and schedule' }).click()
    await expectClean(page, 'timers', '.timers')
    await page.getByRole('button', { name: 'Schedule…' }).click()
    await page.getByRole('textbox', { name: 'As text' }).fill('02:00,pause 03:00,off 08:00,64k 12:00,100M')
    await expectClean(page, 'schedule', '.dialog')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()

    await page.keyboard.press('?')
    await expect(page.getByRole('dialog', { name: 'Keyboard keys' })).toBeVisible()
    await expectClean(page, 'keys', '.dialog')
    await keepScreen(page, `keys-${scheme}`)
  })
}

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
  await expect(grid).toHaveAttribute('aria-rowcount', '901')
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

/** `within` is what is new on this screen: the rest was looked at before, and axe takes seconds for all of it. */
async function expectClean(page: Page, screen: string, within = 'html'): Promise<void> {
  // A modal menu hides the page behind it, landmarks included; what is left is the menu itself.
  const builder = new AxeBuilder({ page }).include(within).disableRules(['region'])
  const { violations } = await builder.analyze()
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  expect(told, screen).toEqual([])
}
