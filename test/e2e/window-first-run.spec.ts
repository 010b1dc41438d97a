import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { keepScreen, makeFile, rowOf, startDemo } from './window-page.ts'

const steps = (page: Page) => page.getByRole('list', { name: 'First steps' })
const step = (page: Page) => steps(page).locator('[aria-current="step"]')

for (const scheme of ['light', 'dark'] as const) {
  test(`three steps lead from nothing to a verified object, by keyboard, ${scheme}`, async ({ page, demo }) => {
    await page.emulateMedia({ colorScheme: scheme })
    await page.setViewportSize({ width: 900, height: 600 })
    await expect(step(page)).toHaveText(/Choose where files go/)
    await expectClean(page)
    await keepScreen(page, `first-run-1-${scheme}`)

    await page.getByRole('button', { name: /^Try the demo bucket/ }).press('Enter')
    await expect(step(page)).toHaveText(/Drop a file, or send the sample/)
    await expectClean(page)
    await keepScreen(page, `first-run-2-${scheme}`)

    await page.getByRole('button', { name: 'Send a sample file' }).press('Enter')
    await expect(step(page)).toHaveText(/See it verified/)
    await expect(page.getByText('1 file is in Demo bucket, and the server has confirmed every byte.')).toBeVisible()
    await expect(rowOf(page, 'sluice-sample.txt')).toContainText('checksum verified')
    expect((await demo.list()).get('sluice-sample.txt')).toBeGreaterThanOrEqual(2_000_000)
    await expectClean(page)
    await keepScreen(page, `first-run-3-${scheme}`)

    await page.getByRole('button', { name: 'Got it' }).press('Enter')
    await expect(steps(page)).toBeHidden()
  })
}

test('the steps are not shown again once there is a destination', async ({ page }) => {
  await startDemo(page)
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Drop files or folders here' })).toBeVisible()
  await expect(steps(page)).toBeHidden()
})

test('offline is told while it lasts', async ({ page }) => {
  const banner = page.getByText(/^This computer is offline/)
  await page.context().setOffline(true)
  await expect(banner).toBeVisible()
  await expectClean(page)
  await keepScreen(page, 'offline')
  await page.context().setOffline(false)
  await expect(banner).toBeHidden()
})

test('files that the program was started with wait for a destination, and then go', async ({
  page,
  running,
  workDir,
  demo,
}) => {
  test.skip(running.chromium === null, 'Electron is told by its own events')
  running.chromium?.app.openPaths([await makeFile(workDir, 'argument.bin', 1000)])
  await expect(page.getByText('1 item ready to go. Choose where to.')).toBeVisible()
  await startDemo(page)
  await expect(rowOf(page, 'argument.bin')).toHaveAttribute('data-phase', 'completed')
  expect((await demo.list()).get('argument.bin')).toBe(1000)
})

async function expectClean(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).disableRules(['region']).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
}
