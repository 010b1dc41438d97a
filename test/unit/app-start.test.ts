import { describe, expect, it } from 'vitest'
import type { Machine } from '../../src/main/app/find-browser.ts'
import { findBrowser } from '../../src/main/app/find-browser.ts'
import type { Probes } from '../../src/main/start/choose-shell.ts'
import { chooseShell } from '../../src/main/start/choose-shell.ts'

/** A machine with a display and nothing else: no Electron, no browser, no right to install one. */
const bare: Probes = {
  hasDisplay: () => true,
  electronIsInstalled: () => false,
  fetchElectron: async () => "Electron's binary cannot be fetched (ENOTFOUND)",
  findBrowser: () => null,
  canInstallChromium: () => false,
  installChromium: async () => 'not allowed',
}

describe('npm start', () => {
  it('runs the terminal demo without a display, and fetches nothing', async () => {
    const fetchElectron = () => Promise.reject(new Error('fetched'))
    expect(await chooseShell({ ...bare, hasDisplay: () => false, fetchElectron })).toEqual({
      shell: 'terminal-demo',
      why: 'this machine has no display',
    })
  })

  it('takes an installed Electron without asking the network', async () => {
    const fetchElectron = () => Promise.reject(new Error('fetched'))
    const choice = await chooseShell({ ...bare, electronIsInstalled: () => true, fetchElectron })
    expect(choice).toEqual({ shell: 'electron', why: 'its binary is installed' })
  })

  it('fetches Electron where it is missing', async () => {
    const choice = await chooseShell({ ...bare, fetchElectron: async () => null })
    expect(choice).toEqual({ shell: 'electron', why: 'its binary has just been fetched' })
  })

  it('falls back to an installed browser and says why', async () => {
    expect(await chooseShell({ ...bare, findBrowser: () => '/usr/bin/chromium' })).toEqual({
      shell: 'chromium',
      executablePath: '/usr/bin/chromium',
      why: "Electron's binary cannot be fetched (ENOTFOUND)",
    })
  })

  it('installs Chromium as root on Debian when there is no browser', async () => {
    let installed = false
    const choice = await chooseShell({
      ...bare,
      findBrowser: () => (installed ? '/usr/bin/chromium' : null),
      canInstallChromium: () => true,
      installChromium: async () => {
        installed = true
        return null
      },
    })
    expect(choice).toMatchObject({ shell: 'chromium', executablePath: '/usr/bin/chromium' })
  })

  it.each([
    ['nothing may be installed', {}, 'there is no Chromium, Chrome or Edge here'],
    [
      'the installation fails',
      { canInstallChromium: () => true, installChromium: async () => 'apt-get update failed' },
      'apt-get update failed',
    ],
    [
      'the installation brings nothing',
      { canInstallChromium: () => true, installChromium: async () => null },
      'still missing',
    ],
  ])('ends with one sentence when %s', async (_case, change, reason) => {
    const choice = await chooseShell({ ...bare, ...change })
    expect(choice.shell).toBe('none')
    expect(choice.why).toContain(reason)
    expect(choice.why).toMatch(/^Electron's [^\n]+ run npm start again\.$/)
  })
})

describe('the search for a browser', () => {
  const machine = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv, ...there: string[]): Machine => ({
    platform,
    env,
    isExecutable: (path) => there.includes(path),
  })

  it.each([
    [
      'Chromium before Chrome',
      machine('linux', { PATH: '/opt:/usr/bin' }, '/opt/google-chrome', '/usr/bin/chromium'),
      '/usr/bin/chromium',
    ],
    [
      'Edge when it is alone',
      machine('linux', { PATH: '/usr/bin' }, '/usr/bin/microsoft-edge'),
      '/usr/bin/microsoft-edge',
    ],
    [
      'the named copy',
      machine('linux', { PATH: '/usr/bin', SLUICE_BROWSER: '/x/chrome' }, '/usr/bin/chromium', '/x/chrome'),
      '/x/chrome',
    ],
    [
      'nothing when the named copy is missing',
      machine('linux', { PATH: '/usr/bin', SLUICE_BROWSER: '/x' }, '/usr/bin/chromium'),
      null,
    ],
    [
      'Chrome on a Mac',
      machine('darwin', { HOME: '/Users/a' }, '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'),
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    ['nothing where nothing is', machine('win32', {}), null],
  ])('finds %s', (_what, where, path) => {
    expect(findBrowser(where)).toBe(path)
  })
})
