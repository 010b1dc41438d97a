import { expect, test } from './harness.ts'
import { makeFile, startDemo } from './window-page.ts'

test('a quota that is used up holds what is new, says until when, and lets go when it is raised', async ({
  page,
  drop,
  workDir,
  keepScreenshot,
}) => {
  const paths = await Promise.all([1, 2, 3, 4, 5].map((index) => makeFile(workDir, `clip ${index}.mov`, 1000)))
  await startDemo(page)
  const binding = page.getByTestId('binding')
  const dialog = page.getByRole('dialog', { name: 'Quotas' })
  const open = async () => {
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('menuitem', { name: 'Quotas…' }).click()
    await expect(dialog).toBeVisible()
  }
  const amount = dialog.getByRole('textbox', { name: 'Quota' })

  await test.step('what cannot be is refused in one sentence', async () => {
    await open()
    await amount.fill('0 GB/day')
    await amount.press('Enter')
    await expect(dialog.getByRole('alert')).toHaveText('A quota of 0 would stop everything for ever: use pause.')
    await amount.fill('3 files/hour')
    await expect(dialog.getByRole('alert')).toHaveCount(0)
    await amount.press('Enter')
    await expect(dialog.getByText('3 files per hour', { exact: true })).toBeVisible()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
  })

  await test.step('the fourth file waits, and the window says until when', async () => {
    await drop(paths)
    await expect(binding).toHaveText(/^limited by: quota 3 files per hour, 0 left, until (\w+ )?\d\d:\d\d$/)
    await open()
    await expect(dialog.getByText(/^3 used, 0 left: nothing new starts until (\w+ )?\d\d:\d\d$/)).toBeVisible()
    await expect(dialog.getByRole('meter', { name: 'Used of 3 files per hour' })).toBeVisible()
    await keepScreenshot('quotas')
  })

  await test.step('raised under its name it keeps its counts, and everything goes', async () => {
    await dialog.getByRole('button', { name: 'Change 3 files per hour' }).click()
    await expect(amount).toHaveValue('3 files per hour')
    await amount.fill('100 files/hour')
    await amount.press('Enter')
    await expect(dialog.getByText('5 used, 95 left')).toBeVisible()
    await dialog.getByRole('button', { name: 'Remove 3 files per hour' }).click()
    await expect(dialog.getByRole('meter')).toHaveCount(0)
  })
})
