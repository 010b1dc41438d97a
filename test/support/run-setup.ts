import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { canInstallPackages, installPackages } from '../../src/main/start/debian.ts'

/** What the tests need from the system, each with the file that proves it is there. */
const DEBIAN_PACKAGES: Readonly<Record<string, string>> = {
  chromium: '/usr/bin/chromium',
  xvfb: '/usr/bin/Xvfb',
  awscli: '/usr/bin/aws',
  rclone: '/usr/bin/rclone',
  radosgw: '/usr/bin/radosgw',
  'ceph-mon': '/usr/bin/ceph-mon',
  'ceph-osd': '/usr/bin/ceph-osd',
  'ceph-common': '/usr/bin/ceph',
}

/**
 * Null when everything is there, now or after installing it; otherwise one sentence with the line to run. Only Linux is
 * asked for these packages: elsewhere the tests that need them say that they are skipped.
 */
export function setUpSystem(): string | null {
  if (process.platform !== 'linux') return null
  const missing = Object.keys(DEBIAN_PACKAGES).filter((name) => !existsSync(DEBIAN_PACKAGES[name] ?? ''))
  if (missing.length === 0) return null
  const line = `apt-get update && apt-get install --yes --no-install-recommends ${missing.join(' ')}`
  if (!canInstallPackages()) return `The tests need more than this machine has; as root on Debian, run: ${line}`
  console.log(`Installing ${missing.join(', ')}.`)
  const failure = installPackages(missing)
  return failure === null ? null : `The tests need ${missing.join(', ')}, and ${failure}; to try by hand: ${line}`
}

export interface Display {
  /** What to add to the environment of whatever opens windows. */
  readonly env: Readonly<Record<string, string>>
  readonly server: ChildProcess | null
}

/** The display of the session, or a virtual one on Linux without any. */
export async function openDisplay(): Promise<Display> {
  if (process.platform !== 'linux' || process.env.DISPLAY) return { env: {}, server: null }
  // Xvfb looks for a free number itself and writes it to the given descriptor.
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const number = await new Promise<string>((resolve, reject) => {
    server.on('error', reject)
    server.on('exit', () => reject(new Error('Xvfb ended before it had a display')))
    server.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
  })
  return { env: { DISPLAY: `:${number}` }, server }
}
