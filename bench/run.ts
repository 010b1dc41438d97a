import { ensureBuilt } from '../src/main/start/built.ts'
import { LIMIT_SHORT } from './limit/options.ts'
import { limit } from './limit.ts'
import { SMALL_FILES_DEFAULTS, smallFiles } from './small-files.ts'
import { conditions, load } from './support/conditions.ts'
import { THROUGHPUT_DEFAULTS, throughput } from './throughput.ts'
import { WINDOW_DEFAULTS, windowAnswers } from './window.ts'

/** `npm run bench`: every benchmark, one after the other, as one report of Markdown. About six minutes. */
const SECTIONS: readonly (() => Promise<string>)[] = [
  () => throughput(THROUGHPUT_DEFAULTS),
  () => throughput({ ...THROUGHPUT_DEFAULTS, tls: true, runs: 1 }),
  () => smallFiles(SMALL_FILES_DEFAULTS),
  () => limit(LIMIT_SHORT),
  () => windowAnswers(WINDOW_DEFAULTS),
]

if (!ensureBuilt()) process.exit(1)
const beganAt = performance.now()
console.log(`# Benchmarks, ${new Date().toISOString().slice(0, 10)}\n\n${await conditions()}`)
for (const section of SECTIONS) {
  const before = load()
  try {
    console.log(`\n${await section()}\n\n${before} before, ${load()} after`)
  } catch (error) {
    // The others may still have something to say.
    console.log(`\nA benchmark failed: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
console.log(`\nThe whole took ${((performance.now() - beganAt) / 1000).toFixed(0)} s.`)
