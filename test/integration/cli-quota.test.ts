import { once } from 'node:events'
import { expect, it } from 'vitest'
import { cliScene } from '../support/cli-scene.ts'

const scene = cliScene()

async function writeFiles(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await scene.write(`f${index}`, 'x')
}

it('waits when a quota is used up: nothing fails, and programs are told until when', async () => {
  await writeFiles(8)
  const startedAtMs = Date.now()
  const run = scene.start(['upload', '.', scene.target(), '--json', '--quota', '5 files per minute'])
  const told = await run.until(({ type }) => type === 'quota')
  expect(told).toMatchObject({ name: '5 files per minute', unit: 'files', amount: 5, used: 5 })
  expect(Number(told.blockedUntilMs)).toBeGreaterThan(startedAtMs + 59_000)
  await run.until(({ type, limitedBy }) => type === 'progress' && limitedBy === 'quota')
  run.child.kill('SIGINT')
  const { status, lines, of } = await run.ended
  expect(status).toBe(130)
  expect(lines.at(-1)).toMatchObject({ completed: 5, failed: 0, unfinished: 3, retries: 0, resentBytes: 0 })
  expect(of('quota')).toHaveLength(1)
})

it('says so to people in one line', async () => {
  await writeFiles(3)
  const run = scene.start(['upload', '.', scene.target(), '--quota', '1 file/min', '--quota', '1 GB/day spread'])
  while (!run.stdoutSoFar().includes('used up')) await once(run.child.stdout, 'data')
  run.child.kill('SIGINT')
  const { stdout } = await run.ended
  expect(stdout.match(/used up.*/g)).toEqual([expect.stringMatching(/^used up: going on at \d\d:\d\d:\d\d, in \S/)])
  expect(stdout).toMatch(/^The quota of 1 file per minute is used up/m)
})
