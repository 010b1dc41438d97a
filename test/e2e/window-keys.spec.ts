import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './harness.ts'
import { demoAccess, keepScreen, openDestinationForm, startDemo } from './window-page.ts'

test('the form says where keys are kept, and a profile brings its region and endpoint', async ({ page, workDir }) => {
  const config = join(workDir, 'aws-config')
  await writeFile(
    config,
    '[profile films]\nregion = eu-central-1\nsso_session = corp\n[profile local]\nendpoint_url = http://127.0.0.1:9000\n',
  )
  const before = process.env.AWS_CONFIG_FILE
  process.env.AWS_CONFIG_FILE = config
  try {
    await startDemo(page)
    const dialog = await openDestinationForm(page)
    await expect(dialog.getByText('This computer has no keyring: kept in memory until Sluice closes')).toBeVisible()

    await dialog.getByText('Profile in ~/.aws').click()
    await expect(dialog.locator('#profiles-of-aws option')).toHaveCount(2)
    await dialog.getByLabel('Profile name').fill('films')
    await expect(dialog.getByLabel('Region')).toHaveValue('eu-central-1')
    await expect(dialog.getByRole('combobox', { name: 'Service' })).toHaveValue('aws')
    await keepScreen(page, 'profile')
    await dialog.getByLabel('Profile name').fill('local')
    await expect(dialog.getByLabel('Endpoint')).toHaveValue('http://127.0.0.1:9000')
  } finally {
    if (before === undefined) delete process.env.AWS_CONFIG_FILE
    else process.env.AWS_CONFIG_FILE = before
  }
})

test('a diagnostics report is saved, and its place and content are told', async ({ page, workDir }) => {
  await startDemo(page)
  await page.getByRole('button', { name: 'Menu' }).click()
  await page.getByRole('menuitem', { name: 'Save a diagnostics report' }).click()
  const toast = page.getByText(/^The report is in /)
  await expect(toast).toBeVisible()
  const path = /^The report is in (.+?\.json)\./.exec((await toast.textContent()) ?? '')?.[1] ?? ''
  const report = await readFile(path, 'utf8')
  const { secretAccessKey } = await demoAccess(page, workDir)
  expect(JSON.parse(report)).toMatchObject({ shell: 'chromium', settings: { destinations: [{ id: 'demo' }] } })
  expect(report).not.toContain(secretAccessKey)
})
