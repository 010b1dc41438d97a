import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/** The keyring of the system, for real: GNOME Keyring in a session bus of its own, and a machine that has none. */

const ENTRY = fileURLToPath(new URL('../support/keyring-session.ts', import.meta.url))
const has = (program: string) => spawnSync('which', [program]).status === 0
const hasKeyring = process.platform === 'linux' && has('dbus-run-session') && has('gnome-keyring-daemon')

function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const { DBUS_SESSION_BUS_ADDRESS: _, ...rest } = process.env
  return { ...rest, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: join(home, 'data') }
}

function linesOf(script: string, home: string): unknown[] {
  const inBus = [
    '--',
    'bash',
    '-c',
    `echo -n login | gnome-keyring-daemon --unlock --components=secrets >/dev/null; ${script}`,
  ]
  const printed = execFileSync('dbus-run-session', inBus, {
    env: cleanEnvironment(home),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return printed
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

it.skipIf(!hasKeyring)('keeps keys from one process to the next, encrypted, until they are removed', () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice-keyring-'))
  const run = (words: string) => `'${process.execPath}' '${ENTRY}' ${words}`
  try {
    const steps = ['put mine kept-in-the-keyring', 'get mine', 'get other', 'remove mine', 'get mine'].map(run)
    const empty = { place: 'keyring', secret: null, troubles: [] }
    expect(linesOf(steps.join(' && '), home)).toEqual([
      { ...empty, secret: 'kept-in-the-keyring' },
      { ...empty, secret: 'kept-in-the-keyring' },
      empty,
      empty,
      empty,
    ])
    linesOf(run('put mine kept-in-the-keyring'), home)
    const files = readdirSync(join(home, 'data/keyrings')).map((name) =>
      readFileSync(join(home, 'data/keyrings', name)),
    )
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(file.includes('kept-in-the-keyring')).toBe(false)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
})

it.skipIf(process.platform !== 'linux')(
  'asks in each session where there is no keyring, without a word of trouble',
  () => {
    const home = mkdtempSync(join(tmpdir(), 'sluice-no-keyring-'))
    try {
      const printed = execFileSync(process.execPath, [ENTRY, 'put', 'mine', 'only-in-memory'], {
        env: cleanEnvironment(home),
      })
      expect(JSON.parse(printed.toString())).toEqual({ place: 'session', secret: 'only-in-memory', troubles: [] })
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  },
)
