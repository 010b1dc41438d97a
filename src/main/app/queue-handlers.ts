import { basename, dirname, isAbsolute, resolve } from 'node:path'
import type { Handlers } from '../../shared/contract.ts'
import { providerOf, tagsRefusal } from '../../shared/providers.ts'
import { abilitiesOf, optionsFor } from '../core/provider-options.ts'
import type { NamedSource } from '../core/target.ts'
import { placeDrops } from '../core/target.ts'
import type { PreflightInput, Source } from '../engine/api.ts'
import type { EngineClient } from '../engine/client.ts'
import { userFs } from '../engine/user-files.ts'
import type { Destinations } from './destinations.ts'
import { BadInput } from './errors.ts'
import { listFolder } from './list-folder.ts'
import type { Settings } from './settings.ts'
import type { Shell } from './shell.ts'

type QueueHandlers = Pick<
  Handlers,
  | 'addPaths'
  | 'choosePaths'
  | 'preflight'
  | 'cancelPreflight'
  | 'listFolder'
  | 'pauseTransfers'
  | 'resumeTransfers'
  | 'cancelTransfers'
  | 'retryTransfers'
  | 'removeTransfers'
  | 'undoRemove'
  | 'moveTransfers'
  | 'setBatchWeight'
  | 'setTransferLimit'
  | 'exemptTransfer'
  | 'transferDetails'
>

/** Commands that put files into the queue and act on its transfers. */
export function queueHandlers(
  engine: EngineClient,
  destinations: Destinations,
  settings: Settings,
  shell: Shell,
): QueueHandlers {
  const batchOf = async (paths: readonly string[], destinationId: string): Promise<PreflightInput> => {
    const { prefix, onExists, object, provider, endpoint, found } = await destinations.ready(destinationId)
    const id = provider ?? providerOf(endpoint)
    const refusal = tagsRefusal(id, object.tags)
    if (refusal !== null) throw new BadInput(refusal)
    const sources = await sourcesOf(paths, prefix)
    const { partBytes, multipartThresholdBytes } = settings.values
    if (paths[0] !== undefined) settings.update({ lastFolder: dirname(paths[0]) })
    return {
      destinationId,
      sources,
      // A window never gives up by itself: the person sees the reason and decides.
      options: {
        partBytes,
        multipartThresholdBytes,
        onExists,
        giveUpAfterMs: null,
        object,
        ...optionsFor(id, abilitiesOf(id, found).checksum),
      },
    }
  }

  return {
    addPaths: async ({ paths, destinationId }) => {
      const batch = await batchOf(paths, destinationId)
      return await engine.call('addBatch', { ...batch, include: [], exclude: [], start: 'at-once' })
    },
    choosePaths: async ({ what }) => {
      if (shell.dialogs === null)
        throw new BadInput('This window chooses files by itself; the system dialog is not there.')
      return { paths: await shell.dialogs.choose(what, settings.values.lastFolder) }
    },
    preflight: async ({ paths, destinationId }) => await engine.call('preflight', await batchOf(paths, destinationId)),
    cancelPreflight: () => engine.call('cancelPreflight', null),
    listFolder: ({ path }) => listFolder(path, settings.values.lastFolder),
    pauseTransfers: ({ which, mode = 'now' }) => engine.call('pause', { which, mode }),
    resumeTransfers: ({ which }) => engine.call('resume', which),
    cancelTransfers: ({ which }) => engine.call('cancel', which),
    retryTransfers: (input) => engine.call('retry', input),
    removeTransfers: ({ which }) => engine.call('remove', which),
    undoRemove: () => engine.call('undoRemove', null),
    moveTransfers: (input) => engine.call('move', input),
    setBatchWeight: (input) => engine.call('setBatchWeight', input),
    transferDetails: (input) => engine.call('transferDetails', input),
    setTransferLimit: (input) => engine.call('setTransferLimit', input),
    exemptTransfer: (input) => engine.call('exemptTransfer', input),
  }
}

/** What was dropped keeps its name under the prefix. What is missing stays in the queue as one failed line. */
async function sourcesOf(paths: readonly string[], prefix: string): Promise<Source[]> {
  const named: NamedSource[] = []
  for (const given of new Set(paths)) {
    if (!isAbsolute(given)) throw new BadInput(`The path ${given} does not start at the top of a disk.`)
    const path = resolve(given)
    const stats = await userFs.promises.stat(path).catch(() => null)
    named.push({ path, name: basename(path), isFolder: stats?.isDirectory() ?? false, contentsOnly: false })
  }
  const sources = placeDrops(named, prefix)
  const pathByKey = new Map<string, string>()
  for (const { path, keyOrPrefix } of sources) {
    const other = pathByKey.get(keyOrPrefix)
    if (other !== undefined && other !== path) {
      throw new BadInput(`${other} and ${path} would have the same name in the bucket; add them to different folders.`)
    }
    pathByKey.set(keyOrPrefix, path)
  }
  return sources
}
