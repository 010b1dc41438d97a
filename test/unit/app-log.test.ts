import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keptLines } from '../../src/main/app/log.ts'

const ENTRY = fileURLToPath(new URL('../support/crash-entry.ts', import.meta.url))
const SECRET = 'a-secret-that-nobody-may-read'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const crash = (how: string) => spawnSync(process.execPath, [ENTRY, folder, SECRET, how], { encoding: 'utf8' })

it.each(['throw', 'promise'])('a crash (%s) tells its stack, in the log too, and no secret', (how) => {
  const { status, stdout, stderr } = crash(how)
  expect(status).toBe(7)
  expect(stderr).toContain('signing with [redacted]')
  expect(stderr).toContain('crash-entry.ts')
  const log = readFileSync(join(folder, 'sluice.log'), 'utf8')
  expect(log).toContain('signing with [redacted]')
  expect(log.trimEnd().split('\n')).toHaveLength(1)
  for (const text of [stdout, stderr, log])
    expect(text).not.toMatch(/nobody-may-read|0123456789abcdef|AKIAIOSFODNN7EXAMPLE/)
  if (process.platform !== 'win32') expect(statSync(join(folder, 'sluice.log')).mode & 0o077).toBe(0)
})

it('a log that has grown is set aside at the next start', () => {
  writeFileSync(join(folder, 'sluice.log'), 'x'.repeat(2 * 1024 * 1024))
  crash('throw')
  expect(statSync(join(folder, 'sluice.old.log')).size).toBe(2 * 1024 * 1024)
  expect(readFileSync(join(folder, 'sluice.log'), 'utf8')).toContain('signing with')
})

it('the last lines of a log are read again without what an older version had left in', () => {
  writeFileSync(join(folder, 'sluice.log'), `${'old\n'.repeat(500)}token=abcdefgh12345\n`)
  const lines = keptLines(folder)
  expect(lines).toHaveLength(200)
  expect(lines.at(-1)).toBe('token=[redacted]')
  expect(keptLines(join(folder, 'nowhere'))).toEqual([])
  expect(existsSync(join(folder, 'nowhere'))).toBe(false)
})
