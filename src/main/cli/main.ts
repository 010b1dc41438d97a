import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { isatty } from 'node:tty'
import { defaultDataDir } from '../app/data-dir.ts'
import { onCrash } from '../app/log.ts'
import type { WorkerPaths } from '../engine/api.ts'
import { parseCommand } from './arguments.ts'
import type { CliContext } from './context.ts'
import { EXIT } from './exit.ts'
import { processOutput } from './output.ts'
import { upload } from './upload.ts'

export interface CliOptions {
  /** What stands after `sluice`. */
  readonly argv: readonly string[]
  readonly workerPaths: WorkerPaths
  readonly version: string
}

/** Runs one command and answers its exit status. The caller ends the process: a terminal's stdin would keep it alive. */
export async function runCli({ argv, workerPaths, version }: CliOptions): Promise<number> {
  onCrash(() => process.exit(EXIT.failed))
  const output = processOutput()
  const command = parseCommand(argv)
  const { env } = process
  // Not by process.stdin: whoever touches it takes a hold of the input that another thread may read.
  const interactive = isatty(0) && isatty(2)
  const context: CliContext = { workerPaths, output, env, cwd: process.cwd(), interactive }
  const status = await (async () => {
    if (!command.ok) {
      output.complain(command.message)
      return EXIT.usage
    }
    switch (command.value.name) {
      case 'help':
        output.line(command.value.text.trimEnd())
        return EXIT.done
      case 'version':
        output.line(version)
        return EXIT.done
      case 'demo-server': {
        const { dir, port, json } = command.value
        const dataDir = join(defaultDataDir(process.platform, env, homedir()), 'demo-server')
        const { runDemoServer } = await import('./demo-server.ts')
        return runDemoServer({ dir: dir === null ? dataDir : resolve(context.cwd, dir), port, json }, output)
      }
      case 'demo': {
        const { runTerminalDemo } = await import('./terminal-demo.ts')
        return runTerminalDemo(workerPaths, output)
      }
      case 'diagnostics': {
        const { diagnostics } = await import('./diagnostics.ts')
        return diagnostics(command.value, context, version, defaultDataDir(process.platform, env, homedir()))
      }
      case 'verify': {
        const { verify } = await import('./verify.ts')
        return verify(command.value, context)
      }
      case 'resume': {
        const { resume } = await import('./resume.ts')
        return resume(command.value, context)
      }
      case 'list': {
        const { list } = await import('./list.ts')
        return list(command.value, context)
      }
      case 'cancel': {
        const { cancel } = await import('./cancel.ts')
        return cancel(command.value, context)
      }
      case 'upload':
        return upload(command.value, context)
    }
  })()
  await output.flush()
  return status
}
