import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import type { EndedBatch, Handlers } from '../../shared/contract.ts'
import type { ReceiptFormat } from '../../shared/receipt.ts'
import type { KeptBatch } from '../engine/api.ts'
import type { EngineClient } from '../engine/client.ts'
import { writeBatchReceipt } from './batch-receipt.ts'
import { BadInput } from './errors.ts'
import type { Shell } from './shell.ts'

const MAX_NAMES = 20
/** Other files of the same name are left alone. */
const MAX_SAME_NAME = 1_000

/** Commands about batches that have ended. */
export function historyHandlers(
  engine: EngineClient,
  shell: Shell,
): Pick<Handlers, 'listHistory' | 'exportReceipt' | 'forgetBatches'> {
  return {
    listHistory: async () => (await engine.call('batches', null)).flatMap((batch) => endedBatch(batch) ?? []),
    exportReceipt: async ({ batchId, format }) => {
      const place = await engine.call('batchPlace', { batchId })
      if (place === null) throw new BadInput('That batch is no longer in the history.')
      const name = `sluice-receipt-${batchId}`
      const path =
        shell.dialogs === null ? await freeDownload(name, format) : await shell.dialogs.save(`${name}.${format}`)
      if (path === null) return { cancelled: true }
      await writeBatchReceipt(engine, batchId, place, path, format)
      return { path }
    },
    forgetBatches: (input) => engine.call('forgetBatches', input),
  }
}

function endedBatch(batch: KeptBatch): EndedBatch | null {
  const { batchId, destinationId, createdAtMs, finishedAtMs, files, bytes, completed, failed, sources } = batch
  if (finishedAtMs === null) return null
  return {
    ...{ batchId, destinationId, createdAtMs, finishedAtMs, files, bytes, completed, failed },
    names: sources.slice(0, MAX_NAMES).map(({ path }) => basename(path)),
    sources: sources.length,
  }
}

/** A path in the folder for downloads, or at home where there is none, that nothing has yet. */
async function freeDownload(name: string, format: ReceiptFormat): Promise<string> {
  const downloads = join(homedir(), 'Downloads')
  const found = await stat(downloads).catch(() => null)
  const folder = found?.isDirectory() ? downloads : homedir()
  for (let copy = 1; copy < MAX_SAME_NAME; copy++) {
    const path = join(folder, `${name}${copy === 1 ? '' : ` (${copy})`}.${format}`)
    if ((await stat(path).catch(() => null)) === null) return path
  }
  throw new BadInput(`The folder ${folder} holds ${MAX_SAME_NAME} receipts of this batch already.`)
}
