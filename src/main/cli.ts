#!/usr/bin/env node
import { readFileSync } from 'node:fs'

/** The command line. Everything else is imported only once Node is known to be new enough to load it. */
const OLDEST_NODE = 24

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(`sluice needs Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}.\n`)
  process.exitCode = 2
} else {
  const [{ runCli }, { workerPaths }] = await Promise.all([import('./cli/main.ts'), import('./worker-paths.ts')])
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  process.exit(await runCli({ argv: process.argv.slice(2), workerPaths, version }))
}
