import { open, rename, rm } from 'node:fs/promises'
import type { ReceiptFormat } from '../../shared/receipt.ts'
import { formatEntry, receiptFrame } from '../../shared/receipt.ts'
import type { BatchPlace } from '../engine/api.ts'
import type { EngineClient } from '../engine/client.ts'
import { BadInput } from './errors.ts'
import { fileReason } from './file-errors.ts'
import { receiptEntry } from './receipt-entry.ts'

/** Ends that are asked for at a time, so that no message grows with the batch. */
const PAGE = 1_000

/**
 * Writes the receipt of a batch: whole, or not at all, since it gets its name once it is on the disk. What stood there
 * is replaced.
 *
 * @throws BadInput with one sentence where it cannot be written
 */
export async function writeBatchReceipt(
  engine: Pick<EngineClient, 'call'>,
  batchId: number,
  place: BatchPlace,
  path: string,
  format: ReceiptFormat,
): Promise<void> {
  const draft = `${path}.${process.pid}.part`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      const { head, tail } = receiptFrame(format)
      await file.write(head)
      let afterId = 0
      for (let isFirst = true; ; isFirst = false) {
        const ends = await engine.call('batchEnds', { batchId, afterId, limit: PAGE })
        const entries = ends.map((end, at) => formatEntry(format, receiptEntry(end, place), isFirst && at === 0))
        await file.write(entries.join(''))
        afterId = ends.at(-1)?.id ?? afterId
        if (ends.length < PAGE) break
      }
      await file.write(tail)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new BadInput(`The receipt ${path} cannot be written: ${fileReason(error)}.`)
  }
}
