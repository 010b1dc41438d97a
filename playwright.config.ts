import { join } from 'node:path'
import { defineConfig } from 'playwright/test'
import type { ShellOptions } from './test/e2e/harness.ts'

// The app's threads and processes load the same modules for each test.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/node')

/** The same specs in both shells. Where Electron's binary is missing, its half is reported as skipped. */
export default defineConfig<ShellOptions>({
  testDir: 'test/e2e',
  outputDir: 'artifacts/test-results',
  // Hang guards, not measurements.
  timeout: 300_000,
  expect: { timeout: 90_000 },
  use: { actionTimeout: 90_000 },
  // Each test has a browser, an engine and a server of its own, and waits for them half of its time.
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  projects: [
    { name: 'chromium', use: { shell: 'chromium' } },
    { name: 'electron', use: { shell: 'electron' } },
  ],
})
