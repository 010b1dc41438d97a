import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, relative, sep } from 'node:path'
import { DEFAULT_LIMIT_PLAN } from '../../shared/limit-plan.ts'
import { providerOf, tagsRefusal } from '../../shared/providers.ts'
import { BadInput } from '../app/errors.ts'
import { LimitKeeper } from '../app/limit-keeper.ts'
import { checksumProblem, optionsFor } from '../core/provider-options.ts'
import { placeUploads } from '../core/target.ts'
import type { TransferOptions } from '../engine/api.ts'
import { EngineClient } from '../engine/client.ts'
import type { CliContext } from './context.ts'
import { forgetKeys, readDestination } from './destination.ts'
import { EXIT } from './exit.ts'
import { jsonReporter } from './json-reporter.ts'
import { applyLimit, understoodLines } from './limit-flags.ts'
import { listen } from './listen.ts'
import { printable } from './output.ts'
import { openReceipt, withReceipt } from './receipt-reporter.ts'
import { Run } from './run.ts'
import type { KeptRun } from './runs.ts'
import { namedRun, newRun, removeIfDone } from './runs.ts'
import type { NamedPath } from './sources.ts'
import { namePaths } from './sources.ts'
import { textReporter } from './text-reporter.ts'
import type { UploadCommand } from './upload-arguments.ts'

/** Without a person to watch, an endless retry is a job that hangs. */
export const UNATTENDED_GIVE_UP_MS = 3_600_000

const STOPPING_STDIN = 'stopping: nothing is kept of standard input, since it cannot be read again'

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
      '--on-exists ask needs a terminal, and neither --json nor --quiet: choose skip-same, skip, overwrite, keep-both or fail',
    )
  }
  const sources = fromStdin ? [] : await namePaths(command.paths, context.cwd)
  const nothing = fromStdin ? null : nothingThere(sources, command.paths)
  if (nothing !== null) return refuse(nothing)
  if (command.profile !== null) forgetKeys(context.env)
  const { connections, threads, dataDir, dryRun } = command
  const kept = dryRun ? null : dataDir === null ? newRun(context, Date.now()) : namedRun(dataDir, context)
  const isNew = kept !== null && !existsSync(kept.dir)
  // Its thread starts while the rest is looked at: the batch is kept the sooner.
  const engine = new EngineClient(context.workerPaths, {
    connections,
    threads,
    limitBytesPerSecond: null,
    dataDir: kept?.dir ?? null,
  })
  const limits = new LimitKeeper({ plan: DEFAULT_LIMIT_PLAN }, engine, () => {})
  let leavesFolder = true
  try {
    return await uploadWith({ engine, limits, kept, sources, mayAsk }, command, context)
  } catch (error) {
    if (!(error instanceof BadInput)) throw error
    // Nothing is left of what was refused, not even an empty folder.
    leavesFolder = !isNew
    return refuse(error.message)
  } finally {
    limits.close()
    await engine.close()
    if (kept !== null) removeIfDone({ ...kept, isOurs: kept.isOurs || !leavesFolder }, false)
  }
}

interface Started {
  readonly engine: EngineClient
  readonly limits: LimitKeeper
  /** null: nothing outlives this process. */
  readonly kept: KeptRun | null
  readonly sources: readonly NamedPath[]
  /** A person can be asked about a key that exists. */
  readonly mayAsk: boolean
}

/** @throws BadInput with the one sentence that says what is wrong with the command */
async function uploadWith(
  { engine, limits, kept, sources, mayAsk }: Started,
  command: UploadCommand,
  context: CliContext,
): Promise<number> {
  const { output, interactive } = context
  const { fromStdin, dataDir } = command
  const destination = await readDestination(randomUUID(), command.target.bucket, command, context)
  if (typeof destination === 'string') throw new BadInput(destination)

  const asks = command.onExists === null ? mayAsk : command.onExists === 'ask'
  const onExists = command.onExists === null || command.onExists === 'ask' ? 'skip-same' : command.onExists
  const giveUpAfterMs =
    command.giveUpAfterMs === undefined ? (interactive ? null : UNATTENDED_GIVE_UP_MS) : command.giveUpAfterMs
  const { partBytes, multipartThresholdBytes, checksum, onChange, limit, object } = command
  const provider = providerOf(destination.endpoint)
  const unfit = checksumProblem(provider, checksum) ?? tagsRefusal(provider, object.tags)
  if (unfit !== null) throw new BadInput(unfit)
  const own = { partBytes, multipartThresholdBytes, onExists, onChange, giveUpAfterMs, object }
  const options: TransferOptions = { ...own, ...optionsFor(provider, checksum) }
  const { key } = command.target
  const { quiet, dryRun, json, include, exclude } = command
  const receipt = await openReceipt(command.receipt, context)
  const told = json ? jsonReporter(output) : textReporter(output, { quiet, dryRun })
  const reporter = withReceipt(told, receipt)

  await applyLimit(limits, limit)
  if (!json && !quiet) for (const line of understoodLines(limit)) output.line(line)
  const run = new Run(engine, limits, reporter, output, {
    placeOf: () => destination,
    stopping: fromStdin ? STOPPING_STDIN : stoppingSentence(dataDir),
    fromStdin,
    asks,
    dryRun,
    quotas: { list: command.quotas, folder: kept?.dir ?? null, goesOn: false },
    named: new Set(sources.map(({ path }) => path)),
  })
  const unlisten = listen(() => run, command.control, output)
  try {
    const common = { destinationId: destination.id, options }
    const { status, summary } = await run.carryOut(async () => {
      const { requestsPerSecond, filesPerSecond, quotas } = command
      const pace = { limitBytesPerSecond: null, requestsPerSecond, filesPerSecond }
      await engine.call('putDestination', { ...destination, pace })
      if (fromStdin) return engine.call('addStream', { ...common, key })
      const start = dryRun ? 'scan' : 'after-scan'
      const own = kept === null ? [] : insideOf(sources, kept)
      const leftOut = [...exclude, ...own]
      return engine.call('addBatch', {
        ...common,
        sources: placeUploads(sources, key),
        include,
        exclude: leftOut,
        start,
        quotas,
      })
    })
    const isComplete = receipt?.close() !== false
    reporter.summary(summary)
    return status === EXIT.done && !isComplete ? EXIT.failed : status
  } finally {
    unlisten()
  }
}

/** A missing file among several fails by itself; with nothing else there, the command is wrong. */
function nothingThere(sources: readonly NamedPath[], written: readonly string[]): string | null {
  if (sources.some(({ missing }) => !missing)) return null
  const [first = ''] = written
  return written.length === 1 ? `${printable(first)} is not there` : `none of the ${written.length} paths is there`
}

/** Globs for the journal where it lies in what is uploaded: it changes with every file. */
function insideOf(sources: readonly NamedPath[], { dir, isOurs }: KeptRun): string[] {
  const own = isOurs ? dirname(dir) : dir
  return sources.flatMap((source) => {
    const inside = relative(source.path, own)
    const isInside = source.isFolder && inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)
    // A slash makes it a path from the source on, and not a name anywhere in it.
    return isInside ? [`./${inside.replaceAll(sep, '/').replace(/[*?[\]{}()!+@\\]/g, '\\$&')}`] : []
  })
}

/** At the first Ctrl-C of what is kept in a journal. */
export function stoppingSentence(dataDir: string | null): string {
  const where = dataDir === null ? '' : ` --data-dir ${printable(dataDir)}`
  return `stopping: what is on its way is finished, and Ctrl-C once more stops at once; "sluice resume${where}" goes on`
}
