import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineOptions, KeptDestination } from '../engine/api.ts'
import { EngineClient } from '../engine/client.ts'
import { peekJournal } from '../engine/journal-peek.ts'
import type { CliContext } from './context.ts'
import { forgetKeys } from './destination.ts'
import type { KeptRun } from './runs.ts'

/** How long a command waits for the server to take back what was not finished. */
const ABORT_PATIENCE_MS = 10_000
const LOOK_AGAIN_MS = 50

/**
 * An engine over the data folder of an earlier run.
 * @param profiles those of its destinations: where all are named, keys in the environment would only confuse the SDK
 */
export function keptEngine(
  { workerPaths, env }: CliContext,
  { dir }: KeptRun,
  options: Pick<EngineOptions, 'connections' | 'threads'>,
  profiles: readonly (string | null)[],
): EngineClient {
  const before = { ...env }
  if (profiles.every((profile) => profile !== null)) forgetKeys(env)
  try {
    // The thread takes a copy of the environment; the next run may need the keys.
    return new EngineClient(workerPaths, { ...options, limitBytesPerSecond: null, dataDir: dir })
  } finally {
    Object.assign(env, before)
  }
}

/** Puts destinations of a journal, with credentials that are read anew. */
export async function putKept(
  engine: EngineClient,
  destinations: readonly KeptDestination[],
  profileOf: (destination: KeptDestination) => string | null,
): Promise<void> {
  for (const destination of destinations) {
    const credentials = { kind: 'profile', profile: profileOf(destination) } as const
    await engine.call('putDestination', { ...destination, credentials })
  }
}

/** Waits until the journal says that no multipart upload is left open at these destinations. False: not within 10 s. */
export async function untilAborted({ dir }: KeptRun, destinations: readonly KeptDestination[]): Promise<boolean> {
  const patience = AbortSignal.timeout(ABORT_PATIENCE_MS)
  while (!patience.aborted) {
    const open = peekJournal(dir)?.openUploads
    if (!destinations.some(({ id }) => open?.has(id))) return true
    await sleep(LOOK_AGAIN_MS)
  }
  return false
}
