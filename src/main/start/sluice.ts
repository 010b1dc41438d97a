import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt, PROJECT } from './built.ts'

/** `npm run -s sluice -- …`: the built command line, with paths relative to where npm was called. */
if (!ensureBuilt()) {
  console.error('Sluice could not be built; the reason stands above.')
  process.exit(1)
}
process.chdir(process.env.INIT_CWD ?? process.cwd())
const cli = join(PROJECT, 'out/main/cli.js')
process.argv[1] = cli
await import(pathToFileURL(cli).href)
