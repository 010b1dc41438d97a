import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from './harness.ts'
import { demoAccess, hello, keepScreen, makeFile, openDestinationForm, rowOf, startDemo } from './window-page.ts'

const SIZES = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
]

test('a store fills in its address, and what differs there is told', async ({ page }) => {
  await startDemo(page)
  const dialog = await openDestinationForm(page)
  const service = dialog.getByRole('combobox', { name: 'Service' })
  await service.selectOption({ label: 'Backblaze B2' })
  await expect(dialog.getByLabel('Endpoint')).toHaveValue('https://s3.us-west-004.backblazeb2.com')
  await expect(dialog.getByText('B2 refuses the checksum headers of S3')).toBeVisible()
  await dialog.getByLabel('Region').fill('eu-central-003')
  await expect(dialog.getByLabel('Endpoint')).toHaveValue('https://s3.eu-central-003.backblazeb2.com')
  await service.selectOption({ label: 'Amazon S3' })
  await expect(dialog.getByLabel('Endpoint')).toHaveCount(0)
  await dialog.getByText('How objects are kept').click()
  await dialog.getByRole('combobox', { name: 'Storage class' }).selectOption('GLACIER_IR')
  await dialog.getByRole('combobox', { name: 'Encryption by the server' }).selectOption('kms')
  await dialog.getByLabel('KMS key').fill('arn:aws:kms:eu-west-1:1:key/2')
  await dialog.getByLabel('Metadata').fill('two words=1')
  await dialog.getByLabel('Name', { exact: true }).fill('Cold')
  await dialog.getByLabel('Bucket', { exact: true }).fill('b')
  await dialog.getByText('Profile in ~/.aws').click()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('alert')).toContainText('“two words” cannot be the name of metadata')
  await dialog.getByLabel('Metadata').fill('Project = harbour')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('button', { name: 'Destination: Cold' })).toBeVisible()
  const saved = (await hello(page)).destinations.find(({ name }) => name === 'Cold')
  expect(saved).toMatchObject({
    provider: 'aws',
    endpoint: null,
    region: 'us-east-1',
    object: {
      storageClass: 'GLACIER_IR',
      encryption: { kind: 'kms', keyId: 'arn:aws:kms:eu-west-1:1:key/2' },
      metadata: { project: 'harbour' },
    },
  })
})

test('a test says what the server can do, and what is set goes with each object', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  await startDemo(page)
  const access = await demoAccess(page, workDir)
  const dialog = await openDestinationForm(page)
  await dialog.getByRole('combobox', { name: 'Service' }).selectOption({ label: 'MinIO' })
  await dialog.getByLabel('Name', { exact: true }).fill('Web')
  await dialog.getByLabel('Endpoint').fill(access.endpoint)
  await dialog.getByLabel('Bucket', { exact: true }).fill(access.bucket)
  await dialog.getByLabel('Region').fill(access.region)
  await dialog.getByLabel('Access key ID').fill(access.accessKeyId)
  await dialog.getByLabel('Secret access key').fill(access.secretAccessKey)
  await dialog.getByText('How objects are kept').click()
  await dialog.getByLabel('Cache control').fill('max-age=3600')
  await dialog.getByRole('button', { name: 'Test connection' }).click()
  const found = dialog.getByRole('region', { name: 'What this server can do' })
  await expect(found.getByText('It checks the CRC-32 of what it receives.')).toBeVisible()
  await expect(found.getByText('It refuses by itself to replace them (If-None-Match).')).toBeVisible()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const size of SIZES) {
      await page.setViewportSize(size)
      const { violations } = await new AxeBuilder({ page }).include('.dialog').disableRules(['region']).analyze()
      expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))])).toEqual([])
      await found.scrollIntoViewIfNeeded()
      await keepScreen(page, `destination-found-${colorScheme}-${size.width}`)
      await dialog.getByRole('combobox', { name: 'Service' }).scrollIntoViewIfNeeded()
      await keepScreen(page, `destination-form-${colorScheme}-${size.width}`)
    }
  }
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('button', { name: 'Destination: Web' })).toBeVisible()
  expect((await hello(page)).destinations.find(({ name }) => name === 'Web')).toMatchObject({
    provider: 'minio',
    found: { checksums: 'checked', conditionalWrites: 'honoured', listParts: true },
  })
  // The test left nothing behind.
  expect([...(await demo.list()).keys()]).toEqual([])

  await drop([await makeFile(workDir, 'poster.png', 1000)])
  await expect(rowOf(page, 'poster.png')).toHaveAttribute('data-phase', 'completed')
  expect(await demo.told('poster.png')).toEqual({ contentType: 'image/png', cacheControl: 'max-age=3600' })

  await test.step('another address: what was found there is forgotten', async () => {
    await page.getByRole('button', { name: 'Destination: Web' }).click()
    await page.getByRole('menuitem', { name: 'Edit destination…' }).click()
    const edit = page.getByRole('dialog', { name: 'Edit destination' })
    await expect(edit.getByRole('region', { name: 'What this server can do' })).toBeVisible()
    await edit.getByLabel('Endpoint').fill('http://127.0.0.1:9')
    await expect(edit.getByRole('region', { name: 'What this server can do' })).toHaveCount(0)
  })
})
