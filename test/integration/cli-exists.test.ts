import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { cliScene } from '../support/cli-scene.ts'

const scene = cliScene()
const large = randomBytes(9 * 1024 ** 2)

const requests = (since: number) =>
  scene.server.log
    .slice(since)
    .map(({ operation }) => operation)
    .sort()

describe('a key that exists', () => {
  beforeEach(async () => {
    await scene.write('same', 'same bytes')
    await scene.write('other', 'new bytes')
    await scene.write('large', large)
    await scene.far.put(`${scene.prefix}same`, 'same bytes')
    await scene.far.put(`${scene.prefix}other`, 'old bytes')
  })
  const upload = (...flags: string[]) => scene.run(['upload', 'same', 'other', scene.target(), '--json', ...flags])
  const phases = (result: Awaited<ReturnType<typeof upload>>) =>
    Object.fromEntries(result.of('transfer').map(({ key, phase }) => [String(key).slice(scene.prefix.length), phase]))
  const other = async () => String(await scene.far.bytes(`${scene.prefix}other`))

  it('is skipped when it is the same, and fails with the remedy when it differs: the default', async () => {
    const result = await upload()
    expect(result.status).toBe(1)
    expect(phases(result)).toEqual({ same: 'skipped', other: 'failed' })
    const failed = result.of('transfer').find(({ phase }) => phase === 'failed')
    expect(failed?.error).toEqual({
      code: 'exists-different',
      message: expect.stringContaining('--on-exists overwrite'),
    })
    expect(await other()).toBe('old bytes')
    expect(result.lines.at(-1)).toMatchObject({ completed: 0, failed: 1, skipped: 1, unfinished: 0 })
  })

  it.each([
    ['skip', 0, { same: 'skipped', other: 'skipped' }, 'old bytes'],
    ['fail', 1, { same: 'failed', other: 'failed' }, 'old bytes'],
    ['overwrite', 0, { same: 'completed', other: 'completed' }, 'new bytes'],
  ])('with --on-exists %s', async (rule, status, expected, bytes) => {
    const result = await upload('--on-exists', rule)
    expect(result.status).toBe(status)
    expect(phases(result)).toEqual(expected)
    expect(await other()).toBe(bytes)
  })

  it('is found by checksum when it is of the same size', async () => {
    await scene.far.put(`${scene.prefix}other`, 'NEW BYTES')
    const result = await upload()
    expect(phases(result)).toEqual({ same: 'skipped', other: 'failed' })
    expect(await other()).toBe('NEW BYTES')
  })

  it('is skipped the second time, in parts as well', async () => {
    const args = ['upload', 'large', scene.target(), '--json', '--part-size', '5MiB']
    expect((await scene.run(args)).of('transfer')[0]).toMatchObject({ phase: 'completed' })
    const again = await scene.run(args)
    expect(again.of('transfer')[0]).toMatchObject({ phase: 'skipped' })
    expect(again.lines.at(-1)).toMatchObject({ skipped: 1, bytes: 0 })
    expect(await scene.far.openUploads()).toEqual([])
  })

  it('costs no request for a new key of a small file', async () => {
    await scene.write('new', 'x')
    const before = scene.server.log.length
    await scene.run(['upload', 'new', scene.target()])
    expect(requests(before)).toEqual(['PutObject'])
  })

  it('is never asked about without a terminal', async () => {
    const { status, stderr } = await scene.run(['upload', 'same', scene.target(), '--on-exists', 'ask'])
    expect(status).toBe(2)
    expect(stderr).toMatch(/needs a terminal/)
  })
})
