import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from './harness.ts'

/** `npm start` itself, on a machine that cannot fetch Electron: nothing listens at the mirror it is given. */

const PROJECT = join(import.meta.dirname, '../..')

interface Started {
  readonly child: ChildProcess
  /** All that it has said so far. */
  text(): string
}

function npmStart(env: Readonly<Record<string, string | undefined>>): Started {
  const child = spawn(process.execPath, [join(PROJECT, 'src/main/start.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ELECTRON_MIRROR: 'http://127.0.0.1:59999/', ...env },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk
    })
  }
  return { child, text: () => text }
}

const exitOf = (child: ChildProcess) =>
  new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(child.exitCode)))

test.beforeEach(({ shell }) => {
  test.skip(shell === 'electron', 'npm start picks its shell itself, so once is enough')
})

test('npm start falls back to Chromium, says why, and ends on SIGTERM', async ({ workDir }) => {
  test.skip(process.platform !== 'linux', 'needs a display that a test may use')
  const cache = join(workDir, 'no-cache')
  const { child, text } = npmStart({ XDG_STATE_HOME: workDir, electron_config_cache: cache })
  await expect.poll(text).toMatch(/Opening Sluice in \S+: Electron's binary cannot be fetched \(ECONNREFUSED\)\./)
  await expect.poll(text).toContain('The window is open')
  child.kill('SIGTERM')
  expect(await exitOf(child)).toBe(0)
})

test('npm start runs the demo in the terminal where there is no display', async () => {
  test.skip(process.platform !== 'linux', 'other systems always have one')
  const { child, text } = npmStart({ DISPLAY: undefined, WAYLAND_DISPLAY: undefined })
  const code = await exitOf(child)
  expect(text()).toContain('Running the demo in this terminal: this machine has no display.')
  expect(code, text()).toBe(0)
})
