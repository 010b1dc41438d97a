import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Conf from 'conf'
import { expect, it } from 'vitest'
import type { App } from '../../src/main/app/app.ts'
import { createApp } from '../../src/main/app/app.ts'
import type { CommandInput, CommandName, CommandOutput, QuotaView } from '../../src/shared/contract.ts'
import { sourceWorkers } from '../support/engine-scene.ts'
import { tempFolder } from '../support/temp-folder.ts'

const demo = new URL('../../src/main/demo/worker.ts', import.meta.url)

function open(dataDir: string): App {
  return createApp({
    shell: { kind: 'chromium', dialogs: null },
    workerPaths: { ...sourceWorkers, demo },
    dataDir,
    openSettingsFile: ({ folder, name }) => new Conf({ cwd: folder, configName: name }),
    secretStores: [],
    version: '0',
  })
}

async function ask<N extends CommandName>(app: App, name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
  const result = await app.dispatch(name, input)
  if (!result.ok) throw new Error(result.error.message)
  return result.value as CommandOutput<N>
}

it('keeps quotas and what they counted when the app is closed and opened again', async () => {
  await using folder = await tempFolder('app')
  const dataDir = join(folder.path, 'data')
  const paths = [1, 2, 3].map((index) => join(folder.path, `f${index}`))
  for (const path of paths) await writeFile(path, 'x')

  const first = open(dataDir)
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

  const second = open(dataDir)
  const { quotas, notices } = await ask(second, 'hello', {})
  expect(notices).toEqual([])
  expect(quotas).toMatchObject([{ name: '2 files per day', used: 2, left: 0, destinationId: id }])
  await ask(second, 'removeDestination', { id })
  expect((await ask(second, 'hello', {})).settings.quotas).toEqual([])
  await second.close()
})
