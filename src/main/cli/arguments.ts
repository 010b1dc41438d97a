import type { Parsed } from '../../shared/units.ts'
import type { DiagnosticsCommand } from './diagnostics-arguments.ts'
import { readDiagnostics } from './diagnostics-arguments.ts'
import { nonEmpty, readFlags, refuseExtra, Usage, whole } from './flags.ts'
import { DEMO_HELP, DEMO_SERVER_HELP, GENERAL_HELP } from './help.ts'
import type { CancelCommand, ListCommand, ResumeCommand } from './run-arguments.ts'
import { readCancel, readList, readResume } from './run-arguments.ts'
import type { UploadCommand } from './upload-arguments.ts'
import { readUpload } from './upload-arguments.ts'
import type { VerifyCommand } from './verify-arguments.ts'
import { readVerify } from './verify-arguments.ts'

export interface DemoServerCommand {
  readonly name: 'demo-server'
  readonly port: number
  readonly dir: string | null
  readonly json: boolean
}

export type Command =
  | UploadCommand
  | ResumeCommand
  | ListCommand
  | CancelCommand
  | VerifyCommand
  | DemoServerCommand
  | DiagnosticsCommand
  | { readonly name: 'demo' }
  | { readonly name: 'version' }
  | { readonly name: 'help'; readonly text: string }

const COMMANDS = 'upload, resume, list, cancel, verify, demo-server, demo or diagnostics'

const HELP = { help: { type: 'boolean', short: 'h' } } as const

const DEMO_SERVER_FLAGS = {
  ...HELP,
  port: { type: 'string' },
  dir: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Reads the arguments after `sluice`. Pure: looks at no file, no environment. Never throws. */
export function parseCommand(argv: readonly string[]): Parsed<Command> {
  try {
    return { ok: true, value: readCommand(argv) }
  } catch (error) {
    if (error instanceof Usage) return { ok: false, message: error.message }
    throw error
  }
}

function readCommand([name, ...rest]: readonly string[]): Command {
  switch (name) {
    case 'upload':
      return readUpload(rest)
    case 'resume':
      return readResume(rest)
    case 'list':
      return readList(rest)
    case 'cancel':
      return readCancel(rest)
    case 'verify':
      return readVerify(rest)
    case 'demo-server':
      return readDemoServer(rest)
    case 'demo': {
      const { values, positionals } = readFlags(rest, HELP)
      if (values.help) return { name: 'help', text: DEMO_HELP }
      refuseExtra(positionals)
      return { name: 'demo' }
    }
    case 'diagnostics':
      return readDiagnostics(rest)
    case '--version':
      return { name: 'version' }
    case '--help':
    case '-h':
    case 'help':
      return { name: 'help', text: GENERAL_HELP }
    case undefined:
      throw new Usage(`say what to do: ${COMMANDS} (sluice --help)`)
    default:
      throw new Usage(
        name.startsWith('-') ? `unknown flag ${name} (sluice --help)` : `unknown command "${name}": use ${COMMANDS}`,
      )
  }
}

function readDemoServer(argv: readonly string[]): Command {
  const { values, positionals } = readFlags(argv, DEMO_SERVER_FLAGS)
  if (values.help) return { name: 'help', text: DEMO_SERVER_HELP }
  refuseExtra(positionals)
  const port = whole(values, 'port', 0, 65_535) ?? 0
  return { name: 'demo-server', port, dir: nonEmpty(values, 'dir'), json: values.json ?? false }
}
