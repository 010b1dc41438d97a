import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { findBrowser, thisMachine } from './app/find-browser.ts'
import { ensureBuilt, PROJECT } from './start/built.ts'
import type { Choice, Probes } from './start/choose-shell.ts'
import { chooseBrowser, chooseShell } from './start/choose-shell.ts'
import { canInstallPackages, installPackages } from './start/debian.ts'
import { electronBinary, fetchElectron } from './start/electron-binary.ts'

/** `npm start`: builds, picks the shell for this machine, says which and why, and opens it. */

/** `npm start -- file…` */
const files = process.argv.slice(2)
const electronPackage = join(PROJECT, 'node_modules/electron')
/** What a process answers whose shared libraries are missing. */
const EXIT_CANNOT_START = 127

const probes: Probes = {
  hasDisplay: () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY),
  electronIsInstalled: () => electronBinary(electronPackage, process.env) !== null,
  fetchElectron: fetchWithProgress,
  findBrowser: () => findBrowser(thisMachine),
  canInstallChromium: canInstallPackages,
  installChromium: async () => {
    console.log('Installing chromium with apt-get.')
    return installPackages(['chromium'])
  },
}

if (!ensureBuilt()) {
  console.error('Sluice could not be built; the reason stands above.')
  process.exit(1)
}
let choice = await chooseShell(probes)
let exitCode = await open(choice)
if (choice.shell === 'electron' && exitCode === EXIT_CANNOT_START) {
  choice = await chooseBrowser(probes, "Electron's binary cannot start on this system")
  exitCode = await open(choice)
}
process.exit(exitCode)

function open(choice: Choice): Promise<number> {
  switch (choice.shell) {
    case 'electron': {
      console.log(`Opening Sluice in Electron: ${choice.why}.`)
      // Chromium's sandbox refuses to run as root.
      const args = process.getuid?.() === 0 ? ['--no-sandbox', PROJECT] : [PROJECT]
      return run(electronBinary(electronPackage, process.env) ?? 'electron', [...args, ...files], {})
    }
    case 'chromium':
      console.log(`Opening Sluice in ${choice.executablePath}: ${choice.why}.`)
      return run(process.execPath, [join(PROJECT, 'out/main/chromium.js'), ...files], {
        SLUICE_BROWSER: choice.executablePath,
      })
    case 'terminal-demo':
      console.log(`Running the demo in this terminal: ${choice.why}.`)
      return run(process.execPath, [join(PROJECT, 'out/main/cli.js'), 'demo'], {})
    case 'none':
      console.error(`Sluice cannot open a window: ${choice.why}`)
      return Promise.resolve(1)
  }
}

/** Runs to the end and gives its exit code. Ctrl-C reaches the child by itself, which decides what it means. */
function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  const onInterrupt = () => {}
  const onTerminate = () => child.kill('SIGTERM')
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate)
  return new Promise((resolve) => {
    child.on('error', () => resolve(EXIT_CANNOT_START))
    child.on('exit', (code, signal) => {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1))
    })
  })
}

async function fetchWithProgress(): Promise<string | null> {
  const abort = new AbortController()
  const onInterrupt = () => abort.abort()
  process.once('SIGINT', onInterrupt)
  console.log("Fetching Electron's binary; Ctrl-C goes on without it.")
  try {
    return await fetchElectron({
      packageDir: electronPackage,
      signal: abort.signal,
      onProgress: (receivedBytes, totalBytes) => {
        const of = totalBytes === null ? '' : ` of ${megabytes(totalBytes)}`
        const line = `${megabytes(receivedBytes)}${of} MB`
        if (process.stdout.isTTY) process.stdout.write(`\r  ${line}${receivedBytes === totalBytes ? '\n' : ''}`)
        else console.log(`  ${line}`)
      },
    })
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
