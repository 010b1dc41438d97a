import { fileURLToPath } from 'node:url'
import { runCli } from '../../src/main/cli/main.ts'

/**
 * The command line from source: `src/main/cli.ts` asks the build for its threads' paths, which only a build can
 * answer. Everything after that is the same.
 */
const workerPaths = {
  engine: fileURLToPath(new URL('../../src/main/engine/engine-start.ts', import.meta.url)),
  sender: fileURLToPath(new URL('../../src/main/engine/sender.ts', import.meta.url)),
}
process.exit(await runCli({ argv: process.argv.slice(2), workerPaths, version: '0.0.0-source' }))
