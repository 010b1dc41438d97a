import { resolve } from 'node:path'
import { recoveryOf, SluiceError } from '../../shared/errors.ts'
import type { ReceiptEntry } from '../../shared/receipt.ts'
import { formatBytes } from '../../shared/units.ts'
import { BadInput } from '../app/errors.ts'
import { readReceipt } from '../app/receipts.ts'
import { checkable } from '../core/receipt-check.ts'
import { systemClock } from '../flow/clock.ts'
import { LimitTable } from '../flow/limit-table.ts'
import { ThreadLimiter } from '../flow/thread-limiter.ts'
import { bodyLimiter } from '../flow/throttle-at.ts'
import { throttle } from '../flow/throttled-body.ts'
import type { CliContext } from './context.ts'
import { forgetKeys } from './destination.ts'
import { EXIT } from './exit.ts'
import { limitLine } from './limit-flags.ts'
import { ObjectReaders } from './object-readers.ts'
import { printable } from './output.ts'
import type { VerifyCommand } from './verify-arguments.ts'
import type { CheckedEntry, Checks } from './verify-entry.ts'
import { checkEntry } from './verify-entry.ts'

/** Runs `sluice verify`: nothing is uploaded and nothing changed. Answers the exit status. */
export async function verify(command: VerifyCommand, context: CliContext): Promise<number> {
  const { output } = context
  let receipt: ReturnType<typeof readReceipt>
  try {
    receipt = readReceipt(resolve(context.cwd, command.receipt))
  } catch (error) {
    if (!(error instanceof BadInput)) throw error
    output.complain(error.message)
    return EXIT.usage
  }
  if (command.profile !== null) forgetKeys(context.env)
  const readers = new ObjectReaders(command, context)
  const stopping = new AbortController()
  const stop = (): void => stopping.abort(new Error('interrupted'))
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, stop)
  output.onClosed(stop)
  const run = new VerifyRun(command, context, checksOf(command, stopping.signal), readers)
  try {
    const entries = checkable(receipt.entries)
    const { json, quiet, limitBytesPerSecond } = command
    if (limitBytesPerSecond !== null && !json && !quiet) output.line(limitLine(limitBytesPerSecond))
    await run.checkAll(entries)
    if (receipt.isCutShort) run.differs('the receipt ends in the middle of an entry, which was left out')
    return run.summary(receipt.entries.length - entries.length)
  } finally {
    for (const signal of signals) process.off(signal, stop)
    await readers.close()
  }
}

function checksOf({ readBack, local, limitBytesPerSecond }: VerifyCommand, signal: AbortSignal): Checks {
  const table = LimitTable.create(1, systemClock.nowNs())
  table.setRate(0, limitBytesPerSecond, systemClock.nowNs())
  const limiter = new ThreadLimiter(table, systemClock)
  return {
    readBack,
    local,
    signal,
    throttle: (source) => throttle(source, { limiter: bodyLimiter(table, limiter, systemClock, 0, () => 1), signal }),
  }
}

class VerifyRun {
  readonly #command: VerifyCommand
  readonly #output: CliContext['output']
  readonly #checks: Checks
  readonly #readers: ObjectReaders
  readonly #startedAtMs = Date.now()
  readonly #counts = { same: 0, different: 0, bytes: 0 }
  #total = 0
  #receiptDiffers = false
  /** Nothing more can be asked: a sentence was said. */
  #isHopeless = false

  constructor(command: VerifyCommand, { output }: CliContext, checks: Checks, readers: ObjectReaders) {
    this.#command = command
    this.#output = output
    this.#checks = checks
    this.#readers = readers
  }

  /** Several at a time. Resolves early when it was interrupted or the server needs a person. */
  async checkAll(entries: readonly ReceiptEntry[]): Promise<void> {
    this.#total = entries.length
    const waiting = entries.values()
    const work = async (): Promise<void> => {
      for (const entry of waiting) {
        if (this.#isHopeless || this.#checks.signal.aborted) return
        await this.#check(entry)
      }
    }
    await Promise.all(Array.from({ length: this.#command.connections }, work))
    this.#output.bar(null)
  }

  async #check(entry: ReceiptEntry): Promise<void> {
    try {
      const reader = await this.#readers.of(entry)
      this.#tell(entry, await checkEntry(entry, reader, this.#checks))
    } catch (error) {
      if (this.#checks.signal.aborted || this.#isHopeless) return
      const message = error instanceof Error ? error.message : String(error)
      const isAboutOne = error instanceof SluiceError && recoveryOf(error.failure.code) !== 'ask'
      if (isAboutOne) return this.#tellFailure(entry, message)
      this.#isHopeless = true
      this.#output.complain(message)
    }
  }

  #tell(entry: ReceiptEntry, { shown, differences, bytesRead }: CheckedEntry): void {
    const { path, key, bucket } = entry
    this.#counts.bytes += bytesRead
    this.#counts[differences.length === 0 ? 'same' : 'different'] += 1
    if (this.#command.json) {
      const { readBack, local } = this.#checks
      this.#line({
        type: 'object',
        path,
        key,
        bucket,
        same: differences.length === 0,
        shown,
        readBack,
        local,
        differences,
      })
    }
    for (const difference of differences) this.#output.complain(printable(difference))
    const { same, different } = this.#counts
    if (!this.#command.json && !this.#command.quiet) this.#output.bar(`${same + different} of ${this.#total} checked`)
  }

  #tellFailure({ path, key, bucket }: ReceiptEntry, message: string): void {
    if (this.#command.json) this.#line({ type: 'object', path, key, bucket, same: null, error: message })
    this.#output.complain(`s3://${bucket}/${printable(key ?? '')} could not be checked: ${message}`)
  }

  /** Of the receipt itself. */
  differs(sentence: string): void {
    this.#receiptDiffers = true
    this.#output.complain(sentence)
  }

  /** @param others entries that name no object: failed, cancelled, or superseded by a later one of the same key */
  summary(others: number): number {
    const { same, different, bytes } = this.#counts
    const unchecked = this.#total - same - different
    const seconds = (Date.now() - this.#startedAtMs) / 1000
    if (this.#command.json) this.#line({ type: 'summary', same, different, unchecked, others, bytes, seconds })
    else if (!this.#command.quiet) {
      const parts = [
        `${same} of ${this.#total} as the receipt says`,
        ...(different > 0 ? [`${different} different`] : []),
        ...(unchecked > 0 ? [`${unchecked} not checked`] : []),
        ...(others > 0 ? [`${others} without an object to check`] : []),
        ...(bytes > 0 ? [`${formatBytes(bytes)} read back`] : []),
      ]
      this.#output.line(`${parts.join(', ')} (${seconds.toFixed(1)} s)`)
    }
    if (this.#checks.signal.aborted) return EXIT.interrupted
    return different + unchecked > 0 || this.#receiptDiffers ? EXIT.failed : EXIT.done
  }

  #line(value: object): void {
    this.#output.line(JSON.stringify(value))
  }
}
