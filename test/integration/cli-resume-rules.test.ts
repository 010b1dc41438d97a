import { promises as fs } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { peekJournal } from '../../src/main/engine/journal-peek.ts'
import { cliScene } from '../support/cli-scene.ts'

const scene = cliScene()
const KEPT = ['--data-dir', 'kept']

async function writeFiles(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await scene.write(`files/f${index}`, 'x')
}

async function objects(): Promise<number> {
  return (await scene.far.keys(scene.prefix)).length
}

/** Resolves once the counts in the folder say that so many files are done. */
async function counted(files: number): Promise<void> {
  const file = path.join(scene.dir, 'kept/quotas.json')
  const total = async () => JSON.parse(await fs.readFile(file, 'utf8').catch(() => '{}')).quotas?.[0]?.total
  while ((await total()) !== files) await sleep(50)
}

it('a quota goes on with what was counted before a kill -9', async () => {
  await writeFiles(8)
  const upload = scene.start(['upload', 'files/', scene.target(), '--json', '--quota', '3 files per hour', ...KEPT])
  await upload.until(({ type }) => type === 'quota')
  await counted(3)
  upload.child.kill('SIGKILL')
  await upload.ended
  expect(await objects()).toBe(3)
  const resumed = scene.start(['resume', '--json', ...KEPT])
  expect(await resumed.until(({ type }) => type === 'quota')).toMatchObject({ name: '3 files per hour', used: 3 })
  resumed.child.kill('SIGINT')
  const { status, of } = await resumed.ended
  expect([status, of('summary')[0]?.completed, await objects()]).toEqual([130, 0, 3])
})

it('a new upload in the same folder has a quota of its own, and each holds for its own files', async () => {
  await writeFiles(4)
  const quota = ['--quota', '2 files per hour']
  for (const prefix of ['one/', 'two/']) {
    const upload = scene.start(['upload', 'files/', scene.target(prefix), '--json', ...quota, ...KEPT])
    expect(await upload.until(({ type }) => type === 'quota')).toMatchObject({ used: 2 })
    upload.child.kill('SIGINT')
    expect((await upload.ended).status).toBe(130)
  }
  expect(await objects()).toBe(4)
  const quotas = peekJournal(path.join(scene.dir, 'kept'))?.batches.map((batch) => batch.quotas.map(({ name }) => name))
  expect(quotas).toEqual([['2 files per hour'], ['2 files per hour']])
  const resumed = scene.start(['resume', '--json', ...KEPT])
  await resumed.until(({ name }) => name === '2 files per hour')
  resumed.child.kill('SIGINT')
  await resumed.ended
})

it.each([
  ['--requests-per-second', '0.2'],
  ['--files-per-second', '0.2'],
])('%s holds in resume as in the upload', async (...pace) => {
  await writeFiles(6)
  const isPaced = ({ type, limitedBy }: { type?: unknown; limitedBy?: unknown }) =>
    type === 'progress' && limitedBy === 'requests'
  const upload = scene.start(['upload', 'files/', scene.target(), '--json', ...pace, ...KEPT])
  await upload.until(isPaced)
  upload.child.kill('SIGKILL')
  await upload.ended
  const resumed = scene.start(['resume', '--json', ...KEPT])
  await resumed.until(isPaced)
})
