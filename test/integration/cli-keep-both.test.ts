import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cliScene } from '../support/cli-scene.ts'

const scene = cliScene()

it('keeps both by --on-exists keep-both, and tells the key that was written', async () => {
  const { prefix } = scene
  await scene.write('same.txt', 'same bytes')
  await scene.write('other.txt', 'new bytes')
  await scene.far.put(`${prefix}same.txt`, 'same bytes')
  await scene.far.put(`${prefix}other.txt`, 'old bytes')
  const args = ['upload', 'same.txt', 'other.txt', scene.target(), '--json', '--on-exists', 'keep-both']
  const result = await scene.run([...args, '--receipt', 'receipt.json'])
  expect(result.status).toBe(0)
  const told = result.of('transfer').map(({ key, phase }) => [key, phase])
  expect(told.sort()).toEqual([
    [`${prefix}other (2).txt`, 'completed'],
    [`${prefix}same.txt`, 'skipped'],
  ])
  expect(await readFile(join(scene.dir, 'receipt.json'), 'utf8')).toContain(`"${prefix}other (2).txt"`)
  expect(String(await scene.far.bytes(`${prefix}other (2).txt`))).toBe('new bytes')
  expect(String(await scene.far.bytes(`${prefix}other.txt`))).toBe('old bytes')
  const again = await scene.run(args)
  expect(again.lines.at(-1)).toMatchObject({ completed: 0, skipped: 2, failed: 0 })
})

it('keeps standard input beside an object, under the first name that is free', async () => {
  const { prefix } = scene
  for (const name of ['pipe.tar.gz', 'pipe (2).tar.gz']) await scene.far.put(`${prefix}${name}`, 'old')
  const args = ['upload', '-', scene.target('pipe.tar.gz'), '--json', '--on-exists', 'keep-both']
  const run = scene.start(args)
  run.child.stdin.end('piped')
  const result = await run.ended
  expect(result.of('transfer')).toMatchObject([{ key: `${prefix}pipe (3).tar.gz`, phase: 'completed' }])
  expect(String(await scene.far.bytes(`${prefix}pipe (3).tar.gz`))).toBe('piped')
})
