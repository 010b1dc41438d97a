import { pathToFileURL } from 'node:url'
import { ensureBuilt } from '../../src/main/start/built.ts'
import { conditions, load } from './conditions.ts'

/** Runs a benchmark when its file is what was started, and prints its section of the report. */
export async function direct(meta: ImportMeta, section: () => Promise<string>): Promise<void> {
  if (process.argv[1] === undefined || meta.url !== pathToFileURL(process.argv[1]).href) return
  if (!ensureBuilt()) process.exit(1)
  console.log(`${await conditions()}\n`)
  console.log(await section())
  console.log(`\n${load()} at the end`)
}
