import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Locator, Page } from 'playwright/test'
import { expect, test as windowTest } from './harness.ts'
import { dropFiles } from './support-drop.ts'
import { watchEngines } from './support-engine.ts'
import type { LaunchOptions, RunningShell } from './support-launch.ts'
import { launchChromium } from './support-launch.ts'
import { keepScreen, makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

/** Windows that a test opens itself, on a data folder that it has prepared. */
const test = windowTest.extend<{ launch: (options?: Partial<LaunchOptions>) => Promise<RunningShell> }>({
  launch: async ({ shell, workDir }, use, testInfo) => {
    testInfo.skip(shell !== 'chromium', 'the host must live in this process')
    const running: RunningShell[] = []
    const complaints: string[] = []
    await use(async (options = {}) => {
      const onComplaint = (text: string) => complaints.push(text)
      const shell = await launchChromium({ dataDir: join(workDir, 'data'), onComplaint, ...options })
      let closing: Promise<void> | null = null
      const once = { ...shell, close: () => (closing ??= shell.close()) }
      running.push(once)
      return once
    })
    for (const shell of running) await shell.close()
    expect(complaints).toEqual([])
  },
})

const banners = (page: Page) => page.getByRole('region', { name: 'What is wrong' })

/** Pictures in both themes and sizes, and axe on each theme. */
async function look(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const size of [
      { width: 900, height: 600 },
      { width: 1280, height: 800 },
    ]) {
      await page.setViewportSize(size)
      await keepScreen(page, `${name}-${colorScheme}-${size.width}`)
    }
    const { violations } = await new AxeBuilder({ page }).include('.banners').disableRules(['region']).analyze()
    expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ target }) => target.join(' '))])).toEqual([])
  }
}

test('settings that were set aside are told until they are dismissed', async ({ launch, workDir }) => {
  const dataDir = join(workDir, 'data')
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'settings.json'), '{"appearance": "dar')
  const page = (await launch()).page()
  const banner = banners(page).getByRole('status')
  await expect(banner).toContainText('Your settings file could not be read')
  const aside = /settings\.corrupt-[\w.-]+\.json/.exec((await banner.textContent()) ?? '')?.[0] ?? ''
  expect(existsSync(join(dataDir, aside))).toBe(true)
  await look(page, 'banner-set-aside')
  await banner.getByRole('button', { name: 'Dismiss' }).click()
  await expect(banners(page)).toHaveCount(0)
})

test('an engine that ends is started again and goes on; one that ends again and again is told, with its remedy', async ({
  launch,
  workDir,
}) => {
  const endEngine = watchEngines()
  const running = await launch()
  const page = running.page()
  await startDemo(page)
  await typeLimit(page, '1 MB/s')
  await dropFiles(page, [await makeFile(workDir, 'long.bin', 40e6)])
  const row = rowOf(page, 'long.bin')
  await expect(row).toHaveAttribute('data-phase', 'uploading')

  // As after a long run: the new engine counts its patches from the beginning, the window has seen many.
  const viewport = { firstIndex: 0, count: 60, filter: 'all', sort: { by: 'queue', descending: false } } as const
  for (let patch = 0; patch < 2_000; patch++) await running.call('subscribe', viewport)

  await test.step('it goes on by itself', async () => {
    const seen = await recordBanners(page)
    endEngine()
    await expect(page.getByRole('region', { name: 'Notices' })).toContainText('Uploads go on from where they were')
    expect(await seen()).toContainEqual(expect.stringMatching(/^Uploads were interrupted: .*They are started again/))
    await expect(banners(page)).toHaveCount(0)
    await expect(row).toHaveAttribute('data-phase', 'uploading')
  })

  await test.step('and the window follows the new one', async () => {
    await row.hover()
    await row.getByRole('button', { name: 'Pause' }).click()
    await expect(row).toHaveAttribute('data-phase', 'paused')
    await row.getByRole('button', { name: 'Resume' }).click()
    await expect(row).toHaveAttribute('data-phase', 'uploading')
  })

  await test.step('until it ends too often', async () => {
    const banner = banners(page).getByRole('alert')
    await expect(async () => {
      endEngine()
      await expect(banner).toContainText('Uploads have ended', { timeout: 2_000 })
    }).toPass()
    await expect(banner).toContainText('goes on when Sluice is started again')
    await expect(page.getByText('0 B/s', { exact: true })).toBeVisible()
    await look(page, 'banner-dead')
    await banner.getByRole('button', { name: 'Save a report' }).click()
    await expect(page.getByText(/sluice-diagnostics/)).toBeVisible()
  })

  await test.step('a window that opens now is told the same', async () => {
    await page.reload()
    await expect(banners(page).getByRole('alert')).toContainText('Uploads have ended')
    await expect(page.getByRole('button', { name: 'Destination: Demo bucket' })).toBeVisible()
  })
})

test('a full disk is told, and room that is made lets uploads go on', async ({ launch, workDir }) => {
  const dataDir = join(workDir, 'data')
  const folders = [join(workDir, 'first'), join(workDir, 'second')] as const
  for (const folder of folders) {
    await mkdir(folder)
    for (let index = 0; index < 1_500; index++) await writeFile(join(folder, `${index}.txt`), `file ${index}`)
  }
  const before = await launch()
  await startDemo(before.page())
  await dropFiles(before.page(), [folders[0]])
  await expect(before.page().getByRole('button', { name: 'Done 1,500' })).toBeVisible()
  await before.close()

  const pages = statSync(join(dataDir, 'journal.db')).size / 4096
  const page = (await launch({ journalMaxPages: pages + 8 })).page()
  await expect(page.getByRole('button', { name: 'Destination: Demo bucket' })).toBeVisible()
  await dropFiles(page, [folders[1]])
  const banner: Locator = banners(page).getByRole('alert')
  await expect(banner).toContainText('Nothing new is uploaded, since the journal cannot be written')
  await expect(banner).toContainText('when there is room')
  await look(page, 'banner-full')
  await banner.getByRole('button', { name: 'Forget old batches…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Forget first', exact: false }).click()
  await page.keyboard.press('Escape')
  await expect(banners(page)).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Done 1,500' })).toBeVisible()
})

/** Every sentence that a banner shows from now on, however briefly. */
async function recordBanners(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen: string[] = []
    Object.assign(globalThis, { seenBanners: seen })
    new MutationObserver(() => {
      for (const one of document.querySelectorAll('.banner p')) seen.push(one.textContent ?? '')
    }).observe(document.body, { childList: true, subtree: true })
  })
  return () => page.evaluate(() => (globalThis as unknown as { seenBanners: string[] }).seenBanners)
}
