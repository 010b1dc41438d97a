import Conf from 'conf'
import type { App } from '../../src/main/app/app.ts'
import { createApp } from '../../src/main/app/app.ts'
import type { Shell } from '../../src/main/app/shell.ts'
import type { CommandInput, CommandName, CommandOutput } from '../../src/shared/contract.ts'
import { sourceWorkers } from './engine-scene.ts'

/** The whole app without a window: real threads, and settings, journal and demo bucket in `dataDir`. */
export function openApp(dataDir: string, shell: Shell = { kind: 'chromium', dialogs: null }): App {
  return createApp({
    shell,
    workerPaths: { ...sourceWorkers, demo: new URL('../../src/main/demo/worker.ts', import.meta.url) },
    dataDir,
    openSettingsFile: ({ folder, name }) => new Conf({ cwd: folder, configName: name }),
    secretStores: [],
    version: '0',
  })
}

/** What a window asks. @throws Error with the sentence of a refusal */
export async function ask<N extends CommandName>(app: App, name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
  const result = await app.dispatch(name, input)
  if (!result.ok) throw new Error(result.error.message)
  return result.value as CommandOutput<N>
}
