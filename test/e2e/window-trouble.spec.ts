import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './harness.ts'
import { demoAccess, hello, keepScreen, makeFile, openDestinationForm, rowOf, startDemo } from './window-page.ts'

test('a file that is gone fails with a sentence, and Retry uploads it once it is back', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  const path = await makeFile(workDir, 'shy.bin', 100)
  await startDemo(page)
  // Paused, so that the file can go before it is read.
  await page.getByRole('button', { name: 'Pause all' }).click()
  await drop([path])
  const row = rowOf(page, 'shy.bin')
  await expect(row).toBeVisible()
  await rename(path, `${path}.away`)
  await page.getByRole('button', { name: 'Resume all' }).click()
  await expect(row).toHaveAttribute('data-phase', 'failed')
  await expect(page.getByRole('button', { name: 'Failed 1' })).toBeVisible()
  await expect(row.getByText(/[a-z ]{10,}\./)).toBeVisible()
  await keepScreen(page, 'failed')

  await rename(`${path}.away`, path)
  await row.getByRole('button', { name: 'Retry' }).click()
  await expect(row).toHaveAttribute('data-phase', 'completed')
  expect((await demo.list()).get('shy.bin')).toBe(100)
})

test('a key that exists and differs fails with its remedy, and Overwrite replaces it', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  const path = join(workDir, 'notes.txt')
  await writeFile(path, 'first')
  await startDemo(page)
  await drop([path])
  await expect(rowOf(page, 'notes.txt').first()).toHaveAttribute('data-phase', 'completed')
  await page.getByRole('button', { name: 'Clear done' }).click()
  await expect(page.getByRole('heading', { name: 'Drop files or folders here' })).toBeVisible()

  await writeFile(path, 'second, and longer')
  await drop([path])
  const row = rowOf(page, 'notes.txt')
  await expect(row).toHaveAttribute('data-phase', 'failed')
  expect((await demo.read('notes.txt')).toString()).toBe('first')
  await row.getByRole('button', { name: 'Overwrite' }).click()
  await expect(row).toHaveAttribute('data-phase', 'completed')
  expect((await demo.read('notes.txt')).toString()).toBe('second, and longer')
})

test('a destination is tested step by step, saved, used, blocked and mended', async ({ page, drop, workDir, demo }) => {
  await startDemo(page)
  const access = await demoAccess(page, workDir)
  const dialog = await openDestinationForm(page)
  await dialog.getByRole('button', { name: 'Test connection' }).click()
  await expect(dialog.getByRole('alert')).toContainText('Please fill in: Name, Endpoint, Bucket')

  await dialog.getByRole('textbox', { name: 'Name' }).fill('Archive')
  await dialog.getByLabel('Endpoint').fill(access.endpoint)
  await dialog.getByLabel('Bucket', { exact: true }).fill(access.bucket)
  await dialog.getByLabel('Region').fill(access.region)
  await dialog.getByLabel('Folder in the bucket').fill('kept/here')
  await dialog.getByLabel('Access key ID').fill(access.accessKeyId)
  await dialog.getByLabel('Secret access key').fill('wrong')
  await dialog.getByRole('button', { name: 'Test connection' }).click()
  await expect(dialog.locator('[data-result="failed"]')).toHaveCount(1)
  await expect(dialog.getByText('Not tried.').first()).toBeVisible()
  await keepScreen(page, 'destination')

  await test.step('saved with the wrong secret, it is blocked once', async () => {
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByRole('button', { name: 'Destination: Archive' })).toBeVisible()
    await drop([await makeFile(workDir, 'tape.bin', 1000)])
    await expect(page.getByRole('alert').filter({ hasText: 'Archive' })).toBeVisible()
    await keepScreen(page, 'blocked')
  })

  await test.step('mended, it goes on by itself', async () => {
    await page.getByRole('button', { name: 'Edit destination' }).click()
    const edit = page.getByRole('dialog', { name: 'Edit destination' })
    await edit.getByLabel('Secret access key').fill(access.secretAccessKey)
    await edit.getByRole('button', { name: 'Test connection' }).click()
    await expect(edit.getByText('Everything works')).toBeVisible()
    await edit.getByRole('button', { name: 'Save' }).click()
    await expect(rowOf(page, 'tape.bin')).toHaveAttribute('data-phase', 'completed')
    expect((await demo.list()).get('kept/here/tape.bin')).toBe(1000)
  })

  await test.step('removed, it is gone from the list', async () => {
    await page.getByRole('button', { name: 'Destination: Archive' }).click()
    await page.getByRole('menuitem', { name: 'Edit destination…' }).click()
    await page.getByRole('button', { name: 'Remove…' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await expect.poll(async () => (await hello(page)).destinations.map(({ name }) => name)).toEqual(['Demo bucket'])
  })
})
