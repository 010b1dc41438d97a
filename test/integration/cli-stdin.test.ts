import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { JsonLine } from '../support/cli.ts'
import { environmentFor } from '../support/cli.ts'
import { cliScene } from '../support/cli-scene.ts'
import { crc32Base64 } from '../support/sums.ts'

const scene = cliScene()
const MIB = 1024 ** 2
const ENTRY = fileURLToPath(new URL('../support/cli-entry.ts', import.meta.url))

const isProgress = (passes: (line: JsonLine) => boolean) => (line: JsonLine) => line.type === 'progress' && passes(line)

describe('sluice upload -', () => {
  it.each([0, 1, 8 * MIB, 25 * MIB + 3])('brings %i bytes over', async (length) => {
    const bytes = randomBytes(length)
    const run = scene.start(['upload', '-', scene.target('k'), '--json'])
    run.child.stdin.end(bytes)
    const { status, stderr, lines, of } = await run.ended
    expect([status, stderr]).toEqual([0, ''])
    expect(bytes.equals(await scene.far.bytes(`${scene.prefix}k`))).toBe(true)
    const key = `${scene.prefix}k`
    expect(of('queued')).toEqual([{ type: 'queued', path: '-', key, sizeBytes: null }])
    expect(of('transfer')).toEqual([
      {
        type: 'transfer',
        path: '-',
        key,
        phase: 'completed',
        sizeBytes: length,
        etag: expect.stringMatching(/^".+"$/),
        checksum: { algorithm: 'crc32', value: crc32Base64(bytes) },
        verified: 'checksum',
        resentBytes: 0,
      },
    ])
    expect(of('progress').at(-1)).toMatchObject({ sentBytes: length, confirmedBytes: length, totalBytes: length })
    expect(lines.at(-1)).toMatchObject({ type: 'summary', completed: 1, unfinished: 0, bytes: length })
  })

  it('follows a producer that takes its time, and does not say how much there will be', async () => {
    const run = scene.start(['upload', '-', scene.target('k'), '--json'])
    run.child.stdin.write('slow ')
    await run.until(isProgress(({ totalBytes }) => totalBytes === null))
    run.child.stdin.write('and ')
    await run.until(isProgress(() => true))
    run.child.stdin.end('steady')
    expect((await run.ended).status).toBe(0)
    expect(String(await scene.far.bytes(`${scene.prefix}k`))).toBe('slow and steady')
  })

  it('reads a file that the shell has opened, and tells people what it did', async () => {
    const bytes = randomBytes(9 * MIB)
    const fd = openSync(await scene.write('file', bytes), 'r')
    const child = spawn(process.execPath, [ENTRY, 'upload', '-', scene.target('k')], {
      env: { ...process.env, ...environmentFor(scene.server) },
      stdio: [fd, 'pipe', 'inherit'],
    })
    closeSync(fd)
    let stdout = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    expect(stdout).toMatch(
      /^completed {2}- → s3:\/\/demo\/t\d+\/k \(9\.44 MB, checksum verified\)\nUploaded 1 file, 9\.44 MB/,
    )
    expect(bytes.equals(await scene.far.bytes(`${scene.prefix}k`))).toBe(true)
  })

  it('keeps to the limit, and says what binds', async () => {
    const run = scene.start(['upload', '-', scene.target('k'), '--json', '--limit', '1 MiB/s'])
    run.child.stdin.end(randomBytes(3 * MIB))
    const { status, of } = await run.ended
    expect(status).toBe(0)
    const told = of('progress')
    expect(told.map(({ limitedBy }) => limitedBy)).toContain('global')
    const [first, last] = [told[0], told.at(-1)]
    const seconds = (Number(last?.atMs) - Number(first?.atMs)) / 1000
    // Only the upper side: a busy machine may make it slower, nothing may make it faster.
    expect((3 * MIB - Number(first?.sentBytes)) / seconds).toBeLessThan(1.05 * MIB)
  })

  it.each<[string, 'SIGINT' | 'SIGTERM']>([
    ['Ctrl-C', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
  ])('ends with %s although the producer is silent, and leaves nothing', async (_, signal) => {
    const run = scene.start(['upload', '-', scene.target('k'), '--json'])
    run.child.stdin.write(randomBytes(9 * MIB))
    await run.until(isProgress(({ confirmedBytes }) => confirmedBytes === 8 * MIB))
    run.child.kill(signal)
    const { status, stderr, of, lines } = await run.ended
    expect(status).toBe(130)
    expect(stderr).toBe('sluice: stopping: nothing is kept of standard input, since it cannot be read again.\n')
    expect(of('transfer')).toMatchObject([{ phase: 'cancelled', path: '-' }])
    expect(lines.at(-1)).toMatchObject({ type: 'summary', completed: 0, failed: 0, unfinished: 1 })
    expect(await scene.far.keys(scene.prefix)).toEqual([])
    expect(await scene.far.openUploads()).toEqual([])
  })

  it('leaves an object alone that is there, and says how to replace it', async () => {
    await scene.far.put(`${scene.prefix}k`, 'old')
    const refused = scene.start(['upload', '-', scene.target('k')])
    refused.child.stdin.end('new')
    const { status, stderr } = await refused.ended
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^sluice: -: An object with this key exists already.*; --on-exists overwrite replaces it, keep-both takes another name\.\n$/,
    )
    expect(String(await scene.far.bytes(`${scene.prefix}k`))).toBe('old')
    const replaced = scene.start(['upload', '-', scene.target('k'), '--on-exists', 'overwrite'])
    replaced.child.stdin.end('new')
    expect((await replaced.ended).status).toBe(0)
    expect(String(await scene.far.bytes(`${scene.prefix}k`))).toBe('new')
  })

  it('of a folder is one sentence, and nothing is completed', async () => {
    const fd = openSync(scene.dir, 'r')
    const child = spawn(process.execPath, [ENTRY, 'upload', '-', scene.target('k')], {
      env: { ...process.env, ...environmentFor(scene.server) },
      stdio: [fd, 'ignore', 'pipe'],
    })
    closeSync(fd)
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1)
    expect(stderr).toMatch(/^sluice: -: Standard input could not be read to its end \(EISDIR\)[^\n]*\n$/)
    expect(await scene.far.keys(scene.prefix)).toEqual([])
  })

  it('without a whole key: one sentence, exit 2, no request', async () => {
    const before = scene.server.log.length
    const { status, stderr } = await scene.run(['upload', '-', scene.target()])
    expect(status).toBe(2)
    expect(stderr).toMatch(/has no name/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(scene.server.log.length).toBe(before)
  })

  it('to a server that is not there ends, and does not wait for the producer', async () => {
    const run = scene.start(['upload', '-', scene.target('k'), '--endpoint', 'http://127.0.0.1:1'])
    const { status, stderr } = await run.ended
    expect(status).toBe(1)
    expect(stderr).toMatch(/refused/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
