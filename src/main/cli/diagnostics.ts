import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { redact } from '../../shared/redact.ts'
import type { Settings } from '../../shared/settings.ts'
import { DEFAULT_SETTINGS, settingsSchema } from '../../shared/settings.ts'
import { diagnosticsReport } from '../app/diagnostics.ts'
import { keptLines } from '../app/log.ts'
import type { CliContext } from './context.ts'
import type { DiagnosticsCommand } from './diagnostics-arguments.ts'
import { EXIT } from './exit.ts'

/** Writes the report to a file or stdout. Reads settings and log of `ownDataDir` where no other is named; changes nothing. */
export async function diagnostics(
  { out, dataDir }: DiagnosticsCommand,
  { output, cwd }: Pick<CliContext, 'output' | 'cwd'>,
  version: string,
  ownDataDir: string,
): Promise<number> {
  const folder = dataDir === null ? ownDataDir : resolve(cwd, dataDir)
  const report = diagnosticsReport(
    {
      version,
      shell: 'cli',
      settings: readSettings(folder),
      secretPlace: null,
      blocked: {},
      stats: null,
      errors: [],
      logLines: keptLines(folder),
    },
    Date.now(),
  )
  if (out === null) {
    output.line(report.trimEnd())
    return EXIT.done
  }
  try {
    await writeFile(resolve(cwd, out), report, { mode: 0o600 })
    return EXIT.done
  } catch (error) {
    output.complain(redact(`the report cannot be written: ${error instanceof Error ? error.message : String(error)}`))
    return EXIT.failed
  }
}

/** null where they are not there, or are not ours: a report names nothing that nobody has checked. */
function readSettings(folder: string): Settings | null {
  try {
    return settingsSchema.parse({
      ...DEFAULT_SETTINGS,
      ...JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8')),
    })
  } catch {
    return null
  }
}
