import type { Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { hello, makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

/** What a person sees of Sluice while the window is behind others. */

test('the title tells the rate, or why nothing moves', async ({ page, drop, workDir }) => {
  await expect(page).toHaveTitle('Sluice')
  await startDemo(page)
  await typeLimit(page, '2 MB/s')
  await drop([await makeFile(workDir, 'film.mov', 60e6)])
  await expect(page).toHaveTitle(/^[\d.]+ [KM]B\/s · Sluice$/)
  await page.getByRole('button', { name: 'Pause all' }).click()
  await expect(page).toHaveTitle('Paused · Sluice')
  await page.getByRole('button', { name: 'Resume all' }).click()
  await typeLimit(page, 'unlimited')
  await expect(rowOf(page, 'film.mov')).toHaveAttribute('data-phase', 'completed')
  await expect(page).toHaveTitle('Sluice')
})

test('a batch that ends behind other windows is told once by the browser, for those who wished it', async ({
  page,
  drop,
  shell,
  running,
  workDir,
}) => {
  test.skip(shell === 'electron', 'there the desktop tells it')
  const origin = new URL(page.url()).origin
  const wish = async () => {
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Notify me when a batch ends' }).click()
    await page.keyboard.press('Escape')
  }
  await recordNotifications(page)
  await startDemo(page)

  await test.step('a browser that refuses is told in one sentence', async () => {
    await page.context().grantPermissions(['geolocation'], { origin })
    await wish()
    await expect(page.getByText(/^The browser does not allow notifications/).first()).toBeVisible()
    expect((await hello(page)).settings.notifyBatchEnd).toBe(false)
  })

  await page.context().grantPermissions(['notifications'], { origin })
  await wish()
  await expect.poll(async () => (await hello(page)).settings.notifyBatchEnd).toBe(true)

  await test.step('nothing is told to somebody who looks at the window', async () => {
    await drop([await makeFile(workDir, 'seen.bin', 100)])
    await expect(rowOf(page, 'seen.bin')).toHaveAttribute('data-phase', 'completed')
  })

  await test.step('one notification for three files', async () => {
    const cdp = await page.context().newCDPSession(page)
    const { windowId } = await cdp.send('Browser.getWindowForTarget')
    await cdp.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'minimized' } })
    await expect.poll(() => page.evaluate(() => document.hasFocus())).toBe(false)
    const paths = await Promise.all(['a.bin', 'b.bin', 'c.bin'].map((name) => makeFile(workDir, name, 100)))
    const { settings } = await hello(page)
    await running.call('addPaths', { paths, destinationId: settings.selectedDestinationId ?? '' })
    await expect.poll(() => notified(page)).toEqual(['Upload finished: 3 files uploaded.'])
  })
})

/** The page's notifications as they are made; they are shown all the same. */
async function recordNotifications(page: Page): Promise<void> {
  await page.evaluate(() => {
    const told: string[] = []
    const Real = Notification
    globalThis.Notification = class extends Real {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options)
        told.push(`${title}: ${options?.body}`)
      }
    }
    Object.assign(globalThis, { notified: told })
  })
}

async function notified(page: Page): Promise<readonly string[]> {
  return await page.evaluate(() => (globalThis as unknown as { notified: string[] }).notified)
}
