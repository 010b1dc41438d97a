import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright/test'
import { test as base, expect } from 'playwright/test'
import { electronBinary } from '../../src/main/start/electron-binary.ts'
import { DemoReader } from './support-demo.ts'
import { dropFiles } from './support-drop.ts'
import type { RunningShell } from './support-launch.ts'
import { launchChromium, launchElectron } from './support-launch.ts'

export { expect } from 'playwright/test'

/** Set by the project in playwright.config.ts. */
export interface ShellOptions {
  shell: 'chromium' | 'electron'
  /** Large drops show what would come of them first; off, so that specs of other things go on. */
  asksBeforeUpload: boolean
}

interface Fixtures {
  /** A folder of the test's own, removed after it; put files to upload here. */
  workDir: string
  /** The app in its shell, on fresh settings. `running.page()` is the window of the moment, after a reopening too. */
  running: RunningShell
  /** The first window. */
  page: Page
  /** Drops files and folders, by absolute path, on the middle of the window, as a file manager does. */
  drop: (paths: readonly string[]) => Promise<void>
  /** Reads what arrived in the demo bucket. Usable once the window has started it. */
  demo: DemoReader
  /** Keeps a screenshot of a screen under artifacts/screens/<shell>/. */
  keepScreenshot: (name: string) => Promise<void>
}

const PROJECT = join(import.meta.dirname, '../..')

/**
 * `test` for windows. Every page error and every message about the Content-Security-Policy fails the test that
 * caused it.
 */
export const test = base.extend<Fixtures & ShellOptions>({
  shell: ['chromium', { option: true }],
  asksBeforeUpload: [false, { option: true }],

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from this pattern which fixtures are needed.
  workDir: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'))
    await use(folder)
    // A browser on its way out may still be writing to its profile.
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
  },

  running: async ({ shell, workDir, asksBeforeUpload }, use, testInfo) => {
    const electron = electronBinary(join(PROJECT, 'node_modules/electron'), process.env)
    testInfo.skip(shell === 'electron' && electron === null, "Electron's binary is not on this machine")
    const complaints: string[] = []
    const options = {
      dataDir: join(workDir, 'data'),
      onComplaint: (text: string) => complaints.push(text),
      asksBeforeUpload,
    }
    const running = shell === 'electron' ? await launchElectron(electron ?? '', options) : await launchChromium(options)
    await use(running)
    await running.close()
    expect(complaints).toEqual([])
  },

  page: async ({ running }, use) => {
    await use(running.page())
  },

  drop: async ({ running }, use) => {
    await use((paths) => dropFiles(running.page(), paths))
  },

  demo: async ({ running, workDir }, use) => {
    await use(new DemoReader(running, join(workDir, 'data/demo-bucket')))
  },

  keepScreenshot: async ({ running, shell }, use) => {
    const folder = join(PROJECT, 'artifacts/screens', shell)
    await mkdir(folder, { recursive: true })
    await use(async (name) => {
      await running.page().screenshot({ path: join(folder, `${name}.png`) })
    })
  },
})
