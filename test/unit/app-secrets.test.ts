import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Conf from 'conf'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenSettingsFile } from '../../src/main/app/kept-file.ts'
import { Secrets } from '../../src/main/app/secrets.ts'
import { openSafeStorage } from '../../src/main/app/secrets-safe-storage.ts'
import { redact } from '../../src/shared/redact.ts'
import { safeStorage } from '../electron/stand-in.ts'

const openConf: OpenSettingsFile = ({ folder: cwd, name }) => new Conf({ cwd, configName: name })
const SECRET = { secretAccessKey: 'a-secret-access-key', sessionToken: 'a-session-token' }

let folder: string
let troubles: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-secrets-'))
  troubles = []
  process.env.STAND_IN_PASSWORD_STORE = 'gnome_libsecret'
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  delete process.env.STAND_IN_PASSWORD_STORE
  delete process.env.STAND_IN_SYSTEM_KEY
})

const store = () => openSafeStorage(safeStorage, 'linux', folder, openConf)
const session = () => new Secrets([store()], (message) => troubles.push(message))
const file = () => readFileSync(join(folder, 'secrets.json'), 'utf8')

describe('typed keys', () => {
  it('are found again in the next session, and lie on the disk encrypted', async () => {
    const first = session()
    first.put('mine', 'Mine', SECRET)
    expect(first.get('mine')).toEqual(SECRET)
    await first.settled()
    expect(file()).toContain('mine')
    expect(file()).not.toMatch(/secret-access|session-token/)

    const second = session()
    expect(second.get('mine')).toBeUndefined()
    await second.restore(['mine', 'unknown'])
    expect(second.get('mine')).toEqual(SECRET)
    expect(second.get('unknown')).toBeUndefined()
    expect(second.place).toBe('system')
    expect(redact('it is a-secret-access-key')).toBe('it is [redacted]')
  })

  it('are gone from the disk when they are removed', async () => {
    const secrets = session()
    secrets.put('mine', 'Mine', SECRET)
    secrets.put('other', 'Other', SECRET)
    secrets.remove('mine', 'Mine')
    await secrets.settled()
    expect(Object.keys(JSON.parse(file()))).toEqual(['other'])
    expect(secrets.get('mine')).toBeUndefined()
  })

  it.each(['basic_text', 'unknown'])('stay in memory where Electron would hide nothing (%s)', async (backend) => {
    process.env.STAND_IN_PASSWORD_STORE = backend
    const secrets = session()
    secrets.put('mine', 'Mine', SECRET)
    await secrets.settled()
    expect(secrets.get('mine')).toEqual(SECRET)
    expect(secrets.place).toBe('session')
    expect(readdirSync(folder)).toEqual([])
    expect(troubles).toEqual([])
  })

  it('are asked for again when the system can no longer read them', async () => {
    const before = session()
    before.put('mine', 'Mine', SECRET)
    await before.settled()
    process.env.STAND_IN_SYSTEM_KEY = 'another login'
    const after = session()
    await after.restore(['mine'])
    expect(after.get('mine')).toBeUndefined()
    after.put('mine', 'Mine', SECRET)
    await after.settled()
    const again = session()
    await again.restore(['mine'])
    expect(again.get('mine')).toEqual(SECRET)
  })

  it.each(['{"mine":', '{"mine":7}', '{"mine":"bm90IGVuY3J5cHRlZA=="}'])(
    'are asked for again when the file holds %s',
    async (content) => {
      writeFileSync(join(folder, 'secrets.json'), content)
      const secrets = session()
      await secrets.restore(['mine'])
      expect(secrets.get('mine')).toBeUndefined()
      expect(secrets.place).toBe('system')
    },
  )

  it('work until the end of the session when they cannot be kept, and that is said', async () => {
    const secrets = session()
    await secrets.restore([])
    rmSync(folder, { recursive: true })
    // A file where the folder was: nothing can be written below it, not even by root.
    writeFileSync(folder, '')
    secrets.put('mine', 'Mine', SECRET)
    await secrets.settled()
    expect(secrets.get('mine')).toEqual(SECRET)
    expect(troubles).toEqual([
      'The secret key of “Mine” could not be kept, so it will be asked for again after a restart.',
    ])
  })

  it('that a person types while a keyring is being unlocked win over those in it', async () => {
    const before = session()
    before.put('mine', 'Mine', SECRET)
    await before.settled()
    const secrets = session()
    const restoring = secrets.restore(['mine'])
    const newer = { secretAccessKey: 'typed-just-now', sessionToken: null }
    secrets.put('mine', 'Mine', newer)
    await restoring
    expect(secrets.get('mine')).toEqual(newer)
  })
})
