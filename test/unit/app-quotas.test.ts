import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { QuotaView } from '../../src/shared/settings.ts'
import { ask, openApp } from '../support/app-scene.ts'
import { tempFolder } from '../support/temp-folder.ts'

it('keeps quotas and what they counted when the app is closed and opened again', async () => {
  await using folder = await tempFolder('app')
  const dataDir = join(folder.path, 'data')
  const paths = [1, 2, 3].map((index) => join(folder.path, `f${index}`))
  for (const path of paths) await writeFile(path, 'x')

  const first = openApp(dataDir)
  const usedUp = new Promise<QuotaView>((resolve) => {
    first.onEvent((event) => {
      const quota = event.type === 'quotas' ? event.quotas[0] : undefined
      if (quota?.used === 2) resolve(quota)
    })
  })
  const { id } = await ask(first, 'startDemo', {})
  await ask(first, 'changeQuotas', { kind: 'set', name: '', text: '2 files/day', mode: 'stop', destinationId: id })
  await ask(first, 'addPaths', { paths, destinationId: id })
  expect(await usedUp).toMatchObject({ left: 0, blockedUntilMs: expect.any(Number) })
  expect(await first.unfinishedCount()).toBe(1)
  await first.close()

  const second = openApp(dataDir)
  const { quotas, notices } = await ask(second, 'hello', {})
  expect(notices).toEqual([])
  expect(quotas).toMatchObject([{ name: '2 files per day', used: 2, left: 0, destinationId: id }])
  await ask(second, 'removeDestination', { id })
  expect((await ask(second, 'hello', {})).settings.quotas).toEqual([])
  await second.close()
})
