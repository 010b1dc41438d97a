import { BIN_MS } from '../support/recorder.ts'
import { times } from './figures.ts'
import type { LabRow } from './lab.ts'
import { adaptiveBucket } from './models/adaptive-bucket.ts'
import { dripBucket } from './models/drip-bucket.ts'
import { ours } from './models/ours.ts'
import { s3transfer } from './models/s3transfer.ts'
import { throttle } from './models/throttle.ts'
import { tokenBucket } from './models/token-bucket.ts'
import { tutorial } from './models/tutorial.ts'
import type { ByteScenario } from './run-bytes.ts'
import { limitAt } from './run-bytes.ts'
import * as scenarios from './scenarios.ts'
import { SvgPage } from './svg.ts'

/** One small multiple: a seed (or two) and ours under the load that shows the seed's flaw. */
interface Panel {
  readonly title: string
  /** In the table of figures, unless the systems have labels. */
  readonly short: string
  readonly caption: string
  readonly scenario: string
  readonly systems: readonly { readonly name: string; readonly label?: string }[]
  readonly seconds: number
  /** The rate is the mean over this long. */
  readonly binSeconds: number
  /** The limit at a time of the panel, relative to the first one. */
  readonly limit: (seconds: number) => number
}

const relativeLimit = (scenario: ByteScenario) => (seconds: number) =>
  limitAt(scenario, (scenario.judgedFromSeconds ?? 0) + seconds) / scenario.limit

const PANELS: readonly Panel[] = [
  {
    title: 's3transfer',
    short: 's3transfer',
    caption: '10 streams at 32 KiB/s: 256 KiB free for each',
    scenario: scenarios.LOW_LIMIT.name,
    systems: [{ name: s3transfer.name }],
    seconds: 20,
    binSeconds: 1,
    limit: relativeLimit(scenarios.LOW_LIMIT),
  },
  {
    title: 'asyncutils',
    short: 'asyncutils',
    caption: '10 streams at 1 MiB/s: credited twice, or stuck',
    scenario: scenarios.SATURATION.name,
    systems: [
      { name: tokenBucket.name, label: 'TokenBucket' },
      { name: adaptiveBucket.name, label: 'LeakyBucket' },
    ],
    seconds: 20,
    binSeconds: 0.5,
    limit: relativeLimit(scenarios.SATURATION),
  },
  {
    title: 'aiohttp limited body',
    short: 'aiohttp',
    caption: 'a new limit at 10 s and 20 s: not followed',
    scenario: scenarios.RATE_CHANGE.name,
    systems: [{ name: dripBucket.name }],
    seconds: 30,
    binSeconds: 1,
    limit: relativeLimit(scenarios.RATE_CHANGE),
  },
  {
    title: 'App Engine Throttle',
    short: 'App Engine',
    caption: 'after 20 minutes idle: all of it at once',
    scenario: scenarios.IDLE_THEN_BURST.name,
    systems: [{ name: throttle.name }],
    seconds: 20,
    binSeconds: 1,
    limit: relativeLimit(scenarios.IDLE_THEN_BURST),
  },
  {
    title: 'token-bucket tutorial',
    short: 'tutorial',
    caption: '12 requests/s: 12 at once, every second',
    scenario: scenarios.BUSY_QUEUE.name,
    systems: [{ name: tutorial.name }],
    seconds: 10,
    binSeconds: 0.25,
    limit: () => 1,
  },
]

const COLUMNS = 3
const WIDTH = 980
const CELL_WIDTH = WIDTH / COLUMNS
const CELL_HEIGHT = 232
const HEADER_HEIGHT = 52
const PLOT = { left: 36, right: 14, top: 62, bottom: 30 }
const PLOT_WIDTH = CELL_WIDTH - PLOT.left - PLOT.right
const PLOT_HEIGHT = CELL_HEIGHT - PLOT.top - PLOT.bottom
/** What is above is cut off and its height written there. */
const TOP_RATIO = 2.5

/** "Five well-known limiters and one line" as SVG: small multiples, one file for light and dark. Deterministic. */
export function labPlot(rows: readonly LabRow[]): string {
  const page = new SvgPage(WIDTH, HEADER_HEIGHT + 2 * CELL_HEIGHT, {
    title: 'Five well-known limiters and one line',
    description: 'Rate over time against the limit, simulated: each of five limiters leaves it, Sluice stays on it.',
  })
  page.text(16, 32, 'Five well-known limiters and one line', 'h1')
  drawLegend(page, 470, 27)
  PANELS.forEach((panel, index) => {
    const left = (index % COLUMNS) * CELL_WIDTH
    const top = HEADER_HEIGHT + Math.floor(index / COLUMNS) * CELL_HEIGHT
    drawPanel(page, panel, rows, left, top)
  })
  drawFigures(page, rows, 2 * CELL_WIDTH, HEADER_HEIGHT + CELL_HEIGHT)
  return page.toString()
}

function drawLegend(page: SvgPage, left: number, y: number): void {
  const entries: readonly [string, string, number][] = [
    ['the limit', 'limit', 0],
    ['Sluice', 'ours', 110],
    ['theirs, as a model of the algorithm', 'seed', 200],
  ]
  for (const [label, style, offset] of entries) {
    page.path(`M${left + offset} ${y}h24`, style)
    page.text(left + offset + 30, y + 4, label, 'small')
  }
}

function drawPanel(page: SvgPage, panel: Panel, rows: readonly LabRow[], cellLeft: number, cellTop: number): void {
  const left = cellLeft + PLOT.left
  const bottom = cellTop + PLOT.top + PLOT_HEIGHT
  const x = (seconds: number) => left + (seconds / panel.seconds) * PLOT_WIDTH
  // Whole pixels: a hundredth of the limit is half of one, and not worth another file.
  const y = (ratio: number) => Math.round(bottom - (Math.min(ratio, TOP_RATIO) / TOP_RATIO) * PLOT_HEIGHT)
  page.text(cellLeft + 16, cellTop + 18, panel.title, 'h2')
  page.text(cellLeft + 16, cellTop + 36, panel.caption, 'small')
  for (const ratio of [0, 1, 2]) {
    page.path(`M${n(left)} ${n(y(ratio))}h${n(PLOT_WIDTH)}`, 'grid')
    page.text(left - 6, y(ratio) + 4, `${ratio}×`, 'tick end')
  }
  for (const part of [0, 0.5, 1]) {
    page.text(
      x(panel.seconds * part),
      bottom + 16,
      `${panel.seconds * part} s`,
      part === 1 ? 'tick end' : 'tick middle',
    )
  }

  const bins = Math.round(panel.seconds / panel.binSeconds)
  const step = (ratioOf: (bin: number) => number) =>
    Array.from({ length: bins }, (_, bin) => {
      const at = bin * panel.binSeconds
      return `${bin === 0 ? 'M' : 'L'}${n(x(at))} ${n(y(ratioOf(bin)))}H${n(x(at + panel.binSeconds))}`
    }).join('')
  for (const { name, label } of panel.systems) {
    const rates = binned(find(rows, name, panel.scenario), panel)
    const line = step((bin) => rates[bin] ?? 0)
    page.path(`${line}V${n(y(0))}H${n(left)}Z`, 'area')
    page.path(line, 'seed')
    labelPeaks(page, rates, (bin) => x((bin + 0.5) * panel.binSeconds), cellTop + PLOT.top - 4)
    const { mean } = find(rows, name, panel.scenario).figures
    if (label !== undefined) page.text(x(panel.seconds), y(mean) - 7, `${label} ${times(mean)}`, 'label end')
  }
  const oursRates = binned(find(rows, ours.name, panel.scenario), panel)
  page.path(
    step((bin) => oursRates[bin] ?? 0),
    'ours',
  )
  page.path(
    step((bin) => panel.limit(bin * panel.binSeconds)),
    'limit',
  )
}

/** Above what is cut off stands how high it is, as far as there is room. */
function labelPeaks(page: SvgPage, rates: readonly number[], x: (bin: number) => number, y: number): void {
  let freeFrom = Number.NEGATIVE_INFINITY
  rates.forEach((rate, bin) => {
    if (rate <= TOP_RATIO || x(bin) < freeFrom) return
    const label = `${rate.toFixed(rate < 10 && rate % 1 >= 0.05 ? 1 : 0)}×`
    page.text(x(bin), y, label, 'label middle')
    freeFrom = x(bin) + 14 + 7 * label.length
  })
}

/** The last cell: the panels again, in figures. */
function drawFigures(page: SvgPage, rows: readonly LabRow[], left: number, top: number): void {
  const right = (column: number) => left + 154 + column * 50
  page.text(left + 16, top + 18, 'In figures', 'h2')
  page.text(left + 16, top + 36, 'theirs and Sluice under the same load, ÷ limit', 'small')
  page.text(right(1), top + 60, 'mean', 'tick end')
  page.text(right(3), top + 60, 'busiest second', 'tick end')
  const lines = PANELS.flatMap(({ short, scenario, systems }) =>
    systems.map(({ name, label }) => ({ title: label ?? short, scenario, name })),
  )
  lines.forEach(({ title, scenario, name }, index) => {
    const theirs = find(rows, name, scenario).figures
    const own = find(rows, ours.name, scenario).figures
    const y = top + 82 + index * 21
    page.text(left + 16, y, title, 'small')
    page.text(right(0), y, times(theirs.mean), 'figure seed-text end')
    page.text(right(1), y, times(own.mean), 'figure ours-text end')
    page.text(right(2), y, times(theirs.busiest1s), 'figure seed-text end')
    page.text(right(3), y, times(own.busiest1s), 'figure ours-text end')
  })
}

/** Relative to the panel's first limit. */
function binned({ ratios }: LabRow, { seconds, binSeconds, limit }: Panel): number[] {
  const width = Math.round((binSeconds * 1000) / BIN_MS)
  return Array.from({ length: Math.round(seconds / binSeconds) }, (_, bin) => {
    const part = ratios.slice(bin * width, (bin + 1) * width)
    return (part.reduce((sum, ratio) => sum + ratio, 0) / width) * limit(bin * binSeconds)
  })
}

function find(rows: readonly LabRow[], system: string, scenario: string): LabRow {
  const row = rows.find((candidate) => candidate.system === system && candidate.scenario === scenario)
  if (row === undefined) throw new Error(`The lab has not run ${system} under "${scenario}".`)
  return row
}

/** Hundredths of a pixel. */
function n(value: number): string {
  return String(Math.round(value * 100) / 100)
}
