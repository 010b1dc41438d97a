import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { CliProcess, CliResult, JsonLine } from '../support/cli.ts'
import { cliScene } from '../support/cli-scene.ts'

const scene = cliScene()
const MIB = 1024 ** 2

const say = (run: CliProcess, line: string): void => void run.child.stdin.write(`${line}\n`)
const isProgress = (passes: (line: JsonLine) => boolean) => (line: JsonLine) => line.type === 'progress' && passes(line)
/** The limits that progress lines told, each change once. */
const limitsOf = ({ of }: CliResult): unknown[] =>
  of('progress')
    .map(({ limitBytesPerSecond }) => limitBytesPerSecond)
    .filter((limit, at, all) => at === 0 || limit !== all[at - 1])

describe('--limit', () => {
  it.each([
    [['600k'], ['Limit: 600 KB/s = 4.8 Mb/s']],
    [['5 Mb/s'], ['Limit: 625 KB/s = 5 Mb/s']],
    [['5 MiB/s'], ['Limit: 5.24 MB/s = 41.9 Mb/s']],
    [['1 TB/s'], ['Limit: 1 TB/s = 8 Tb/s']],
    [['unlimited'], ['Limit: unlimited']],
    [['2 GB/h', '--for', '90m'], ['Limit: 556 KB/s = 4.44 Mb/s, for 1h 30m']],
    [
      ['1 MB/s', '--for', '1h', '--schedule', '500k'],
      ['Limit: 1 MB/s = 8 Mb/s, for 1h', "Schedule: 500KB/s (this computer's time)"],
    ],
  ])('%j: says to people first how it was understood', async (limit, understood) => {
    await scene.write('file', 'tape')
    const flags = ['--dry-run', '--limit', ...limit]
    const { status, stdout } = await scene.run(['upload', 'file', scene.target(), ...flags])
    expect(status).toBe(0)
    const lines = stdout.split('\n')
    for (const line of understood) expect(lines.shift()).toBe(line)
    expect(lines.shift()).toMatch(/^would upload {2}/)
    expect((await scene.run(['upload', 'file', scene.target(), ...flags, '--quiet'])).stdout).toBe('')
  })
})

describe('a limit for some time', () => {
  it('ends by itself', async () => {
    await scene.write('file', randomBytes(4 * MIB))
    const result = await scene.run(['upload', 'file', scene.target(), '--json', '--limit', '256 KiB/s', '--for', '2s'])
    expect(result.status).toBe(0)
    expect(limitsOf(result)).toEqual([256 * 1024, null])
    expect(result.lines.at(-1)).toMatchObject({ completed: 1, resentBytes: 0 })
  })

  it('goes back to the schedule', async () => {
    await scene.write('file', randomBytes(2 * MIB))
    const flags = ['--limit', '128 KiB/s', '--for', '2s', '--schedule', '1 MiB/s']
    const result = await scene.run(['upload', 'file', scene.target(), '--json', ...flags])
    expect(result.status).toBe(0)
    expect(limitsOf(result)).toEqual([128 * 1024, MIB])
  })

  it('can be set, and everything paused, for some time by --control', async () => {
    const bytes = randomBytes(2 * MIB)
    await scene.write('file', bytes)
    const run = scene.start(['upload', 'file', scene.target(), '--json', '--control', '--limit', '64 KiB/s'])
    await run.until(isProgress(({ sentBytes }) => Number(sentBytes) > 0))
    say(run, 'limit 128 KiB/s for 3s')
    await run.until(isProgress(({ limitBytesPerSecond }) => limitBytesPerSecond === 128 * 1024))
    say(run, 'pause for 3s')
    const paused = await run.until(isProgress(({ limitBytesPerSecond }) => limitBytesPerSecond === 0))
    expect(paused).toMatchObject({ limitedBy: 'paused' })
    // Nobody resumes it: both end by themselves.
    await run.until(
      isProgress(
        ({ atMs, limitBytesPerSecond }) => limitBytesPerSecond === 64 * 1024 && Number(atMs) > Number(paused.atMs),
      ),
    )
    say(run, 'limit unlimited')
    run.child.stdin.end()
    const { status, of } = await run.ended
    expect(status).toBe(0)
    expect(of('control').map(({ line, ok }) => [line, ok])).toEqual([
      ['limit 128 KiB/s for 3s', true],
      ['pause for 3s', true],
      ['limit unlimited', true],
    ])
    expect(bytes.equals(await scene.far.bytes(`${scene.prefix}file`))).toBe(true)
  })
})

describe('--schedule', () => {
  const schedule = ['--schedule', '00:00,1MiB/s; Mon-12:00,1M', '--time-zone', 'Europe/Berlin']

  it('holds the limit of the hour, and says once for people how it was understood', async () => {
    await scene.write('file', randomBytes(MIB))
    const { status, stdout } = await scene.run(['upload', 'file', scene.target(), ...schedule])
    expect(status).toBe(0)
    expect(stdout.match(/Schedule: .*/g)).toEqual(['Schedule: 00:00,1MiB/s Mon-12:00,1MB/s (Europe/Berlin)'])
  })

  it('keeps programs’ lines free of that sentence', async () => {
    await scene.write('file', randomBytes(MIB))
    const result = await scene.run(['upload', 'file', scene.target(), '--json', ...schedule])
    expect(result.status).toBe(0)
    for (const limit of limitsOf(result)) expect([1_000_000, MIB]).toContain(limit)
  })

  it('that stops now sends nothing until somebody sets a limit', async () => {
    await scene.write('file', 'x')
    const run = scene.start(['upload', 'file', scene.target(), '--json', '--control', '--schedule', 'pause'])
    await run.until(isProgress(({ limitBytesPerSecond, totalBytes }) => limitBytesPerSecond === 0 && totalBytes === 1))
    expect(await scene.far.keys(scene.prefix)).toEqual([])
    say(run, 'limit 1 MB/s')
    run.child.stdin.end()
    const result = await run.ended
    expect(result.status).toBe(0)
    expect(limitsOf(result)).toEqual([0, 1_000_000])
  })

  it.each<[string, string[], RegExp]>([
    ['no timetable', ['--schedule', 'at night'], /"at night"/],
    ['two entries for one time', ['--schedule', '08:00,5M 08:00,6M'], /Two entries set the same time/],
    ['no zone', ['--schedule', '08:00,5M', '--time-zone', 'Berlin'], /"Berlin" is not a time zone/],
  ])('%s: one sentence, exit 2, no request', async (_, flags, reason) => {
    await scene.write('file', 'x')
    const before = scene.server.log.length
    const { status, stderr } = await scene.run(['upload', 'file', scene.target(), ...flags])
    expect(status).toBe(2)
    expect(stderr).toMatch(reason)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(scene.server.log.length).toBe(before)
  })
})

describe('progress names what binds', () => {
  it('the limit', async () => {
    await scene.write('file', randomBytes(MIB))
    const { of } = await scene.run(['upload', 'file', scene.target(), '--json', '--limit', '512 KiB/s'])
    expect(of('progress').map(({ limitedBy }) => limitedBy)).toContain('global')
  })

  it.each(['--requests-per-second', '--files-per-second'])('%s, which spaces the requests evenly', async (flag) => {
    for (let file = 0; file < 8; file++) await scene.write(`d/${file}`, 'x')
    const before = scene.server.log.length
    const result = await scene.run(['upload', 'd', scene.target(), '--json', flag, '4'])
    expect(result.lines.at(-1)).toMatchObject({ completed: 8 })
    expect(result.of('progress').map(({ limitedBy }) => limitedBy)).toContain('requests')
    const puts = scene.server.log.slice(before).filter(({ operation }) => operation === 'PutObject')
    const times = puts.map(({ atMs }) => atMs)
    // Later on a busy machine, but never earlier: seven spaces of 250 ms, less one of which timers may be early.
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(6 * 250)
  })

  it('nothing, without a limit', async () => {
    await scene.write('file', randomBytes(MIB))
    const { of } = await scene.run(['upload', 'file', scene.target(), '--json'])
    for (const { limitedBy } of of('progress')) expect(limitedBy).toBe('nothing')
  })
})
