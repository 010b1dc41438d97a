import { nonEmpty, readFlags, refuseExtra } from './flags.ts'
import { DIAGNOSTICS_HELP } from './help.ts'

export interface DiagnosticsCommand {
  readonly name: 'diagnostics'
  /** null: stdout. */
  readonly out: string | null
  /** null: the window's. */
  readonly dataDir: string | null
}

const FLAGS = {
  help: { type: 'boolean', short: 'h' },
  out: { type: 'string' },
  'data-dir': { type: 'string' },
} as const

/** @throws Usage with one sentence */
export function readDiagnostics(
  argv: readonly string[],
): DiagnosticsCommand | { readonly name: 'help'; readonly text: string } {
  const { values, positionals } = readFlags(argv, FLAGS)
  if (values.help) return { name: 'help', text: DIAGNOSTICS_HELP }
  refuseExtra(positionals)
  return { name: 'diagnostics', out: nonEmpty(values, 'out'), dataDir: nonEmpty(values, 'data-dir') }
}
