import { AxeBuilder } from '@axe-core/playwright'
import type { Locator, Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { keepScreen, makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

const SIZES = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
]

async function openList(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: /^Destination: / }).click()
  await page.getByRole('menuitem', { name: 'Unfinished uploads…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Unfinished uploads at Demo bucket' })
  await expect(dialog).toBeVisible()
  return dialog
}

test('unfinished uploads are shown with what they hold, and aborted once a person has agreed', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  await startDemo(page)
  await test.step('nothing is there at first', async () => {
    const dialog = await openList(page)
    await expect(dialog.getByText('There are none')).toBeVisible()
    await expect(dialog.getByRole('button', { name: 'Abort…' })).toBeDisabled()
    await page.keyboard.press('Escape')
  })

  await demo.beginUpload('film/reel 1.mov', 3_000_000)
  await demo.beginUpload('film/reel 2.mov', 2_000_000)
  await typeLimit(page, '64 KB/s')
  await drop([await makeFile(workDir, 'live.bin', 30e6)])
  await expect(rowOf(page, 'live.bin')).toHaveAttribute('data-phase', 'uploading')

  const dialog = await openList(page)
  const list = dialog.getByRole('region', { name: 'Unfinished uploads', exact: true })
  await expect(list.getByRole('checkbox')).toHaveCount(3)
  await test.step('others are not chosen by themselves, and what this queue sends cannot be', async () => {
    await expect(list.getByRole('checkbox', { name: /live\.bin/ })).toBeDisabled()
    await expect(list.getByRole('listitem').filter({ hasText: 'live.bin' })).toContainText('in this queue')
    await expect(list.getByRole('checkbox', { name: /reel 1/ })).not.toBeChecked()
    await expect(list.getByRole('listitem').filter({ hasText: 'reel 1' })).toContainText('begun by another program')
    await expect(dialog.getByText('None selected')).toBeVisible()
    await expect(dialog.getByText(/^3 uploads hold /)).toBeVisible()
  })

  await test.step('it is clean for axe and looks well in both themes and sizes', async () => {
    await dialog.getByRole('checkbox', { name: /reel 1/ }).check()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const size of SIZES) {
        await page.setViewportSize(size)
        await keepScreen(page, `unfinished-${colorScheme}-${size.width}`)
      }
      const { violations } = await new AxeBuilder({ page }).include('.dialog').disableRules(['region']).analyze()
      expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))])).toEqual([])
    }
  })

  await test.step('one question names how many and how much; a no changes nothing', async () => {
    await dialog.getByRole('button', { name: 'Abort 1 upload…' }).click()
    const question = page.getByRole('alertdialog', { name: 'Abort 1 upload?' })
    await expect(question).toContainText('3 MB')
    await expect(question).toContainText('Another program has begun it')
    // It fades in.
    await expect(question).toHaveCSS('opacity', '1')
    await keepScreen(page, 'unfinished-question')
    await question.getByRole('button', { name: 'Leave as is' }).click()
    await expect(question).toBeHidden()
    expect(await demo.openUploads()).toEqual(['film/reel 1.mov', 'film/reel 2.mov', 'live.bin'])
  })

  await test.step('a yes ends exactly those', async () => {
    await dialog.getByRole('checkbox', { name: 'All that can be aborted (2)' }).check()
    await dialog.getByRole('button', { name: 'Abort 2 uploads…' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Abort 2 uploads' }).click()
    await expect(dialog.getByText('2 uploads were aborted.')).toBeVisible()
    await expect(list.getByRole('checkbox')).toHaveCount(1)
    expect(await demo.openUploads()).toEqual(['live.bin'])
  })
  await page.keyboard.press('Escape')
  await typeLimit(page, 'unlimited')
  await expect(rowOf(page, 'live.bin')).toHaveAttribute('data-phase', 'completed')
})

test('a list of very many is drawn as far as it is seen, and all of it can be chosen', async ({ page, demo }) => {
  await startDemo(page)
  for (let index = 0; index < 250; index++) await demo.beginUpload(`many/${String(index).padStart(3, '0')}`, 0)
  const dialog = await openList(page)
  await expect(dialog.getByText(/^250 uploads hold /)).toBeVisible()
  const lines = dialog.getByRole('listitem')
  expect(await lines.count()).toBeLessThan(60)
  await expect(lines.first()).toHaveAttribute('aria-setsize', '250')
  await dialog.getByRole('region', { name: 'Unfinished uploads', exact: true }).press('End')
  await expect(dialog.getByRole('checkbox', { name: /many\/249/ })).toBeVisible()
  await dialog.getByRole('checkbox', { name: 'All that can be aborted (250)' }).check()
  await dialog.getByRole('button', { name: 'Abort 250 uploads…' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Abort 250 uploads' }).click()
  await expect(dialog.getByText('250 uploads were aborted.')).toBeVisible()
  await expect(dialog.getByText('There are none')).toBeVisible()
})
