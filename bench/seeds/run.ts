import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { labTable, runLab } from './lab.ts'
import { labPlot } from './plot.ts'

/** `npm run bench:seeds`: prints the table and writes the plot. Simulated throughout: the same bytes on every run. */
const PLOT_PATH = 'docs/images/seed-lab.svg'

const project = join(import.meta.dirname, '../..')
const rows = await runLab()
console.log(labTable(rows))
await mkdir(join(project, 'docs/images'), { recursive: true })
await writeFile(join(project, PLOT_PATH), labPlot(rows))
console.log(`\nAll figures are ratios to the limit. Plot: ${PLOT_PATH}`)
