import { peekUnfinished } from '../engine/journal-peek.ts'
import type { CliContext } from './context.ts'
import { EXIT } from './exit.ts'
import { keptEngine, putKept, untilAborted } from './kept-engine.ts'
import { printable } from './output.ts'
import type { CancelCommand } from './run-arguments.ts'
import type { KeptRun, RunSight } from './runs.ts'
import { hasWork, idOf, keptRuns, lookAt, removeIfDone } from './runs.ts'

/** Ids of one `cancel` call: the engine takes lists of a bounded length. */
const IDS_AT_ONCE = 10_000

interface Wanted {
  readonly run: KeptRun
  readonly sight: RunSight
  readonly batchIds: readonly number[]
}

/** Runs `sluice cancel`: what was not finished is taken back at the server and forgotten. Objects stay. */
export async function cancel(command: CancelCommand, context: CliContext): Promise<number> {
  const { output } = context
  const found = keptRuns(command.dataDir, context).map((run) => ({ run, sight: lookAt(run) }))
  const chosen = choose(command.ids, found)
  if (typeof chosen === 'string') {
    output.complain(chosen)
    return EXIT.usage
  }
  let batches = 0
  let files = 0
  let status: number = EXIT.done
  for (const wanted of chosen) {
    const outcome = await cancelIn(wanted, command, context)
    if (typeof outcome === 'number') {
      batches += wanted.batchIds.length
      files += outcome
    } else {
      output.complain(outcome)
      status = EXIT.failed
    }
  }
  output.line(
    `Cancelled ${batches} ${batches === 1 ? 'batch' : 'batches'}, ${files} unfinished ${files === 1 ? 'file' : 'files'}`,
  )
  return status
}

/** Which batches of which runs the ids name, or the one sentence about an id that names none or several. */
function choose(
  ids: readonly string[] | null,
  found: readonly Pick<Wanted, 'run' | 'sight'>[],
): readonly Wanted[] | string {
  const all = found.map((one) => ({ ...one, batchIds: one.sight.journal?.batches.map(({ batchId }) => batchId) ?? [] }))
  if (ids === null) return all
  const chosen = new Map<KeptRun, Wanted>()
  for (const id of ids) {
    const matches = all.flatMap(({ run, sight, batchIds }) => {
      const named = run.name === id ? batchIds : batchIds.filter((n) => id === idOf(run, n) || id === String(n))
      return named.length > 0 || run.name === id ? [{ run, sight, batchIds: named }] : []
    })
    const [match, another] = matches
    if (match === undefined) return `nothing has the id "${id}"; "sluice list" shows them`
    if (another !== undefined)
      return `the id "${id}" is that of several runs: write it as ${idOf(match.run, Number(id))}`
    const before = chosen.get(match.run)?.batchIds ?? []
    chosen.set(match.run, { ...match, batchIds: [...new Set([...before, ...match.batchIds])] })
  }
  return [...chosen.values()]
}

/** Answers how many files were cancelled, or the sentence that says why not. */
async function cancelIn(
  { run, sight, batchIds }: Wanted,
  { profile }: CancelCommand,
  context: CliContext,
): Promise<number | string> {
  const { owner, journal, problem } = sight
  if (owner !== null) {
    const who = owner.pid === null ? 'another process' : `process ${owner.pid}`
    return `the data folder ${printable(run.dir)} is in use by ${who}: end that one first`
  }
  if (problem !== null) return `the journal in ${printable(run.dir)} cannot be read: ${printable(problem)}`
  if (journal === null || batchIds.length === 0) {
    removeIfDone(run, true)
    return 0
  }
  const batches = journal.batches.filter(({ batchId }) => batchIds.includes(batchId))
  // Before they are taken up: what cannot go on ends by that.
  const unfinished = batches.map(({ batchId }) => peekUnfinished(run.dir, batchId))
  const files = unfinished.reduce((sum, ids) => sum + ids.length, 0)
  const engine = keptEngine(context, run, { connections: 4, threads: 1 }, [profile])
  try {
    const opened = await engine.call('opened', null)
    if (!opened.ok) return opened.message
    if (hasWork(journal)) {
      const { destinations } = await engine.call('restore', null)
      for (const ids of unfinished) {
        for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
          await engine.call('cancel', { kind: 'ids', ids: ids.slice(at, at + IDS_AT_ONCE) })
        }
      }
      const theirs = destinations.filter(({ id }) => batches.some((one) => one.destinationId === id))
      await putKept(
        engine,
        theirs,
        ({ credentials }) => profile ?? (credentials.kind === 'profile' ? credentials.profile : null),
      )
      if (!(await untilAborted(run, theirs))) {
        return `${idOf(run, batchIds[0] ?? 0)} is cancelled, but the server did not take back its parts in time: run it again, or they stay and cost money`
      }
    }
    await engine.call('forgetBatches', { batchIds })
    await engine.call('stop', { now: true })
  } finally {
    await engine.close()
  }
  removeIfDone(run, true)
  return files
}
