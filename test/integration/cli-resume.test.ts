import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readReceipt } from '../../src/main/app/receipts.ts'
import type { CliProcess } from '../support/cli.ts'
import { cliScene } from '../support/cli-scene.ts'

const scene = cliScene()
const MIB = 1024 ** 2
const PARTS = ['--part-size', '5MiB', '--multipart-threshold', '5MiB']
const ZEROS = { completed: 0, failed: 0, skipped: 0, unfinished: 0, bytes: 0, resentBytes: 0, requests: 0 }

/** 20 small files and one of four parts. */
async function makeFiles(): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map([['large', randomBytes(18 * MIB)]])
  for (let n = 0; n < 20; n++) files.set(`small-${n}`, randomBytes(1 + n * 100))
  for (const [name, bytes] of files) await scene.write(`files/${name}`, bytes)
  return files
}

/** An upload with two parts done and two on their way, which the server does not take until `letGo`. */
async function underWay(...flags: string[]): Promise<CliProcess> {
  const hold = { kind: 'delay', ms: 3_600_000 } as const
  scene.server.setFaults([3, 4].map((partNumber) => ({ on: 'UploadPart', partNumber, times: null, do: hold })))
  const run = scene.start(['upload', 'files/', scene.target(), '--json', '--connections', '2', ...PARTS, ...flags])
  await run.until(({ type, confirmedBytes }) => type === 'progress' && Number(confirmedBytes) >= 10 * MIB)
  return run
}

const letGo = () => scene.server.setFaults([])

async function killed(...flags: string[]): Promise<void> {
  const run = await underWay(...flags)
  run.child.kill('SIGKILL')
  await run.ended
  letGo()
}

/** Those of this test: the tests share the bucket. */
async function openUploads(): Promise<string[]> {
  return (await scene.far.openUploads()).filter((key) => key.startsWith(scene.prefix))
}

async function expectAllThere(files: ReadonlyMap<string, Buffer>): Promise<void> {
  expect(await scene.far.keys(scene.prefix)).toEqual([...files.keys()].map((name) => scene.prefix + name).sort())
  for (const [name, bytes] of files) expect(bytes.equals(await scene.far.bytes(scene.prefix + name)), name).toBe(true)
  expect(await openUploads()).toEqual([])
}

describe('sluice resume', () => {
  it('with nothing to do ends well, with a summary of zeros', async () => {
    const { status, lines, stderr } = await scene.run(['resume', '--json'])
    expect([status, stderr]).toEqual([0, ''])
    expect(lines).toEqual([expect.objectContaining({ type: 'summary', ...ZEROS })])
    expect((await scene.run(['resume', '--data-dir', 'nowhere'])).status).toBe(0)
    expect(await fs.readdir(scene.dir)).not.toContain('nowhere')
  })

  it('goes on after a kill -9, sends no finished part again, and leaves nothing behind', async () => {
    const files = await makeFiles()
    const before = scene.server.log.length
    await killed('--receipt', 'r.csv')
    expect(await scene.runs()).toHaveLength(1)
    const { status, stderr, of } = await scene.run(['resume', '--json', '--receipt', 'r.csv'])
    expect([status, stderr]).toEqual([0, ''])
    await expectAllThere(files)
    const summary = of('summary')[0]
    expect(summary).toMatchObject({ failed: 0, unfinished: 0 })
    const sent = scene.server.log.slice(before).reduce((bytes, { bodyBytes }) => bytes + bodyBytes, 0)
    const twice = sent - [...files.values()].reduce((bytes, { length }) => bytes + length, 0)
    // Of the parts on their way the server has read nothing; requests have bodies of their own beside the files'.
    expect(twice).toBeLessThan(64 * 1024)
    expect(Number(summary?.resentBytes)).toBeLessThanOrEqual(10 * MIB)
    const { entries } = readReceipt(path.join(scene.dir, 'r.csv'))
    expect(entries.map(({ key, phase }) => [key, phase]).sort()).toEqual(
      [...files.keys()].map((name) => [scene.prefix + name, 'completed']).sort(),
    )
    expect(await scene.runs()).toEqual([])
  })

  it('goes on after Ctrl-C, which says so', async () => {
    const files = await makeFiles()
    const run = await underWay()
    // Twice, by two names: of one that is still to be delivered the kernel keeps no second.
    run.child.kill('SIGINT')
    run.child.kill('SIGTERM')
    const { status, stderr } = await run.ended
    letGo()
    expect([status, stderr]).toEqual([130, expect.stringMatching(/"sluice resume" goes on/)])
    expect((await scene.run(['resume', '--quiet'])).status).toBe(0)
    await expectAllThere(files)
  })

  it('takes all runs without a live owner, one after the other, with one summary', async () => {
    await scene.write('files/large', randomBytes(18 * MIB))
    await killed()
    await killed()
    const { status, of } = await scene.run(['resume', '--json', '--limit', 'unlimited'])
    expect(status).toBe(0)
    expect(of('summary')).toHaveLength(1)
    expect(await openUploads()).toEqual([])
    expect(await scene.runs()).toEqual([])
  })

  it('goes on in the folder that was named, and keeps it', async () => {
    const files = await makeFiles()
    await killed('--data-dir', 'kept')
    expect(await scene.runs()).toEqual([])
    expect((await scene.run(['resume'])).status).toBe(0)
    expect(await openUploads()).toEqual([`${scene.prefix}large`])
    const { status, stdout } = await scene.run(['resume', '--data-dir', 'kept', '--limit', '80 Mb/s'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Limit: 10 MB\/s = 80 Mb\/s\n/)
    await expectAllThere(files)
    expect(await fs.readdir(scene.dir)).toContain('kept')
    const again = await scene.run(['resume', '--data-dir', 'kept', '--json'])
    expect(again.lines).toEqual([expect.objectContaining(ZEROS)])
  })

  it('leaves a folder alone that a live process owns, and names it', async () => {
    await makeFiles()
    const run = await underWay('--data-dir', 'kept', '--control')
    run.child.stdin.write('pause\n')
    for (const command of [['resume'], ['upload', 'files/', scene.target()], ['cancel', '--all']]) {
      const { status, stderr } = await scene.run([...command, '--data-dir', 'kept'])
      expect([status, stderr]).toEqual([1, expect.stringMatching(new RegExp(`in use by process ${run.child.pid}`))])
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
  })

  it('reads credentials anew, and refuses what is no flag of its own', async () => {
    const files = await makeFiles()
    await killed()
    const wrong = await scene.run(['resume', '--json'], { env: { AWS_SECRET_ACCESS_KEY: 'wrong' } })
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringMatching(/access key or secret/)])
    expect(wrong.of('summary')[0]?.unfinished).toBeGreaterThan(0)
    expect((await scene.run(['resume', '--part-size', '5MiB'])).status).toBe(2)
    expect((await scene.run(['resume'])).status).toBe(0)
    await expectAllThere(files)
  })
})

describe('sluice list and cancel', () => {
  it('show what was interrupted and what runs, and take it back', async () => {
    await makeFiles()
    expect((await scene.run(['list'])).stdout).toMatch(/^Nothing is kept/)
    await killed()
    const [run = ''] = await scene.runs()
    const { status, lines } = await scene.run(['list', '--json'])
    expect(status).toBe(0)
    expect(lines).toEqual([
      expect.objectContaining({
        type: 'batch',
        id: `${run}:1`,
        state: 'interrupted',
        pid: null,
        bucket: 'demo',
        files: 21,
      }),
    ])
    expect((await scene.run(['list'])).stdout).toMatch(/interrupted .*files.* → s3:\/\/demo\/.* unfinished/)
    expect(await openUploads()).toHaveLength(1)
    expect((await scene.run(['cancel', 'other:1'])).status).toBe(2)
    const cancelled = await scene.run(['cancel', `${run}:1`])
    expect([cancelled.status, cancelled.stderr]).toEqual([0, ''])
    expect(cancelled.stdout).toMatch(/^Cancelled 1 batch, [1-9]\d* unfinished/)
    expect(await openUploads()).toEqual([])
    expect(await scene.runs()).toEqual([])
    const going = await underWay('--control')
    going.child.stdin.write('pause\n')
    expect((await scene.run(['list', '--json'])).lines).toEqual([
      expect.objectContaining({ state: 'running', pid: going.child.pid }),
    ])
  })

  it('cancels a plain number in a folder that was named, or everything', async () => {
    await makeFiles()
    await killed('--data-dir', 'kept')
    expect((await scene.run(['cancel', '1', '--data-dir', 'kept'])).status).toBe(0)
    expect(await openUploads()).toEqual([])
    expect((await scene.run(['list', '--data-dir', 'kept'])).stdout).toMatch(/^Nothing is kept/)
    await killed()
    await killed()
    expect((await scene.run(['cancel', '--all'])).stdout).toMatch(/^Cancelled 2 batches/)
    expect([await openUploads(), await scene.runs()]).toEqual([[], []])
  })
})

it('an upload that ended well, or was never begun, leaves no folder', async () => {
  await scene.write('a', 'x')
  await scene.write('b/a', 'x')
  expect((await scene.run(['upload', 'a', scene.target()])).status).toBe(0)
  expect((await scene.run(['upload', 'a', scene.target(), '--dry-run'])).status).toBe(0)
  expect((await scene.run(['upload', 'a', 'b/a', scene.target()])).status).toBe(2)
  expect((await scene.run(['upload', 'a', scene.target(), '--data-dir', 'kept', '--ca-file', 'none'])).status).toBe(2)
  expect(await fs.readdir(scene.dir)).not.toContain('kept')
  expect(await scene.runs()).toEqual([])
  const unreachable = ['--endpoint', 'https://s3.nowhere.invalid']
  expect((await scene.run(['upload', 'a', scene.target(), ...unreachable])).status).toBe(1)
  expect(await scene.runs()).toHaveLength(1)
})

it('an upload of a folder that holds its journal leaves the journal out', async () => {
  await scene.write('a', 'x')
  for (const flags of [['--data-dir', 'kept (1)'], []]) {
    const env = { XDG_STATE_HOME: path.join(scene.dir, '.local/[state]') }
    const { status, stderr } = await scene.run(['upload', '.', scene.target(), ...flags], { env })
    expect([status, stderr]).toEqual([0, ''])
    if (flags.length > 0) await fs.rm(path.join(scene.dir, 'kept (1)'), { recursive: true })
  }
  expect(await scene.far.keys(scene.prefix)).toEqual([`${scene.prefix}a`])
})
