import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { appendFile, mkdir, open, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/main/demo/faults.ts'
import type { TransferOptions } from '../../src/main/engine/api.ts'
import { HELD_BYTES } from '../../src/main/engine/sender-pool.ts'
import { EngineScene, MiB } from '../support/engine-scene.ts'

const run = promisify(execFile)
const PART = 5 * MiB

/** What the engine said to people while it worked. */
const notices = (scene: EngineScene) =>
  scene.events.flatMap((event) => (event.type === 'notice' ? [event.message] : [])).join('\n')

const partsSent = (scene: EngineScene) => scene.requests('UploadPart').length

/** Three parts and a bit, slowly, so that there is time to touch the file while parts are on their way. */
async function underWay(options: Partial<TransferOptions> = {}) {
  const scene = await EngineScene.start({ limitBytesPerSecond: MiB, connections: 1 })
  const bytes = randomBytes(3 * PART + 3)
  const path = await scene.write('folder/a', bytes)
  await scene.add(path, 'a', options)
  await scene.until(async () => (await scene.sentBytes()) > 0)
  return { scene, bytes, path, goOn: () => scene.engine.call('setLimit', { limitBytesPerSecond: null }) }
}

describe('a completion is proved', () => {
  const upload = async (faults: readonly Fault[]) => {
    const scene = await EngineScene.start()
    scene.server.setFaults(faults)
    const bytes = randomBytes(3 * PART + 3)
    await scene.add(await scene.write('a', bytes), 'a')
    return { scene, bytes, end: await scene.end('a') }
  }

  it.each<[string, Fault['do'], string]>([
    ['a 200 with an error in it', { kind: 'error-in-ok', code: 'InternalError' }, 'checksum'],
    ['an empty answer', { kind: 'empty-answer' }, 'checksum'],
    ['an answer that is cut short', { kind: 'truncated-answer', bytes: 60 }, 'checksum'],
    ['an answer that is lost', { kind: 'drop', when: 'after-commit' }, 'checksum'],
    ['a connection that closes before it is read', { kind: 'drop', when: 'before-reading' }, 'checksum'],
  ])('%s is no success, and no reason to send a byte again', async (_, fault, verified) => {
    const { scene, bytes, end } = await upload([{ on: 'CompleteMultipartUpload', do: fault }])
    await using _scene = scene
    expect(end).toMatchObject({ phase: 'completed', verified, resentBytes: 0 })
    expect(partsSent(scene)).toBe(4)
    expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
    expect(await scene.far.openUploads()).toEqual([])
  })

  it('completes nothing while every answer is an error in a 200', async () => {
    await using scene = await EngineScene.start()
    const fault = { kind: 'error-in-ok', code: 'InternalError' } as const
    scene.server.setFaults([{ on: 'CompleteMultipartUpload', times: null, do: fault }])
    await scene.add(await scene.write('a', randomBytes(PART + 1)), 'a', { giveUpAfterMs: 2_000 })
    expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'server-unavailable' } })
    expect(await scene.far.keys()).toEqual([])
  })

  it('is asked for until the server has time for it, however often it says that it has none', async () => {
    const busy = { kind: 'answer', status: 503, code: 'SlowDown' } as const
    const { scene, bytes, end } = await upload([{ on: 'CompleteMultipartUpload', times: 3, do: busy }])
    await using _scene = scene
    expect(end).toMatchObject({ phase: 'completed', verified: 'checksum', resentBytes: 0 })
    expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
  })

  it('sends only the part again about whose ETag the server had lied, and says so', async () => {
    const { scene, bytes, end } = await upload([{ on: 'UploadPart', partNumber: 2, do: { kind: 'wrong-etag' } }])
    await using _scene = scene
    expect(end).toMatchObject({ phase: 'completed', verified: 'checksum', resentBytes: PART })
    expect(partsSent(scene)).toBe(5)
    expect(scene.requests('CreateMultipartUpload').length).toBe(1)
    expect(notices(scene)).toContain('One part of a')
    expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
  })

  it.each(['EntityTooSmall', 'InvalidPart'])(
    'begins anew, once, and says so, where the server answers %s and lists the parts as they should be',
    async (code) => {
      const { scene, bytes, end } = await upload([
        { on: 'CompleteMultipartUpload', do: { kind: 'answer', status: 400, code } },
      ])
      await using _scene = scene
      expect(end).toMatchObject({ phase: 'completed', verified: 'checksum' })
      expect(scene.requests('ListParts').length).toBeGreaterThan(0)
      expect(scene.requests('CreateMultipartUpload').length).toBe(2)
      expect(notices(scene)).toContain('a is sent again from the start')
      expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
      await scene.until(async () => (await scene.far.openUploads()).length === 0)
    },
  )

  it('fails, and leaves nothing, where the server never accepts the parts', async () => {
    const refusal = { kind: 'answer', status: 400, code: 'EntityTooSmall' } as const
    const { scene, end } = await upload([{ on: 'CompleteMultipartUpload', times: null, do: refusal }])
    await using _scene = scene
    expect(end).toMatchObject({ phase: 'failed', error: { code: 'parts-rejected' } })
    expect(scene.requests('CreateMultipartUpload').length).toBe(2)
    await scene.until(async () => (await scene.far.openUploads()).length === 0)
  })

  it('begins anew, once, where the parts were removed behind its back', async () => {
    const gone = { kind: 'answer', status: 404, code: 'NoSuchUpload' } as const
    const { scene, bytes, end } = await upload([{ on: 'CompleteMultipartUpload', do: gone }])
    await using _scene = scene
    expect(end).toMatchObject({ phase: 'completed', verified: 'checksum' })
    expect(notices(scene)).toContain('a is sent again from the start')
    expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
  })

  it('says "size" of a server that keeps no checksums, and nothing more', async () => {
    const { scene, bytes, end } = await upload([{ on: 'any', times: null, do: { kind: 'ignore-checksums' } }])
    await using _scene = scene
    expect(end).toMatchObject({ phase: 'completed', verified: 'size' })
    expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
  })

  it('sends the part again that the server stored wrongly, though it reports the wrong checksum only', async () => {
    const wrong = { kind: 'store-wrong-byte', offset: 7, reports: 'its-own' } as const
    const { scene, bytes, end } = await upload([{ on: 'UploadPart', partNumber: 3, do: wrong }])
    await using _scene = scene
    expect(end).toMatchObject({ phase: 'completed', verified: 'checksum', resentBytes: PART })
    expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
  })
})

describe('a file that changes under its upload', () => {
  it.each<[string, (path: string) => Promise<unknown>]>([
    ['is appended to', (path) => appendFile(path, 'more')],
    ['is cut short', (path) => truncate(path, PART)],
    ['is written to', (path) => writeAt(path, PART + 5, 'x')],
    [
      'is replaced by another of the same size and time',
      async (path) => {
        await writeFile(`${path}.new`, randomBytes(3 * PART + 3))
        await run('touch', ['-r', path, `${path}.new`])
        await rename(`${path}.new`, path)
      },
    ],
  ])('completes nothing when it %s', async (_, act) => {
    const { scene, path, goOn } = await underWay()
    await using _scene = scene
    await act(path)
    await goOn()
    expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'source-changed' } })
    await scene.until(async () => (await scene.far.openUploads()).length === 0)
    expect(await scene.far.keys()).toEqual([])
  })

  it('completes nothing when it changes between its last part and the completion', async () => {
    await using scene = await EngineScene.start()
    const path = await scene.write('a', randomBytes(PART + 1))
    const busy = { kind: 'answer', status: 503, code: 'SlowDown', retryAfterSeconds: 1 } as const
    scene.server.setFaults([{ on: 'CompleteMultipartUpload', do: busy }])
    await scene.add(path, 'a')
    await scene.until(() => scene.requests('CompleteMultipartUpload').length > 0)
    await appendFile(path, 'more')
    expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'source-changed' } })
    expect(await scene.far.keys()).toEqual([])
  })

  it.each(['crc32', 'crc64nvme', 'md5'] as const)(
    'is noticed by its bytes alone, with %s, where nothing else shows a write between reading and sending',
    async (checksum) => {
      // A server that checks nothing: only what we do ourselves can notice.
      await using scene = await EngineScene.start({ limitBytesPerSecond: MiB, connections: 1 })
      scene.server.setFaults([{ on: 'any', times: null, do: { kind: 'ignore-checksums' } }])
      // Its end is not kept in memory from the first pass on.
      const bytes = HELD_BYTES + PART - 1
      const path = await scene.write('a', randomBytes(bytes))
      await scene.add(path, 'a', { checksum, multipartThresholdBytes: 100 * MiB })
      // The first pass, over the whole file, is done before the first byte goes.
      await scene.until(async () => (await scene.sentBytes()) > 0)
      await writeUnseen(path, bytes - 1000, 'written between the passes')
      await scene.engine.call('setLimit', { limitBytesPerSecond: null })
      expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'source-changed' } })
    },
  )

  it('sends what it has summed: what is kept in memory, whatever is written to the file then', async () => {
    await using scene = await EngineScene.start({ limitBytesPerSecond: MiB, connections: 1 })
    const before = randomBytes(PART - 1)
    const path = await scene.write('a', before)
    await scene.add(path, 'a', { multipartThresholdBytes: 100 * MiB })
    await scene.until(async () => (await scene.sentBytes()) > 0)
    await writeUnseen(path, PART - 1000, 'written after the reading')
    await scene.engine.call('setLimit', { limitBytesPerSecond: null })
    expect(await scene.end('a')).toMatchObject({ phase: 'completed' })
    expect((await scene.far.bytes('a')).equals(before)).toBe(true)
  })

  it('is sent anew where the person wants that, and the object is what the file became', async () => {
    const { scene, path, goOn } = await underWay({ onChange: 'restart' })
    await using _scene = scene
    const changed = randomBytes(2 * PART + 9)
    await writeFile(path, changed)
    await goOn()
    expect(await scene.end('a')).toMatchObject({ phase: 'completed', verified: 'checksum', sizeBytes: changed.length })
    expect(changed.equals(await scene.far.bytes('a'))).toBe(true)
    expect(notices(scene)).toContain('a changed while it was being uploaded; it is sent again from the start')
    await scene.until(async () => (await scene.far.openUploads()).length === 0)
  })

  it('is not sent anew for ever: a log that grows with every part fails in the end', async () => {
    await using scene = await EngineScene.start()
    const path = await scene.write('a', randomBytes(2 * PART))
    let seen = 0
    scene.server.setFaults([{ on: 'UploadPart', times: null, do: { kind: 'delay', ms: 200 } }])
    await scene.add(path, 'a', { onChange: 'restart' })
    const growing = setInterval(() => {
      // Each attempt sees the file grow once its first part is on its way.
      if (scene.requests('CreateMultipartUpload').length === seen) return
      seen = scene.requests('CreateMultipartUpload').length
      setTimeout(() => void appendFile(path, 'a line\n'), 100)
    }, 20)
    try {
      expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'source-changed' } })
    } finally {
      clearInterval(growing)
    }
    expect(scene.requests('CreateMultipartUpload').length).toBe(4)
    expect(await scene.far.keys()).toEqual([])
  })
})

// A look at what is away comes every 2 s: they wait side by side.
describe.concurrent('a volume that vanishes', () => {
  it('is waited for, and the upload goes on where it was', async () => {
    const { scene, bytes, path, goOn } = await underWay()
    await using _scene = scene
    const folder = join(path, '..')
    await scene.until(() => partsSent(scene) > 0)
    await rename(folder, `${folder}-away`)
    await goOn()
    await scene.event('notice', ({ message }) => message.includes('waits for its return'))
    expect(await scene.engine.call('isIdle', null)).toBe(false)
    await rename(`${folder}-away`, folder)
    expect(await scene.end('a')).toMatchObject({ phase: 'completed', verified: 'checksum' })
    expect(scene.requests('CreateMultipartUpload').length).toBe(1)
    expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
  })

  it.runIf(canMount())('really, and is mounted again as another device, is the same volume', async () => {
    await using scene = await EngineScene.start({ limitBytesPerSecond: MiB, connections: 1 })
    const bytes = randomBytes(3 * PART + 3)
    const original = await scene.write('original', bytes)
    const mount = join(scene.folder, 'mount')
    const plugIn = async () => {
      await run('mount', ['-t', 'tmpfs', 'sluice-test', mount])
      await run('cp', ['-p', original, join(mount, 'a')])
    }
    await mkdir(mount)
    await plugIn()
    try {
      await scene.add(join(mount, 'a'), 'a')
      await scene.until(() => partsSent(scene) > 0)
      await run('umount', ['-l', mount])
      await scene.engine.call('setLimit', { limitBytesPerSecond: null })
      await scene.event('notice', ({ message }) => message.includes('waits for its return'))
      await plugIn()
      expect(await scene.end('a')).toMatchObject({ phase: 'completed', verified: 'checksum' })
    } finally {
      await run('umount', ['-l', mount])
    }
    expect(scene.requests('CreateMultipartUpload').length).toBe(1)
    expect(bytes.equals(await scene.far.bytes('a'))).toBe(true)
  })

  it('and comes back with another file in its place completes nothing', async () => {
    const { scene, path, goOn } = await underWay()
    await using _scene = scene
    const folder = join(path, '..')
    await rename(folder, `${folder}-away`)
    await goOn()
    await scene.event('notice', ({ message }) => message.includes('waits for its return'))
    await scene.write('folder/a', 'another')
    expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'source-changed' } })
    expect(await scene.far.keys()).toEqual([])
  })

  it('is given up when the time for that is over', async () => {
    const { scene, path, goOn } = await underWay({ giveUpAfterMs: 1_000 })
    await using _scene = scene
    await rename(join(path, '..'), `${join(path, '..')}-away`)
    await goOn()
    expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'source-missing' } })
  })

  it('is not what a single file is that was removed from its folder', async () => {
    const { scene, path, goOn } = await underWay()
    await using _scene = scene
    await rm(path)
    await goOn()
    expect(await scene.end('a')).toMatchObject({ phase: 'failed', error: { code: 'source-missing' } })
  })
})

/** Only root may, and not in every container. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'sluice-test', folder]).status === 0
  if (mounted) spawnSync('umount', [folder])
  rmdirSync(folder)
  return mounted
}

/** Size and time of the file stay what they are. */
async function writeUnseen(path: string, position: number, text: string): Promise<void> {
  const reference = `${path}.times`
  await run('touch', ['-r', path, reference])
  await writeAt(path, position, text)
  await run('touch', ['-r', reference, path])
}

async function writeAt(path: string, position: number, text: string): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(text, position)
  await file.close()
}
