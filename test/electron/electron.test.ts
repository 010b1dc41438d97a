import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TransferRow, Viewport } from '../../src/shared/contract.ts'
import { PLAIN_OBJECT } from '../../src/shared/object-settings.ts'
import { ElectronRun } from '../support/electron-run.ts'

/** The built main and preload bundles, as Electron would run them. Build first: `npm run build`. */

const EVERYTHING: Viewport = { firstIndex: 0, count: 100, filter: 'all', sort: { by: 'name', descending: false } }
const MIB = 1024 * 1024

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-stand-in-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const userData = () => join(folder, 'user-data')
const rows = async (run: ElectronRun) => (await run.call('subscribe', EVERYTHING)).rows

async function waitForRows(run: ElectronRun, isThere: (rows: readonly TransferRow[]) => boolean): Promise<void> {
  await expect.poll(async () => isThere(await rows(run)), { timeout: 60_000, interval: 100 }).toBe(true)
}

async function startSlowUpload(run: ElectronRun): Promise<void> {
  const path = join(folder, 'slow.bin')
  writeFileSync(path, Buffer.alloc(8 * MIB, 'slow'))
  await run.call('startDemo', {})
  await run.call('setLimit', { limitBytesPerSecond: 64 * 1024 })
  await run.call('addPaths', { paths: [path], destinationId: 'demo' })
  await waitForRows(run, ([row]) => row?.phase === 'uploading')
}

describe('the main job', () => {
  it('drops a folder, changes the limit, pauses, resumes, and the bytes arrive', async () => {
    const files = new Map([
      ['big.bin', Buffer.from(Array.from({ length: 20 * MIB }, (_, index) => (index * 31) % 251))],
      ['empty', Buffer.alloc(0)],
      ['naïve 名前 %2F+&#.txt', Buffer.from('odd name')],
    ])
    const dropped = join(folder, 'my drop')
    mkdirSync(dropped)
    for (const [name, bytes] of files) writeFileSync(join(dropped, name), bytes)

    await using run = await ElectronRun.start(userData())
    const demo = await run.call('startDemo', {})
    await run.call('setLimit', { limitBytesPerSecond: 4 * MIB })
    const paths = await run.ask('pathsOf', [dropped])
    expect(paths).toEqual([dropped])
    await run.call('addPaths', { paths, destinationId: demo.id })
    const big = (list: readonly TransferRow[]) => list.find(({ name }) => name === 'big.bin')
    await waitForRows(run, (list) => (big(list)?.progressBytes ?? 0) > 0)

    await run.call('pauseTransfers', { which: { kind: 'filter', filter: 'active' } })
    await waitForRows(run, (list) => big(list)?.phase === 'paused')
    await run.call('setLimit', { limitBytesPerSecond: null })
    await run.call('resumeTransfers', { which: { kind: 'filter', filter: 'paused' } })
    await waitForRows(run, (list) => list.length === 3 && list.every(({ phase }) => phase === 'completed'))

    const patches = (await run.ask('events')).filter(({ type }) => type === 'patch')
    expect(patches.length).toBeGreaterThan(0)
    const credentials = JSON.parse(readFileSync(join(userData(), 'demo-bucket/credentials.json'), 'utf8'))
    const endpoint = String(demo.endpoint)
    const client = new S3Client({ endpoint, region: demo.region, credentials, forcePathStyle: true })
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: demo.bucket }))
    expect(Contents.map(({ Key }) => Key).sort()).toEqual([...files.keys()].map((name) => `my drop/${name}`).sort())
    for (const [name, bytes] of files) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: demo.bucket, Key: `my drop/${name}` }))
      expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(bytes), name).toBe(true)
    }
  })
})

describe('the window', () => {
  it('is locked down', async () => {
    await using run = await ElectronRun.prepare(userData())
    const order = await run.ask('start')
    expect(order).toEqual(['schemes', 'lock', 'ready', 'window', 'loaded'])
    expect(await run.ask('schemes')).toEqual([{ scheme: 'app', privileges: { standard: true, secure: true } }])
    expect((await run.ask('windowOptions')).webPreferences).toEqual({
      preload: expect.stringMatching(/preload.index\.cjs$/),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
    })
    expect(await run.ask('exposed')).toEqual(['call', 'onEvent', 'pathsOf'])
    expect(new Set(await run.ask('permissions'))).toEqual(new Set([false]))
    expect(await run.ask('navigation')).toEqual({ navigate: true, webview: true, open: { action: 'deny' } })
  })

  it('gets its files, with the policy, and nothing else', async () => {
    await using run = await ElectronRun.start(userData())
    const index = await run.ask('fetch', 'app://sluice/')
    expect(index).toMatchObject({ status: 200, text: expect.stringContaining('<div id="root">') })
    expect(Object.fromEntries(index.headers)['content-security-policy']).toContain("default-src 'none'")
    expect((await run.ask('fetch', 'app://other/')).status).toBe(404)
    expect((await run.ask('fetch', 'app://sluice/%2e%2e/main/index.js')).status).toBe(404)
  })

  it('answers its own main frame only', async () => {
    await using run = await ElectronRun.start(userData())
    expect(await run.ask('callFrom', 'main')).toMatchObject({ ok: true })
    const refused = expect.stringContaining('this frame may not talk to Sluice')
    expect(await run.ask('callFrom', null)).toEqual(refused)
    // Equal to the main frame, and another one.
    expect(await run.ask('callFrom', { origin: 'app://sluice', url: 'app://sluice/' })).toEqual(refused)
    expect(await run.ask('callFrom', { origin: 'https://example.com', url: 'https://example.com/' })).toEqual(refused)
  })

  it('refuses what does not fit the contract', async () => {
    await using run = await ElectronRun.start(userData())
    const answer = await run.ask('call', 'formatDisk' as never, {} as never)
    expect(answer).toMatchObject({ ok: false, error: { code: 'bad-input' } })
  })

  it('chooses through the dialogs of the system', async () => {
    writeFileSync(join(folder, 'a.txt'), 'a')
    await using run = await ElectronRun.start(userData())
    await run.call('startDemo', {})
    const paths = [join(folder, 'a.txt')]
    await run.ask('answerOpenDialog', paths)
    expect(await run.call('choosePaths', { what: 'files' })).toEqual({ paths })
    await run.call('addPaths', { paths, destinationId: 'demo' })
    await run.ask('answerOpenDialog', [])
    expect(await run.call('choosePaths', { what: 'folder' })).toEqual({ paths: [] })
    expect(await run.ask('dialogsShown')).toEqual([
      { properties: ['openFile', 'multiSelections'] },
      { properties: ['openDirectory'], defaultPath: folder },
    ])
  })

  it('comes back when its page crashed, on a host that went on', async () => {
    await using run = await ElectronRun.start(userData())
    await startSlowUpload(run)
    await run.ask('crashPage')
    await expect.poll(async () => (await run.ask('order')).filter((step) => step === 'loaded').length).toBe(2)
    expect(await rows(run)).toMatchObject([{ name: 'slow.bin', phase: 'uploading' }])
  })
})

describe('closing', () => {
  it('ends the app when nothing is left to do', async () => {
    await using run = await ElectronRun.start(userData())
    await run.ask('closeWindow')
    expect(await run.exited).toBe(0)
  })

  it('asks while work is left, goes back, keeps uploading, and ends when all is there', async () => {
    await using run = await ElectronRun.start(userData())
    await startSlowUpload(run)
    await run.ask('answerMessageBox', 1)
    await run.ask('closeWindow')
    await expect.poll(async () => (await run.ask('dialogsShown')).length).toBe(1)
    expect(await run.ask('windowCount')).toBe(1)
    await run.call('setLimit', { limitBytesPerSecond: 16 * MIB })
    await run.ask('answerMessageBox', 0)
    await run.ask('closeWindow')
    expect(await run.exited).toBe(0)
  })

  it('gives the rest up when told to', async () => {
    await using run = await ElectronRun.start(userData())
    await startSlowUpload(run)
    await run.ask('answerMessageBox', 2)
    await run.ask('closeWindow')
    expect(await run.exited).toBe(0)
  })
})

describe('a second start', () => {
  it('ends at once', async () => {
    await using run = await ElectronRun.prepare(userData(), { STAND_IN_NO_LOCK: '1' })
    await expect(run.ask('start')).rejects.toThrow('the shell ended with 0')
  })

  it('brings the first window to the front', async () => {
    await using run = await ElectronRun.start(userData())
    await run.ask('secondInstance', [])
    expect((await run.ask('order')).at(-1)).toBe('focus')
  })
})

describe('electron-store', () => {
  const settingsPath = () => join(userData(), 'settings.json')

  it('finds the settings again after a restart', async () => {
    {
      await using run = await ElectronRun.start(userData())
      await run.call('setLimit', { limitBytesPerSecond: 12_345 })
      await run.call('saveSettings', { appearance: 'dark' })
      await run.ask('closeWindow')
      await run.exited
    }
    expect(JSON.parse(readFileSync(settingsPath(), 'utf8'))).toMatchObject({ limitPlan: { manual: 12_345 } })
    await using again = await ElectronRun.start(userData())
    expect((await again.call('hello', {})).settings).toMatchObject({
      limitPlan: { manual: 12_345 },
      appearance: 'dark',
    })
  })

  it('survives a broken file and says so', async () => {
    mkdirSync(userData())
    writeFileSync(settingsPath(), '{"limitBytesPerSecond": 12')
    await using run = await ElectronRun.start(userData())
    const { settings, troubles } = await run.call('hello', {})
    expect(settings.limitPlan.manual).toBeNull()
    expect(troubles).toEqual([{ kind: 'set-aside', message: expect.stringMatching(/settings\.corrupt-.+\.json/) }])
    const aside = readdirSync(userData()).find((name) => name.includes('corrupt')) ?? ''
    expect(readFileSync(join(userData(), aside), 'utf8')).toBe('{"limitBytesPerSecond": 12')
  })

  const SECRET = { secretAccessKey: 'TOPSECRETTOPSECRET', sessionToken: 'ALSOSECRETALSOSECRET' }
  const MINE = {
    id: 'mine',
    name: 'Mine',
    endpoint: 'http://127.0.0.1:9000',
    region: 'us-east-1',
    bucket: 'b',
    prefix: '',
    pathStyle: true,
    provider: null,
    object: PLAIN_OBJECT,
    found: null,
    credentials: { kind: 'keys' as const, accessKeyId: 'AKIDVISIBLE' },
    onExists: 'skip-same' as const,
    pace: { limitBytesPerSecond: null, requestsPerSecond: null, filesPerSecond: null },
    caFile: null,
    proxy: null,
    bindAddress: null,
  }

  it('never holds a secret, which is asked for again where the system keeps none', async () => {
    await using run = await ElectronRun.start(userData())
    expect(await run.call('saveDestination', { destination: MINE, secret: SECRET })).toMatchObject({ hasSecret: true })
    expect((await run.call('hello', {})).secretPlace).toBe('session')
    await run.ask('closeWindow')
    await run.exited
    expect(readFileSync(settingsPath(), 'utf8')).toContain('AKIDVISIBLE')
    for (const name of readdirSync(userData())) {
      if (name.endsWith('.json')) expect(readFileSync(join(userData(), name), 'utf8')).not.toMatch(/SECRET/)
    }
    await using again = await ElectronRun.start(userData())
    expect((await again.call('hello', {})).destinations).toMatchObject([{ id: 'mine', hasSecret: false }])
    await expect(again.call('addPaths', { paths: ['/x'], destinationId: 'mine' })).rejects.toThrow('enter it again')
  })

  it('leaves typed keys to the system, which finds them again until their destination is removed', async () => {
    const env = { STAND_IN_PASSWORD_STORE: 'gnome_libsecret' }
    {
      await using run = await ElectronRun.start(userData(), env)
      await run.call('saveDestination', { destination: MINE, secret: SECRET })
      expect((await run.call('hello', {})).secretPlace).toBe('system')
      await run.ask('closeWindow')
      await run.exited
    }
    const secretsFile = () => readFileSync(join(userData(), 'secrets.json'), 'utf8')
    expect(secretsFile()).toContain('mine')
    expect(secretsFile() + readFileSync(settingsPath(), 'utf8')).not.toMatch(/SECRET/)
    {
      await using run = await ElectronRun.start(userData(), { ...env, STAND_IN_SYSTEM_KEY: 'another login' })
      expect((await run.call('hello', {})).destinations).toMatchObject([{ id: 'mine', hasSecret: false }])
      await run.ask('closeWindow')
      await run.exited
    }
    await using run = await ElectronRun.start(userData(), env)
    expect((await run.call('hello', {})).destinations).toMatchObject([{ id: 'mine', hasSecret: true }])
    await run.call('removeDestination', { id: 'mine' })
    await expect.poll(() => JSON.parse(secretsFile())).toEqual({})
  })
})
