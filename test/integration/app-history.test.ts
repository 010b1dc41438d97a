import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { App } from '../../src/main/app/app.ts'
import { parseReceipt } from '../../src/shared/receipt-reader.ts'
import { ask, openApp } from '../support/app-scene.ts'
import { tempFolder } from '../support/temp-folder.ts'

const VIEW = { firstIndex: 0, count: 50, filter: 'all', sort: { by: 'queue', descending: false } } as const
const DONE = { kind: 'filter', filter: 'done' } as const

/** A window without a window, whose person answers "save as" with the paths that `saveTo` yields. */
function open(dataDir: string, saveTo: (string | null)[]): App {
  return openApp(dataDir, {
    kind: 'electron',
    dialogs: { choose: async () => [], save: async () => saveTo.shift() ?? null },
  })
}

async function untilHistory(app: App, batches: number) {
  for (;;) {
    const history = await ask(app, 'listHistory', {})
    if (history.length === batches) return history
    await sleep(50)
  }
}

it('keeps ended batches: a receipt in each format, and gone once they are forgotten', async () => {
  await using folder = await tempFolder('app-history')
  const csv = join(folder.path, 'receipt.csv')
  const json = join(folder.path, 'receipt.json')
  const app = open(join(folder.path, 'data'), [csv, json, null, join(folder.path, 'nowhere', 'receipt.csv')])
  const { id } = await ask(app, 'startDemo', {})
  const photos = join(folder.path, 'photos')
  await mkdir(photos)
  for (let at = 0; at < 1_003; at++) await writeFile(join(photos, `=${at}.jpg`), `photo ${at}`)
  await ask(app, 'addPaths', { paths: [photos], destinationId: id })
  const [batch] = await untilHistory(app, 1)
  expect(batch).toMatchObject({ names: ['photos'], sources: 1, files: 1_003, completed: 1_003, failed: 0 })
  const batchId = batch?.batchId ?? 0

  expect(await ask(app, 'exportReceipt', { batchId, format: 'csv' })).toEqual({ path: csv })
  expect(await ask(app, 'exportReceipt', { batchId, format: 'json' })).toEqual({ path: json })
  for (const path of [csv, json]) {
    const receipt = parseReceipt(await readFile(path, 'utf8'))
    if (!receipt.ok) throw new Error(receipt.message)
    expect(receipt.value.entries).toHaveLength(1_003)
    expect(receipt.value.entries.find(({ key }) => key === 'photos/=7.jpg')).toMatchObject({
      path: join(photos, '=7.jpg'),
      bucket: 'demo',
      phase: 'completed',
      checksumAlgorithm: 'crc32',
      verified: 'checksum',
    })
  }
  expect(await ask(app, 'exportReceipt', { batchId, format: 'csv' })).toEqual({ cancelled: true })
  await expect(ask(app, 'exportReceipt', { batchId, format: 'csv' })).rejects.toThrow(
    'cannot be written: there is no such file or folder',
  )
  expect((await readdir(folder.path)).filter((name) => name.endsWith('.part'))).toEqual([])

  await ask(app, 'forgetBatches', { batchIds: [batchId] })
  expect(await ask(app, 'listHistory', {})).toEqual([])
  expect((await ask(app, 'subscribe', VIEW)).matching).toBe(0)
  await expect(ask(app, 'exportReceipt', { batchId, format: 'csv' })).rejects.toThrow('no longer in the history')
  await app.close()
})

it('takes back a removal: the rows come back to their places, at the next start too', async () => {
  await using folder = await tempFolder('app-history')
  const dataDir = join(folder.path, 'data')
  const app = open(dataDir, [])
  const { id } = await ask(app, 'startDemo', {})
  const names = ['a', 'b', 'c']
  for (const [at, name] of names.entries()) {
    await writeFile(join(folder.path, name), name)
    await ask(app, 'addPaths', { paths: [join(folder.path, name)], destinationId: id })
    // Folders are walked beside one another: only so is it known who comes first.
    await untilHistory(app, at + 1)
  }
  const shown = async (from: App) => (await ask(from, 'subscribe', VIEW)).rows.map(({ name }) => name)
  const middle = (await ask(app, 'subscribe', VIEW)).rows[1]?.id ?? 0
  expect(await ask(app, 'removeTransfers', { which: { kind: 'ids', ids: [middle] } })).toEqual({ removed: 1 })
  expect(await shown(app)).toEqual(['a', 'c'])
  expect(await ask(app, 'undoRemove', {})).toEqual({ restored: 1 })
  expect(await shown(app)).toEqual(names)
  expect(await ask(app, 'undoRemove', {})).toEqual({ restored: 0 })
  // Only the last removal comes back.
  await ask(app, 'removeTransfers', { which: { kind: 'ids', ids: [middle] } })
  await ask(app, 'removeTransfers', { which: DONE })
  await ask(app, 'undoRemove', {})
  expect(await shown(app)).toEqual(['a', 'c'])
  await app.close()

  const next = open(dataDir, [])
  while ((await shown(next)).length < 2) await sleep(50)
  expect(await shown(next)).toEqual(['a', 'c'])
  await next.close()
})
