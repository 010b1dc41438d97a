import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { CliProcess, JsonLine } from '../support/cli.ts'
import { cliScene } from '../support/cli-scene.ts'

const scene = cliScene()
const MIB = 1024 ** 2

const say = (run: CliProcess, line: string): void => void run.child.stdin.write(`${line}\n`)
const answerTo = (line: string) => (told: JsonLine) => told.type === 'control' && told.line === line
const isProgress = (passes: (line: JsonLine) => boolean) => (line: JsonLine) => line.type === 'progress' && passes(line)
const hasSent = (bytes: number) => isProgress(({ sentBytes }) => Number(sentBytes) >= bytes)

describe('--control', () => {
  it('changes the limit, pauses, resumes, and brings every byte over', async () => {
    const bytes = randomBytes(6 * MIB)
    await scene.write('file', bytes)
    const run = scene.start(['upload', 'file', scene.target(), '--json', '--control', '--limit', '1 MiB/s'])
    await run.until(hasSent(MIB / 2))
    say(run, 'pause')
    expect(await run.until(answerTo('pause'))).toEqual({ type: 'control', line: 'pause', ok: true })
    await run.until(isProgress(({ limitBytesPerSecond }) => limitBytesPerSecond === 0))
    await run.until(isProgress(({ bytesPerSecond }) => bytesPerSecond === 0))
    say(run, 'limit 2 MiB/s')
    await run.until(answerTo('limit 2 MiB/s'))
    say(run, 'resume')
    await run.until(answerTo('resume'))
    await run.until(isProgress(({ limitBytesPerSecond }) => limitBytesPerSecond === 2 * MIB))
    say(run, 'limit unlimited')
    run.child.stdin.end()
    const { status, of } = await run.ended
    expect(status).toBe(0)
    expect(of('progress').at(-1)).toMatchObject({ limitBytesPerSecond: null })
    expect(of('transfer')[0]).toMatchObject({ phase: 'completed' })
    expect(bytes.equals(await scene.far.bytes(`${scene.prefix}file`))).toBe(true)
  })

  it('answers every line, in order, and refuses what it does not know', async () => {
    await scene.write('file', randomBytes(2 * MIB))
    const run = scene.start(['upload', 'file', scene.target(), '--json', '--control', '--limit', '16 KiB/s'])
    const lines = ['limit 10 XB/s', 'limit 0', 'faster', '', 'status', 'pause', 'resume', 'limit unlimited']
    for (const line of lines) say(run, line)
    run.child.stdin.end()
    const { status, of } = await run.ended
    expect(status).toBe(0)
    const answers = of('control')
    expect(answers.map(({ line, ok }) => [line, ok])).toEqual([
      ['limit 10 XB/s', false],
      ['limit 0', false],
      ['faster', false],
      ['', false],
      ['status', true],
      ['pause', true],
      ['resume', true],
      ['limit unlimited', true],
    ])
    for (const { ok, error } of answers) expect(typeof error).toBe(ok ? 'undefined' : 'string')
  })

  it('quit lets what is on its way end, and starts nothing new', async () => {
    for (let file = 0; file < 8; file++) await scene.write(`d/${file}`, randomBytes(MIB))
    const args = ['upload', 'd/', scene.target(), '--json', '--control', '--connections', '1', '--limit', '2 MiB/s']
    const run = scene.start(args)
    await run.until(hasSent(1))
    say(run, 'quit')
    const { status, of, lines } = await run.ended
    expect(status).toBe(130)
    expect(of('control')).toEqual([{ type: 'control', line: 'quit', ok: true }])
    const completed = of('transfer').filter(({ phase }) => phase === 'completed')
    expect(completed.length).toBeGreaterThan(0)
    expect(lines.at(-1)).toMatchObject({
      type: 'summary',
      completed: completed.length,
      unfinished: 8 - completed.length,
    })
    expect(await scene.far.keys(scene.prefix)).toHaveLength(completed.length)
  })
})

describe('Ctrl-C', () => {
  it('once: what is on its way ends, the rest stays, and it says how to go on', async () => {
    for (let file = 0; file < 8; file++) await scene.write(`d/${file}`, randomBytes(MIB))
    const run = scene.start(['upload', 'd/', scene.target(), '--json', '--connections', '1', '--limit', '2 MiB/s'])
    await run.until(hasSent(1))
    run.child.kill('SIGINT')
    const { status, stderr, lines } = await run.ended
    expect(status).toBe(130)
    expect(stderr).toMatch(/"sluice resume" goes on/)
    const summary = lines.at(-1)
    expect(summary).toMatchObject({ type: 'summary', failed: 0 })
    const kept = await scene.far.keys(scene.prefix)
    expect(kept).toHaveLength(Number(summary?.completed))
    expect(Number(summary?.unfinished)).toBe(8 - kept.length)
    expect(kept.length).toBeGreaterThan(0)
    const again = await scene.run(['resume', '--json'])
    expect(again.status).toBe(0)
    expect(again.lines.at(-1)).toMatchObject({ skipped: 0, completed: 8 - kept.length, resentBytes: 0 })
    expect(await scene.far.keys(scene.prefix)).toHaveLength(8)
  })

  it('twice: stops at once, and what the server has is kept for `sluice resume`', async () => {
    await scene.write('large', randomBytes(32 * MIB))
    const run = scene.start(['upload', 'large', scene.target(), '--json', '--limit', '256 KiB/s'])
    await run.until(hasSent(64 * 1024))
    run.child.kill('SIGINT')
    run.child.kill('SIGTERM')
    const { status, lines } = await run.ended
    expect(status).toBe(130)
    expect(lines.at(-1)).toMatchObject({ type: 'summary', completed: 0, unfinished: 1 })
    expect(await scene.far.keys(scene.prefix)).toEqual([])
    expect((await scene.run(['resume'])).status).toBe(0)
    expect(await scene.far.keys(scene.prefix)).toEqual([`${scene.prefix}large`])
    expect(await scene.far.openUploads()).toEqual([])
  })
})

it('ends quietly when nobody reads stdout any more', async () => {
  await scene.write('file', randomBytes(8 * MIB))
  const run = scene.start(['upload', 'file', scene.target(), '--json', '--limit', '64 KiB/s'])
  await run.until(hasSent(1))
  run.child.stdout.destroy()
  const { stderr, signal } = await run.ended
  expect([stderr, signal]).toEqual(['', null])
  expect(await scene.far.openUploads()).toEqual([])
})

it('keeps to the limit on average', async () => {
  await scene.write('file', randomBytes(3 * MIB))
  const { of } = await scene.run(['upload', 'file', scene.target(), '--json', '--limit', '1 MiB/s'])
  const [first, last] = [of('progress')[0], of('progress').at(-1)]
  const seconds = (Number(last?.atMs) - Number(first?.atMs)) / 1000
  // Only the upper side: a busy machine may make it slower, nothing may make it faster.
  expect((3 * MIB - Number(first?.sentBytes)) / seconds).toBeLessThan(1.05 * MIB)
})
