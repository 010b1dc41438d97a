import { openDisplay, setUpSystem } from './support/run-setup.ts'
import type { Stage } from './support/run-stages.ts'
import { REPORT, runStage, sum, summaryLine, tellFailures } from './support/run-stages.ts'

/** `npm test`: proves the whole tree on a machine that has nothing but Node and npm. */

const missing = setUpSystem()
if (missing !== null) {
  console.error(missing)
  process.exit(2)
}

const vitest = (project: string): Stage => ({
  name: project,
  script: 'node_modules/vitest/vitest.mjs',
  args: ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`],
  report: 'vitest',
})

const display = await openDisplay()
const stages: readonly Stage[] = [
  { name: 'format and lint', script: 'node_modules/@biomejs/biome/bin/biome', args: ['ci'], report: 'none' },
  { name: 'types', script: 'node_modules/typescript/bin/tsc', args: ['-b'], report: 'none' },
  {
    name: 'build',
    script: 'node_modules/electron-vite/bin/electron-vite.js',
    args: ['build', '--logLevel', 'warn'],
    report: 'none',
  },
  vitest('architecture'),
  vitest('unit'),
  vitest('integration'),
  vitest('conformance'),
  vitest('electron'),
  vitest('faults'),
  {
    name: 'end to end',
    script: 'node_modules/playwright/cli.js',
    args: ['test', '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: REPORT, ...display.env },
    report: 'playwright',
  },
]

const outcomes = []
for (const stage of stages) outcomes.push(await runStage(stage))
display.server?.kill()
const unsteady = outcomes.flatMap((outcome) => outcome.unsteady)
const failures = outcomes.flatMap((outcome) => outcome.failures)
if (unsteady.length > 0) console.log(`\n${tellFailures('Failed among the others, passed alone', unsteady)}`)
if (failures.length > 0) console.log(`\n${tellFailures('Failed', failures)}`)
const total = sum(outcomes.map((outcome) => outcome.counts))
console.log(`\n${summaryLine(total)}`)
process.exitCode = total.failed === 0 ? 0 : 1
