import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Only root may install packages, and only Debian and its kin have apt-get. */
export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

/** Installs Debian packages, with apt's output on stderr. Null when done, otherwise half a sentence. */
export function installPackages(names: readonly string[]): string | null {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...names]]) {
    const { status } = spawnSync('apt-get', ['--quiet', ...args], { stdio: ['ignore', 2, 2], env })
    if (status !== 0) return `apt-get ${args[0]} failed`
  }
  return null
}
