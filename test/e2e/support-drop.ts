import type { Page } from 'playwright/test'

/** Chromium follows a drag by its own clock; faster steps are merged or lost. */
const STEP_MS = 150

type Step = 'dragEnter' | 'dragOver' | 'drop' | 'dragCancel'

/** A real drop of files and folders: `locator.drop()` gives no path and refuses folders. */
export async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  await drag(page, paths, ['dragEnter', 'dragOver', 'drop'])
}

/** Holds files over the middle of the window until `leave`, which takes them away again. */
export async function hoverFiles(page: Page, paths: readonly string[]): Promise<{ leave: () => Promise<void> }> {
  await drag(page, paths, ['dragEnter', 'dragOver'])
  return { leave: () => drag(page, paths, ['dragCancel']) }
}

async function drag(page: Page, paths: readonly string[], steps: readonly Step[]): Promise<void> {
  const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: innerHeight }))
  const cdp = await page.context().newCDPSession(page)
  const data = { items: [], files: [...paths], dragOperationsMask: 1 }
  for (const type of steps) {
    await cdp.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data })
    await page.waitForTimeout(STEP_MS)
  }
  await cdp.detach()
}
