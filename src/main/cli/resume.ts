import { DEFAULT_LIMIT_PLAN } from '../../shared/limit-plan.ts'
import { BadInput } from '../app/errors.ts'
import type { PlanStore } from '../app/limit-keeper.ts'
import { LimitKeeper } from '../app/limit-keeper.ts'
import { receiptEntry } from '../app/receipt-entry.ts'
import type { ReceiptFile } from '../app/receipts.ts'
import type { KeptDestination } from '../engine/api.ts'
import { peekEnds } from '../engine/journal-peek.ts'
import type { CliContext } from './context.ts'
import { EXIT } from './exit.ts'
import { jsonReporter } from './json-reporter.ts'
import { keptEngine, putKept, untilAborted } from './kept-engine.ts'
import { limitLine } from './limit-flags.ts'
import { listen } from './listen.ts'
import { openReceipt, withReceipt } from './receipt-reporter.ts'
import type { Place, Reporter, Summary } from './reporter.ts'
import { addSummaries, NOTHING_DONE } from './reporter.ts'
import type { RunOutcome } from './run.ts'
import { Run } from './run.ts'
import type { ResumeCommand } from './run-arguments.ts'
import { keptQuotas } from './run-quotas.ts'
import type { KeptRun, RunSight } from './runs.ts'
import { hasWork, keptRuns, lookAt, removeIfDone } from './runs.ts'
import { textReporter } from './text-reporter.ts'
import { stoppingSentence } from './upload.ts'

/** Runs `sluice resume`: one run after the other, with one summary. Answers the exit status. */
export async function resume(command: ResumeCommand, context: CliContext): Promise<number> {
  const { output } = context
  let receipt: ReceiptFile | null
  try {
    receipt = await openReceipt(command.receipt, context)
  } catch (error) {
    if (!(error instanceof BadInput)) throw error
    output.complain(error.message)
    return EXIT.usage
  }
  const { json, quiet, limitBytesPerSecond } = command
  const told = json ? jsonReporter(output) : textReporter(output, { quiet, dryRun: false })
  if (limitBytesPerSecond !== undefined && !json && !quiet) output.line(limitLine(limitBytesPerSecond))
  const going = new Resuming(command, context, withReceipt(told, receipt), receipt)
  const unlisten = listen(() => going.current, command.control, output)
  let status: number = EXIT.done
  let summary: Summary = NOTHING_DONE
  try {
    for (const kept of keptRuns(command.dataDir, context)) {
      const outcome = await going.on(kept)
      if (outcome === null) continue
      summary = addSummaries(summary, outcome.summary)
      if (outcome.status !== EXIT.done) status = outcome.status
      if (outcome.status === EXIT.interrupted) break
    }
  } finally {
    unlisten()
  }
  if (receipt?.close() === false && status === EXIT.done) status = EXIT.failed
  told.summary(summary)
  return status
}

class Resuming {
  /** The run that is at work. */
  current: Run | null = null
  readonly #command: ResumeCommand
  readonly #context: CliContext
  readonly #reporter: Reporter
  readonly #receipt: ReceiptFile | null
  /** A limit that was set by `--control` holds for the runs that follow. */
  readonly #plan: PlanStore = { plan: DEFAULT_LIMIT_PLAN }
  #isFirst = true

  constructor(command: ResumeCommand, context: CliContext, reporter: Reporter, receipt: ReceiptFile | null) {
    this.#command = command
    this.#context = context
    this.#reporter = reporter
    this.#receipt = receipt
  }

  /** null: there is nothing to do, or another process is at it. */
  async on(kept: KeptRun): Promise<RunOutcome | null> {
    const sight = lookAt(kept)
    if (sight.owner !== null && kept.isOurs) return null
    if (sight.owner === null && sight.problem === null) {
      this.#tellKeptEnds(kept, sight)
      if (sight.journal === null || !hasWork(sight.journal)) {
        removeIfDone(kept, true)
        return null
      }
    }
    const outcome = await this.#run(kept, sight)
    removeIfDone(kept, false)
    return outcome
  }

  async #run(kept: KeptRun, { journal }: RunSight): Promise<RunOutcome> {
    const { connections, threads, dataDir, limitBytesPerSecond, giveUpAfterMs } = this.#command
    const profileOf = ({ credentials }: KeptDestination): string | null =>
      this.#command.profile ?? (credentials.kind === 'profile' ? credentials.profile : null)
    const profiles = journal?.destinations.map(profileOf) ?? [this.#command.profile]
    const engine = keptEngine(this.#context, kept, { connections, threads }, profiles)
    const limits = new LimitKeeper(this.#plan, engine, () => {})
    const places = placesOf(journal)
    const run = new Run(engine, limits, this.#reporter, this.#context.output, {
      placeOf: (batchId) => places.get(batchId) ?? { bucket: '?', endpoint: null, region: '?' },
      stopping: stoppingSentence(dataDir),
      fromStdin: false,
      asks: false,
      dryRun: false,
      quotas: { list: keptQuotas(journal?.batches ?? []), folder: kept.dir, goesOn: true },
      named: new Set(journal?.batches.flatMap(({ sources }) => sources.map(({ path }) => path))),
    })
    this.current = run
    try {
      return await run.carryOut(async () => {
        if (this.#isFirst && limitBytesPerSecond !== undefined) await limits.setLimit(limitBytesPerSecond)
        else await limits.follow()
        this.#isFirst = false
        const restored = await engine.call('restore', giveUpAfterMs === undefined ? null : { giveUpAfterMs })
        await putKept(engine, restored.destinations, profileOf)
        const onlyAborts = restored.unfinished === 0 && !restored.batches.some(({ scanning }) => scanning)
        if (onlyAborts) await untilAborted(kept, restored.destinations)
        run.expectKept(restored)
      })
    } finally {
      this.current = null
      limits.close()
      await engine.close()
    }
  }

  /** What ended before, so that the receipt is complete whatever crash came between. */
  #tellKeptEnds({ dir }: KeptRun, { journal }: RunSight): void {
    if (this.#receipt === null || journal === null) return
    const places = placesOf(journal)
    for (const { batchId } of journal.batches.toReversed()) {
      const place = places.get(batchId)
      if (place === undefined) continue
      for (const end of peekEnds(dir, batchId)) this.#receipt.add(receiptEntry(end, place))
    }
  }
}

function placesOf(journal: RunSight['journal']): ReadonlyMap<number, Place> {
  const destinations = new Map(journal?.destinations.map((destination) => [destination.id, destination]))
  return new Map(
    journal?.batches.flatMap(({ batchId, destinationId }) => {
      const place = destinations.get(destinationId)
      return place === undefined ? [] : [[batchId, place]]
    }),
  )
}
