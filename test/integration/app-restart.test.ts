import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { App } from '../../src/main/app/app.ts'
import { startDemoServer } from '../../src/main/demo/server.ts'
import { claimDataFolder } from '../../src/main/engine/data-folder.ts'
import { ask, openApp } from '../support/app-scene.ts'
import { MiB } from '../support/engine-scene.ts'
import { FarSide } from '../support/far-side.ts'
import { tempFolder } from '../support/temp-folder.ts'

const VIEWPORT = { firstIndex: 0, count: 10, filter: 'all', sort: { by: 'queue', descending: false } } as const

async function row(app: App) {
  return (await ask(app, 'subscribe', { ...VIEWPORT })).rows[0]
}

it('goes on at the next start with what was being sent when the window was closed', async () => {
  await using folder = await tempFolder('app-restart')
  const dataDir = join(folder.path, 'data')
  const bytes = randomBytes(40 * MiB)
  const path = join(folder.path, 'large')
  await writeFile(path, bytes)
  const first = openApp(dataDir)
  const { id } = await ask(first, 'startDemo', {})
  await ask(first, 'setLimit', { limitBytesPerSecond: 15 * MiB })
  await ask(first, 'addPaths', { paths: [path], destinationId: id })
  while (((await row(first))?.confirmedBytes ?? 0) === 0) await sleep(50)
  await first.close()

  const second = openApp(dataDir)
  expect((await ask(second, 'hello', {})).notices).toEqual([])
  while ((await row(second)) === undefined) await sleep(50)
  expect((await row(second))?.confirmedBytes).toBeGreaterThan(0)
  await ask(second, 'setLimit', { limitBytesPerSecond: null })
  while ((await row(second))?.phase !== 'completed') await sleep(50)
  expect(await row(second)).toMatchObject({ verified: 'checksum', error: null })
  await second.close()

  const server = await startDemoServer({ dir: join(dataDir, 'demo-bucket') })
  const far = new FarSide(server)
  expect(bytes.equals(await far.bytes('large'))).toBe(true)
  expect(await far.openUploads()).toEqual([])
  far.close()
  await server.close()
})

it('says that a damaged journal was set aside, and never shows a silently empty queue', async () => {
  await using folder = await tempFolder('app-restart')
  const dataDir = join(folder.path, 'data')
  const path = join(folder.path, 'file')
  await writeFile(path, 'x')
  const first = openApp(dataDir)
  const { id } = await ask(first, 'startDemo', {})
  await ask(first, 'addPaths', { paths: [path], destinationId: id })
  await first.whenIdle()
  await first.close()
  await writeFile(join(dataDir, 'journal.db'), randomBytes(10_000))

  const second = openApp(dataDir)
  expect((await ask(second, 'hello', {})).troubles).toEqual([
    {
      kind: 'set-aside',
      message: expect.stringMatching(
        /^The journal of uploads was damaged and is set aside as .*journal\.corrupt-.*\.db\./,
      ),
    },
  ])
  await second.close()
  expect((await readdir(dataDir)).filter((name) => name.startsWith('journal.corrupt-'))).toHaveLength(1)
})

it('says why nothing can be uploaded while another process has its data folder', async () => {
  await using folder = await tempFolder('app-restart')
  const claim = claimDataFolder(folder.path)
  if (!claim.ok) throw new Error(claim.message)
  const app = openApp(folder.path)
  const message = `The data folder ${folder.path} is in use by process ${process.pid}.`
  await expect.poll(async () => (await ask(app, 'hello', {})).troubles).toEqual([{ kind: 'unkept', message }])
  const { id } = await ask(app, 'startDemo', {})
  await expect(ask(app, 'addPaths', { paths: [folder.path], destinationId: id })).rejects.toThrow(message)
  await app.close()
  claim.release()
})
