import type { WorkerPaths } from '../engine/api.ts'
import type { Output } from './output.ts'

/** What the commands share: where they run and where they write. */
export interface CliContext {
  readonly workerPaths: WorkerPaths
  readonly output: Output
  /** The process's own: the threads inherit it. */
  readonly env: Record<string, string | undefined>
  /** Relative paths start here. */
  readonly cwd: string
  /** A person sits at both ends. */
  readonly interactive: boolean
}
