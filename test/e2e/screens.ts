import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright/test'
import { expect } from './harness.ts'
import { dropFiles, hoverFiles } from './support-drop.ts'
import { makeFile, rowOf, startDemo, typeAsLimit, typeLimit } from './window-page.ts'

/** Called on each screen. `within` is what is new on it, as a selector; the rest was looked at before. */
export type Look = (screen: string, within: string) => Promise<void>

/**
 * Goes through all screens, menus and dialogs of a fresh window, as a person would who tries everything once. The
 * window asks before large uploads.
 */
export async function walkScreens(page: Page, workDir: string, look: Look): Promise<void> {
  await look('first screen', 'html')
  await startDemo(page)
  await look('empty', 'html')
  await page.context().setOffline(true)
  await expect(page.getByText(/^This computer is offline/)).toBeVisible()
  await look('offline', '.banners')
  await page.context().setOffline(false)

  await typeLimit(page, '1 MB/s')
  await dropShelf(page, workDir, look)
  await walkQueue(page, look)
  await walkLimits(page, look)
  await walkMenus(page, look)
  await walkEnd(page, look)
}

/** Two films that go on for half a minute each, and forty pages. */
async function dropShelf(page: Page, workDir: string, look: Look): Promise<void> {
  const shelf = join(workDir, 'shelf')
  await mkdir(shelf, { recursive: true })
  for (let i = 0; i < 40; i++) await writeFile(join(shelf, `page ${i}.txt`), `page ${i}`)
  const films = await Promise.all(['reel.mov', 'tape.mov'].map((name) => makeFile(workDir, name, 30e6)))
  const hover = await hoverFiles(page, [...films, shelf])
  await expect(page.getByText('Drop 3 items to upload to Demo bucket')).toBeVisible()
  await look('drop overlay', '.drop-overlay')
  await hover.leave()
  await dropFiles(page, [...films, shelf])
  const sheet = page.getByRole('dialog', { name: 'Upload 42 files to Demo bucket?' })
  await expect(sheet).toBeVisible()
  await look('preflight', '.dialog')
  await page.keyboard.press('Enter')
  await expect(sheet).toBeHidden()
}

async function walkQueue(page: Page, look: Look): Promise<void> {
  const row = rowOf(page, 'reel.mov')
  await expect(row).toHaveAttribute('data-phase', 'uploading')
  await row.click()
  await look('queue', 'html')

  await row.dblclick()
  await expect(page.getByTestId('slowness')).toBeVisible()
  await look('details', '.details')
  await page.keyboard.press('Escape')
  await expect(page.locator('.details')).toBeHidden()

  await row.click({ button: 'right' })
  await expect(page.getByRole('menu')).toBeVisible()
  await look('row menu', '.menu')
  await page.getByRole('menuitem', { name: 'Limit…' }).click()
  await lookAtDialog(page, look, 'limit of a transfer')

  const grid = page.getByRole('grid', { name: 'Transfers' })
  await grid.focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await expect(page.getByRole('alertdialog')).toBeVisible()
  await look('confirmation', '.dialog')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('alertdialog')).toBeHidden()

  await page.getByRole('button', { name: /^Failed/ }).click()
  await expect(page.getByText('No transfers are in “Failed”')).toBeVisible()
  await look('nothing matches', '.app-main')
  await page.getByRole('button', { name: 'Show all' }).click()
}

async function walkLimits(page: Page, look: Look): Promise<void> {
  await typeAsLimit(page, 'fast')
  await look('refused limit', '.limit')
  await page.getByRole('textbox', { name: 'Limit as text' }).press('Escape')

  const timers = page.getByRole('button', { name: 'Timers and schedule' })
  await timers.click()
  await expect(page.getByRole('textbox', { name: 'Limit for a while' })).toBeVisible()
  await look('timers', '.timers')
  await page.getByRole('button', { name: 'Half for 1 h: 500 KB/s' }).click()
  await expect(page.getByText('For 1 h more, then 1 MB/s')).toBeVisible()
  await look('limit for a while', '.strip')
  await page.getByRole('button', { name: 'End now' }).click()

  await timers.click()
  await page.getByRole('button', { name: 'Schedule…' }).click()
  await page.getByRole('textbox', { name: 'As text' }).fill('02:00,pause 03:00,off 08:00,64k 12:00,100M')
  await lookAtDialog(page, look, 'schedule')
}

async function walkMenus(page: Page, look: Look): Promise<void> {
  await page.getByRole('button', { name: 'Destination: Demo bucket' }).click()
  await expect(page.getByRole('menu')).toBeVisible()
  await look('destination menu', '.menu')
  await page.getByRole('menuitem', { name: 'Add a destination…' }).click()
  for (const summary of await page.getByRole('dialog').locator('summary').all()) await summary.click()
  await page.getByRole('button', { name: 'Test connection' }).click()
  await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible()
  await lookAtDialog(page, look, 'destination dialog')

  const menu = page.getByRole('button', { name: 'Menu' })
  await menu.click()
  await expect(page.getByRole('menu')).toBeVisible()
  await look('menu', '.menu')
  await page.getByRole('menuitem', { name: 'Quotas…' }).click()
  const amount = page.getByRole('textbox', { name: 'Quota' })
  await amount.fill('20 GB/day')
  await amount.press('Enter')
  await expect(page.getByRole('meter')).toBeVisible()
  await look('quotas', '.dialog')
  await page.getByRole('button', { name: /^Remove / }).click()
  await expect(page.getByRole('meter')).toBeHidden()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()

  await page.keyboard.press('?')
  await lookAtDialog(page, look, 'keys')
  await page.keyboard.press('Control+o')
  await expect(page.getByRole('listbox')).toBeVisible()
  await lookAtDialog(page, look, 'folder picker')
}

/** What comes after the last byte. */
async function walkEnd(page: Page, look: Look): Promise<void> {
  await typeLimit(page, 'unlimited')
  await expect(page.getByRole('button', { name: 'Done 42' })).toBeVisible()
  await look('done', 'html')
  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('menuitem', { name: 'History…' }).click()
  await expect(page.getByText('1 batch', { exact: true })).toBeVisible()
  await lookAtDialog(page, look, 'history')
  await page.getByRole('grid', { name: 'Transfers' }).focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await expect(page.getByRole('button', { name: 'Undo', exact: true })).toBeVisible()
  await look('notice', '.toasts')
}

/** Looks at the dialog that is opening, and closes it. */
async function lookAtDialog(page: Page, look: Look, screen: string): Promise<void> {
  await expect(page.getByRole('dialog')).toBeVisible()
  await look(screen, '.dialog')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
}
