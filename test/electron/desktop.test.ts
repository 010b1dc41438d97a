import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ElectronRun } from '../support/electron-run.ts'

/** How the built Electron shell behaves on the desktop, on the stand-in. Build first: `npm run build`. */

const MIB = 1024 * 1024
const WAIT = { timeout: 60_000, interval: 100 }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-desktop-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const userData = () => join(folder, 'user-data')

function makeFile(name: string, bytes = 10): string {
  const path = join(folder, name)
  writeFileSync(path, Buffer.alloc(bytes, name))
  return path
}

async function upload(run: ElectronRun, paths: string[], limitBytesPerSecond: number | null): Promise<void> {
  await run.call('startDemo', {})
  await run.call('setLimit', { limitBytesPerSecond })
  await run.call('addPaths', { paths, destinationId: 'demo' })
}

describe('the tray', () => {
  it('tells the rate and what is left, pauses, resumes and shows the window', async () => {
    await using run = await ElectronRun.start(userData())
    await expect.poll(async () => (await run.ask('tray')).labels, WAIT).toContain('nothing to upload')
    await upload(run, [makeFile('slow.bin', 8 * MIB)], 256 * 1024)
    await expect.poll(async () => (await run.ask('tray')).tooltip, WAIT).toMatch(/^Sluice: .*B\/s, 1 file left, \d+ %$/)
    expect((await run.ask('tray')).labels).toEqual([
      expect.stringContaining('1 file left'),
      undefined,
      'Show Sluice',
      'Pause all',
      undefined,
      'Quit',
    ])
    await run.ask('chooseInTray', 'Pause all')
    await expect.poll(async () => (await run.ask('tray')).tooltip, WAIT).toMatch(/^Sluice: paused, 1 file left/)
    await run.ask('chooseInTray', 'Resume all')
    await expect.poll(async () => (await run.ask('tray')).labels, WAIT).toContain('Pause all')
    await run.ask('chooseInTray', 'Show Sluice')
    expect((await run.ask('order')).at(-1)).toBe('focus')
    await run.ask('answerMessageBox', 2)
    await run.ask('chooseInTray', 'Quit').catch(() => null)
    expect(await run.exited).toBe(0)
  })
})

describe('progress and sleep', () => {
  it('shows how far things are, keeps awake only while bytes are on their way, and clears both', async () => {
    await using run = await ElectronRun.start(userData())
    expect(await run.ask('awake')).toEqual({ now: 0, starts: 0 })
    await upload(run, [makeFile('slow.bin', 8 * MIB)], 256 * 1024)
    await expect.poll(async () => (await run.ask('awake')).now, WAIT).toBe(1)
    const last = async () => (await run.ask('progress')).at(-1)
    await expect.poll(async () => (await last())?.mode, WAIT).toBe('normal')

    await run.call('setPaused', { paused: true })
    await expect.poll(async () => (await run.ask('awake')).now, WAIT).toBe(0)
    await expect.poll(async () => (await last())?.mode, WAIT).toBe('paused')

    await run.call('setPaused', { paused: false })
    await expect.poll(async () => (await run.ask('awake')).starts, WAIT).toBeGreaterThan(1)
    await run.call('setLimit', { limitBytesPerSecond: null })
    await expect.poll(last, WAIT).toEqual({ share: -1, mode: 'normal' })
    await expect.poll(async () => (await run.ask('awake')).now, WAIT).toBe(0)
  })
})

describe('notifications', () => {
  it('come once a batch, not once a file, and lead to the window', async () => {
    await using run = await ElectronRun.start(userData())
    const batch = join(folder, 'batch')
    mkdirSync(batch)
    for (let i = 0; i < 25; i++) writeFileSync(join(batch, `${i}.txt`), `${i}`)
    await upload(run, [batch], null)
    const shown = () => run.ask('notifications')
    await expect.poll(shown, WAIT).toEqual([{ title: 'Upload finished', body: '25 files uploaded.' }])
    await run.ask('clickNotification')
    expect((await run.ask('order')).at(-1)).toBe('focus')

    // Another one, in which a key exists and differs.
    writeFileSync(join(batch, '7.txt'), 'seven')
    await upload(run, [batch], null)
    await expect.poll(async () => (await shown()).length, WAIT).toBe(2)
    expect((await shown())[1]).toEqual({ title: 'Some uploads failed', body: '24 already there, 1 failed.' })
  })

  it('stay away while the window is looked at', async () => {
    await using run = await ElectronRun.start(userData())
    await run.ask('focus', true)
    await upload(run, [makeFile('seen.txt')], null)
    await expect.poll(async () => (await run.ask('progress')).at(-1)?.share, WAIT).toBe(-1)
    const everything = { firstIndex: 0, count: 10, filter: 'done', sort: { by: 'name', descending: false } } as const
    await expect.poll(async () => (await run.call('subscribe', everything)).rows.length, WAIT).toBe(1)
    await run.ask('focus', false)
    await upload(run, [makeFile('unseen 1.txt'), makeFile('unseen 2.txt')], null)
    await expect.poll(async () => (await run.ask('notifications')).length, WAIT).toBeGreaterThan(0)
    expect(await run.ask('notifications')).toEqual([{ title: 'Upload finished', body: '2 files uploaded.' }])
  })
})

describe('files from outside', () => {
  const paths = async (run: ElectronRun) => (await run.call('takeOpenedPaths', {})).paths

  it('come from the command line, from a second start and from “open with”, each once', async () => {
    const [first, second, third] = [makeFile('first.txt'), makeFile('second.txt'), makeFile('third.txt')]
    const args = { STAND_IN_ARGS: JSON.stringify(['--flag', first, '/not/there']) }
    await using run = await ElectronRun.start(userData(), args)
    expect(await run.ask('lockData')).toEqual({ files: [first] })
    expect(await paths(run)).toEqual([first])
    expect(await paths(run)).toEqual([])

    await run.ask('secondInstance', [second])
    await expect.poll(async () => (await run.ask('events')).map(({ type }) => type), WAIT).toContain('opened-paths')
    expect((await run.ask('order')).at(-1)).toBe('focus')
    await run.ask('openFile', third)
    expect(await paths(run)).toEqual([second, third])
  })
})

describe('the window’s place', () => {
  const PLACE = { x: 200, y: 120, width: 1000, height: 640 }

  async function closedAt(bounds: typeof PLACE): Promise<void> {
    await using run = await ElectronRun.start(userData())
    await run.ask('setBounds', bounds)
    await run.ask('closeWindow')
    await run.exited
  }

  it('is found again at the next start', async () => {
    await closedAt(PLACE)
    await using run = await ElectronRun.start(userData())
    expect(await run.ask('windowOptions')).toMatchObject(PLACE)
  })

  it('is forgotten where its screen is gone', async () => {
    await closedAt({ ...PLACE, x: 5000 })
    await using run = await ElectronRun.start(userData())
    const options = await run.ask('windowOptions')
    expect(options).toMatchObject({ width: 1120, height: 760 })
    expect(options.x).toBeUndefined()
  })

  it('survives a broken file', async () => {
    mkdirSync(userData())
    writeFileSync(join(userData(), 'window.json'), '{"bounds": 7')
    await using run = await ElectronRun.start(userData())
    expect(await run.ask('windowOptions')).toMatchObject({ width: 1120, height: 760 })
  })
})
