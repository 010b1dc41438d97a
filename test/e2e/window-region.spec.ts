import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Locator, Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { hello, keepScreen, makeFile, rowOf, startDemo } from './window-page.ts'

/** The form of a destination that is the demo bucket, but in a region where that is not. */
async function fillWrongRegion(page: Page, workDir: string): Promise<Locator> {
  await startDemo(page)
  const bucket = (await hello(page)).destinations[0]
  if (!bucket?.endpoint) throw new Error('no demo bucket')
  expect(bucket.region).toBe('us-east-1')
  const keys = JSON.parse(await readFile(join(workDir, 'data/demo-bucket/credentials.json'), 'utf8'))
  await page.getByRole('button', { name: 'Destination: Demo bucket' }).click()
  await page.getByRole('menuitem', { name: 'Add a destination…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a destination' })
  await dialog.getByLabel('Name', { exact: true }).fill('Abroad')
  await dialog.getByLabel('Endpoint').fill(bucket.endpoint)
  await dialog.getByLabel('Bucket', { exact: true }).fill(bucket.bucket)
  await dialog.getByLabel('Region').fill('eu-west-1')
  await dialog.getByLabel('Access key ID').fill(keys.accessKeyId)
  await dialog.getByLabel('Secret access key').fill(keys.secretAccessKey)
  return dialog
}

test('a test that meets a wrong region offers the right one, and one click mends it', async ({ page, workDir }) => {
  const dialog = await fillWrongRegion(page, workDir)
  await dialog.getByRole('button', { name: 'Test connection' }).click()
  await expect(dialog.locator('[data-result="failed"]')).toContainText('is in region us-east-1')
  const use = dialog.getByRole('button', { name: 'Use us-east-1' })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await use.scrollIntoViewIfNeeded()
    await keepScreen(page, `region-test-${colorScheme}`)
    const { violations } = await new AxeBuilder({ page }).include('.dialog').disableRules(['region']).analyze()
    expect(violations.map(({ id }) => id)).toEqual([])
  }
  await use.click()
  await expect(dialog.getByText('Everything works')).toBeVisible()
  await expect(dialog.getByLabel('Region')).toHaveValue('us-east-1')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('button', { name: 'Destination: Abroad' })).toBeVisible()
  expect((await hello(page)).destinations.find(({ name }) => name === 'Abroad')?.region).toBe('us-east-1')
})

test('a destination that is blocked by a wrong region goes on after one click', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  const dialog = await fillWrongRegion(page, workDir)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('button', { name: 'Destination: Abroad' })).toBeVisible()
  await drop([await makeFile(workDir, 'tape.bin', 1000)])
  const banner = page.getByRole('alert').filter({ hasText: 'Abroad' })
  await expect(banner).toContainText('is in region us-east-1')
  await keepScreen(page, 'region-blocked')
  await banner.getByRole('button', { name: 'Use us-east-1' }).click()
  await expect(rowOf(page, 'tape.bin')).toHaveAttribute('data-phase', 'completed')
  await expect(banner).toHaveCount(0)
  expect((await demo.list()).get('tape.bin')).toBe(1000)
  expect((await hello(page)).destinations.find(({ name }) => name === 'Abroad')?.region).toBe('us-east-1')
})
