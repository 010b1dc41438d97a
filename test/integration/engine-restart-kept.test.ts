import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { MiB } from '../support/engine-scene.ts'
import { RestartScene } from '../support/restart-scene.ts'

const PART = 5 * MiB
const VIEW = {
  firstIndex: 0,
  count: 10,
  filter: 'all',
  sort: { by: 'queue', descending: false },
  collapsed: [],
} as const

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
  // It finds the wrong part, and sends nothing.
  const second = await scene.restarted({ limitBytesPerSecond: 0 })
  await scene.requests('ListParts', 1)
  const open = async () => (await second.call('subscribe', VIEW)).rows[0]?.confirmedBytes
  while ((await open()) !== PART) await new Promise((resolve) => setTimeout(resolve, 20))
  await second.kill()
  const third = scene.engine()
  // The part that is wrong, and the one that was on its way when the first process ended.
  expect(await third.call('restore', null)).toMatchObject({ resentAtMost: 2 * PART })
})
