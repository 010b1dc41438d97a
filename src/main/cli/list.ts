import { formatBytes } from '../../shared/units.ts'
import { STANDARD_INPUT } from '../core/standard-input.ts'
import type { KeptBatch, KeptDestination } from '../engine/api.ts'
import type { CliContext } from './context.ts'
import { EXIT } from './exit.ts'
import { printable } from './output.ts'
import type { ListCommand } from './run-arguments.ts'
import type { KeptRun, RunSight } from './runs.ts'
import { idOf, keptRuns, lookAt, windowRun } from './runs.ts'

/** Runs `sluice list`: what runs and the window have in their journals. Changes nothing. */
export function list(command: ListCommand, context: CliContext): number {
  const { output } = context
  let status: number = EXIT.done
  let lines = 0
  const runs = [...keptRuns(command.dataDir, context), ...(command.dataDir === null ? [windowRun(context)] : [])]
  for (const run of runs) {
    const sight = lookAt(run)
    if (sight.problem !== null) {
      output.complain(`the journal in ${printable(run.dir)} cannot be read: ${printable(sight.problem)}`)
      status = EXIT.failed
    }
    for (const batch of sight.journal?.batches.toReversed() ?? []) {
      lines += 1
      const line = batchLine(run, sight, batch)
      output.line(command.json ? JSON.stringify(line) : batchText(line))
    }
  }
  if (lines === 0 && !command.json) output.line('Nothing is kept: all runs have ended well, or there were none')
  return status
}

function batchLine(run: KeptRun, { owner, journal }: RunSight, batch: KeptBatch) {
  const destination: KeptDestination | undefined = journal?.destinations.find(({ id }) => id === batch.destinationId)
  const { files, bytes, completed, failed, unfinished, scanning, createdAtMs } = batch
  return {
    type: 'batch',
    id: idOf(run, batch.batchId),
    state: owner !== null ? 'running' : unfinished > 0 || scanning ? 'interrupted' : 'ended',
    pid: owner?.pid ?? null,
    createdAt: new Date(createdAtMs).toISOString(),
    bucket: destination?.bucket ?? null,
    endpoint: destination?.endpoint ?? null,
    sources: batch.sources,
    files,
    bytes,
    completed,
    failed,
    unfinished,
    scanning,
  }
}

const READ_ONCE =
  'cannot go on, since standard input cannot be read a second time; "sluice resume" removes what had arrived of it'

function batchText(line: ReturnType<typeof batchLine>): string {
  const { id, state, pid, createdAt, sources, files, bytes, completed, failed, unfinished, scanning } = line
  const [first] = sources
  const fromStdin = first?.path === STANDARD_INPUT
  const more = sources.length > 1 ? ` and ${sources.length - 1} more` : ''
  const what =
    first === undefined
      ? ''
      : `${fromStdin ? 'standard input' : printable(first.path)}${more} → s3://${line.bucket}/${printable(first.keyOrPrefix)}`
  const counts = [
    `${completed} of ${files}${scanning ? ' or more' : ''} files done`,
    // Nobody knew how much of standard input there would be.
    ...(fromStdin ? [] : [formatBytes(bytes)]),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(unfinished > 0 ? [`${unfinished} unfinished`] : []),
    ...(fromStdin && state === 'interrupted' ? [READ_ONCE] : []),
  ]
  return `${id}  ${state}${pid === null ? '' : ` (process ${pid})`}  ${createdAt}  ${what}  ${counts.join(', ')}`
}
