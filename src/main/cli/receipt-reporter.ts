import { resolve } from 'node:path'
import { receiptEntry } from '../app/receipt-entry.ts'
import type { ReceiptFile } from '../app/receipts.ts'
import type { CliContext } from './context.ts'
import type { Reporter } from './reporter.ts'

/** @throws BadInput with one sentence when it cannot be written */
export async function openReceipt(file: string | null, { cwd, output }: CliContext): Promise<ReceiptFile | null> {
  if (file === null) return null
  // On use: reading an earlier receipt loads zod, 50 ms of CPU that a start does not need to wait for.
  const { ReceiptFile } = await import('../app/receipts.ts')
  return new ReceiptFile(resolve(cwd, file), (sentence) => output.complain(sentence))
}

/** Tells what `reporter` tells, and writes each end into the receipt. */
export function withReceipt(reporter: Reporter, receipt: ReceiptFile | null): Reporter {
  if (receipt === null) return reporter
  return {
    ...reporter,
    ended: (end) => {
      receipt.add(receiptEntry(end, end.place))
      reporter.ended(end)
    },
  }
}
