import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Conf from 'conf'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenSettingsFile } from '../../src/main/app/kept-file.ts'
import { Settings } from '../../src/main/app/settings.ts'
import { DEFAULT_SETTINGS } from '../../src/shared/settings.ts'

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5)
const openConf: OpenSettingsFile = ({ folder, name }) => new Conf({ cwd: folder, configName: name })

let folder: string
let failures: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-settings-'))
  failures = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (openFile = openConf) => new Settings(folder, openFile, NOW_MS, (message) => failures.push(message))
const onDisk = () => JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'))

describe('settings', () => {
  it('start from the defaults and come back after a restart', () => {
    const first = open()
    expect(first.values).toEqual(DEFAULT_SETTINGS)
    expect(first.notices).toEqual([])
    first.update({ connections: 7, appearance: 'dark' })
    first.flush()
    expect(open().values).toEqual({ ...DEFAULT_SETTINGS, connections: 7, appearance: 'dark' })
  })

  it('write a burst of changes once', () => {
    let writes = 0
    const settings = open(() => ({
      get store() {
        return {}
      },
      set store(_values) {
        writes += 1
      },
    }))
    for (let step = 0; step < 50; step++)
      settings.update({ limitPlan: { ...DEFAULT_SETTINGS.limitPlan, manual: 2000 + step } })
    settings.flush()
    settings.flush()
    expect(writes).toBe(1)
    expect(settings.values.limitPlan.manual).toBe(2049)
  })

  it.each([
    ['is not JSON', '{"appearance": "dar'],
    ['has a value that does not fit', JSON.stringify({ ...DEFAULT_SETTINGS, connections: 0 })],
    ['is a list', '[1, 2]{'],
    ['has a key of a later version', JSON.stringify({ ...DEFAULT_SETTINGS, warpDrive: true })],
  ])('set a file aside that %s, and say so', (_why, content) => {
    writeFileSync(join(folder, 'settings.json'), content)
    const settings = open()
    expect(settings.values).toEqual(DEFAULT_SETTINGS)
    const aside = readdirSync(folder).find((name) => name.startsWith('settings.corrupt-'))
    expect(aside).toBe('settings.corrupt-2026-01-02T03-04-05.000Z.json')
    expect(readFileSync(join(folder, aside ?? ''), 'utf8')).toBe(content)
    expect(settings.notices).toEqual([expect.stringContaining(String(aside))])
    settings.update({ connections: 7 })
    settings.flush()
    expect(onDisk()).toMatchObject({ connections: 7 })
  })

  it('stay in memory when they cannot be written, and say so', () => {
    const settings = open()
    rmSync(folder, { recursive: true })
    // A file where the folder was: nothing can be written below it, not even by root.
    writeFileSync(folder, '')
    settings.update({ connections: 9 })
    settings.flush()
    expect(settings.values.connections).toBe(9)
    expect(failures).toEqual([expect.stringMatching(/^Your settings could not be saved: .+\.$/)])
    rmSync(folder)
    mkdirSync(folder)
  })
})
