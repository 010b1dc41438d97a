import { createInterface } from 'node:readline'
import { DEFAULT_LIMIT_PLAN } from '../../shared/limit-plan.ts'
import { BadInput } from '../app/errors.ts'
import { LimitKeeper } from '../app/limit-keeper.ts'
import type { ReceiptFile } from '../app/receipts.ts'
import { placeUploads } from '../core/target.ts'
import type { TransferOptions } from '../engine/api.ts'
import { EngineClient } from '../engine/client.ts'
import { controlLine } from './control.ts'
import { forgetKeys, readDestination } from './destination.ts'
import { EXIT } from './exit.ts'
import { jsonReporter } from './json-reporter.ts'
import { applyLimit, scheduleLine } from './limit-flags.ts'
import type { CliContext } from './main.ts'
import { printable } from './output.ts'
import { openReceipt, withReceipt } from './receipt-reporter.ts'
import type { NamedPath } from './sources.ts'
import { namePaths } from './sources.ts'
import { textReporter } from './text-reporter.ts'
import type { UploadCommand } from './upload-arguments.ts'
import { UploadRun } from './upload-run.ts'

const DESTINATION_ID = 'target'
/** Without a person to watch, an endless retry is a job that hangs. */
const UNATTENDED_GIVE_UP_MS = 3_600_000

/** Runs `sluice upload` and answers its exit status. What is wrong with the command ends it before any network call. */
export async function upload(command: UploadCommand, context: CliContext): Promise<number> {
  const { output, interactive } = context
  const refuse = (sentence: string): number => {
    output.complain(sentence)
    return EXIT.usage
  }
  const { fromStdin } = command
  const mayAsk = interactive && !fromStdin && !command.json && !command.control && !command.quiet
  if (command.onExists === 'ask' && !mayAsk) {
    return refuse(
      '--on-exists ask needs a terminal, and neither --json nor --quiet: choose skip-same, skip, overwrite or fail',
    )
  }
  const sources = fromStdin ? [] : await namePaths(command.paths, context.cwd)
  const nothing = fromStdin ? null : nothingThere(sources, command.paths)
  if (nothing !== null) return refuse(nothing)
  if (command.profile !== null) forgetKeys(context.env)
  const destination = await readDestination(DESTINATION_ID, command.target.bucket, command, context)
  if (typeof destination === 'string') return refuse(destination)

  const asks = command.onExists === null ? mayAsk : command.onExists === 'ask'
  const onExists = command.onExists === null || command.onExists === 'ask' ? 'skip-same' : command.onExists
  const giveUpAfterMs =
    command.giveUpAfterMs === undefined ? (interactive ? null : UNATTENDED_GIVE_UP_MS) : command.giveUpAfterMs
  const { partBytes, multipartThresholdBytes, checksum, onChange, connections, threads, limit } = command
  const options: TransferOptions = { partBytes, multipartThresholdBytes, checksum, onExists, onChange, giveUpAfterMs }
  const { bucket, key } = command.target
  const { quiet, dryRun, json, include, exclude } = command
  let receipt: ReceiptFile | null
  try {
    receipt = openReceipt(command.receipt, context)
  } catch (error) {
    if (error instanceof BadInput) return refuse(error.message)
    throw error
  }
  const told = json ? jsonReporter(output) : textReporter(output, { bucket, quiet, dryRun })
  const reporter = withReceipt(told, receipt, destination)

  const engine = new EngineClient(context.workerPaths, { connections, threads, limitBytesPerSecond: null })
  const limits = new LimitKeeper({ plan: DEFAULT_LIMIT_PLAN }, engine, () => {})
  try {
    await applyLimit(limits, limit)
  } catch (error) {
    limits.close()
    await engine.close()
    if (error instanceof BadInput) return refuse(error.message)
    throw error
  }
  if (limit.schedule !== null && !json && !quiet) output.line(scheduleLine(limit.schedule))
  const run = new UploadRun(engine, limits, reporter, output, {
    bucket,
    fromStdin,
    asks,
    dryRun,
    pace: {
      limitBytesPerSecond: null,
      requestsPerSecond: command.requestsPerSecond,
      filesPerSecond: command.filesPerSecond,
    },
    quotas: command.quotas,
    named: new Set(sources.map(({ path }) => path)),
  })
  const unlisten = listen(run, command, context)
  try {
    const files = {
      sources: placeUploads(sources, key),
      include,
      exclude,
      start: dryRun ? 'scan' : 'after-scan',
    } as const
    const common = { destinationId: DESTINATION_ID, options }
    const status = await run.carryOut(destination, fromStdin ? { ...common, key } : { ...common, ...files })
    return receipt?.close() === false && status === EXIT.done ? EXIT.failed : status
  } finally {
    unlisten()
    limits.close()
    await engine.close()
  }
}

/** Connects the run to signals, to `--control` and to the reader of stdout. Returns a function that undoes it. */
function listen(run: UploadRun, { control }: UploadCommand, { output }: CliContext): () => void {
  const interrupt = (): void => run.interrupt()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, interrupt)
  output.onClosed(() => run.readerGone())
  const lines = control ? createInterface({ input: process.stdin, terminal: false }) : null
  let turn: Promise<void> = Promise.resolve()
  lines?.on('line', (line) => {
    // One after another, so that the answers keep the order of the lines.
    turn = turn.then(async () => output.line(JSON.stringify(await controlLine(line, run))))
  })
  return () => {
    for (const signal of signals) process.off(signal, interrupt)
    lines?.close()
  }
}

/** A missing file among several fails by itself; with nothing else there, the command is wrong. */
function nothingThere(sources: readonly NamedPath[], written: readonly string[]): string | null {
  if (sources.some(({ missing }) => !missing)) return null
  const [first = ''] = written
  return written.length === 1 ? `${printable(first)} is not there` : `none of the ${written.length} paths is there`
}
