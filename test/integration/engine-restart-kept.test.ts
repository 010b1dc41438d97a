import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { destinationOf, MiB } from '../support/engine-scene.ts'
import { RestartScene } from '../support/restart-scene.ts'

const PART = 5 * MiB
const VIEW = {
  firstIndex: 0,
  count: 10,
  filter: 'all',
  sort: { by: 'queue', descending: false },
  collapsed: [],
} as const

/** The journal says of this part that it was begun, and no more. */
function isOpen({ dataDir }: RestartScene, number: number): boolean {
  const db = new DatabaseSync(join(dataDir, 'journal.db'), { readOnly: true, timeout: 5_000 })
  const row = db.prepare('SELECT 1 FROM part WHERE number = ? AND etag IS NULL').get(number)
  db.close()
  return row !== undefined
}

it('what a person set for one file and for a batch holds after a kill -9', async () => {
  await using scene = await RestartScene.start()
  await scene.write('a', randomBytes(2 * PART))
  await scene.write('b', randomBytes(2 * PART))
  const first = await scene.begun({ limitBytesPerSecond: 16 * 1024 })
  await first.event('scanned')
  await first.call('exemptTransfer', { id: 2, exempt: true })
  await first.call('setTransferLimit', { id: 2, limitBytesPerSecond: 64 * 1024 })
  await first.call('exemptTransfer', { id: 1, exempt: true })
  await first.call('exemptTransfer', { id: 1, exempt: false })
  await first.call('setBatchWeight', { batchId: 1, weight: 4 })
  await first.kill()
  const second = await scene.restarted({ limitBytesPerSecond: 16 * 1024 })
  const { rows, headers } = await second.call('subscribe', VIEW)
  expect(rows.map(({ id, exempt, limitBytesPerSecond }) => ({ id, exempt, limitBytesPerSecond }))).toEqual([
    { id: 1, exempt: false, limitBytesPerSecond: null },
    { id: 2, exempt: true, limitBytesPerSecond: 64 * 1024 },
  ])
  expect(headers).toMatchObject([{ batchId: 1, weight: 4 }])
  // It is held to its own limit, not to the one of everything.
  const limitOf = async () => (await second.call('subscribe', VIEW)).rows[1]?.limitedBy
  while ((await limitOf()) !== 'transfer') await new Promise((resolve) => setTimeout(resolve, 50))
})

it('a part that the server had and lost again counts as sent twice, also when the process ends before it goes', async () => {
  await using scene = await RestartScene.start()
  await scene.write('large', randomBytes(4 * PART))
  const first = await scene.begun({ connections: 1, limitBytesPerSecond: 20 * MiB })
  await scene.requests('UploadPart', 2)
  await first.kill()
  await scene.far.replacePart('p/large', 1, randomBytes(PART))
  const second = scene.engine()
  await second.call('setPaused', { paused: true })
  const { resentAtMost } = await second.call('restore', null)
  const confirmed = async () => (await second.call('subscribe', VIEW)).rows[0]?.confirmedBytes ?? 0
  const before = await confirmed()
  // It finds that the part is wrong, and sends nothing.
  await second.call('putDestination', destinationOf(scene.server))
  while ((await confirmed()) === before) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await confirmed()).toBe(before - PART)
  while (!isOpen(scene, 1)) await new Promise((resolve) => setTimeout(resolve, 20))
  await second.kill()
  expect(await scene.engine().call('restore', null)).toMatchObject({ resentAtMost: resentAtMost + PART })
})
