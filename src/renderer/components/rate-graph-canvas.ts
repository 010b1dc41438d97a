import uPlot from 'uplot'
import { formatDuration, formatRate } from '../../shared/units.ts'
import type { SpanMinutes } from '../graph-data.ts'
import { ceilingOf, graphData, largest } from '../graph-data.ts'
import { sampleHistory } from '../samples.ts'
import { strings } from '../strings.ts'

/** Where the time axis is marked, as shares of the span before now. */
const MARKS = [0.75, 0.5, 0.25, 0] as const

interface Colours {
  readonly sent: string
  readonly sentFill: string
  readonly confirmed: string
  readonly limit: string
  readonly axis: string
  readonly grid: string
}

/**
 * Keeps a graph of the sample history in `box` until the returned function is called. `onReadout` gets the values
 * under the pointer as text, null when it leaves.
 */
export function drawRateGraph(
  box: HTMLElement,
  span: SpanMinutes,
  onReadout: (text: string | null) => void,
): () => void {
  let colours = readColours(box)
  const font = `11px ${getComputedStyle(box).fontFamily}`
  const axis = {
    stroke: () => colours.axis,
    grid: { stroke: () => colours.grid, width: 1 },
    ticks: { show: false },
    font,
  }

  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: box.clientHeight,
      padding: [6, 16, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: false, range: (_, __, max) => [max - span * 60, max] },
        y: { range: (self) => [0, ceiling(self)] },
      },
      axes: [
        {
          ...axis,
          size: 20,
          gap: 4,
          // Marks stand still and the curve moves under them: labels that crawl would draw the eye.
          splits: (_, __, ___, newest) => MARKS.map((share) => newest - share * span * 60),
          values: () => MARKS.map((share) => markText(share * span)),
        },
        {
          ...axis,
          size: 62,
          gap: 6,
          space: 34,
          values: (_, splits) => splits.map((value) => (value === 0 ? '0' : formatRate(value))),
        },
      ],
      series: [
        {},
        { stroke: () => colours.sent, fill: () => colours.sentFill, width: 1.5, points: { show: false } },
        { stroke: () => colours.confirmed, width: 1.25, dash: [2, 3], points: { show: false } },
        {
          stroke: () => colours.limit,
          width: 1.5,
          dash: [7, 4],
          points: { show: false },
          ...(uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
        },
      ],
      hooks: {
        draw: [(self) => drawLimitAbove(self, colours, font)],
        setCursor: [(self) => onReadout(readoutOf(self))],
      },
    },
    graphData(sampleHistory.all, span),
    box,
  )

  const stopListening = sampleHistory.onChange(() => plot.setData(graphData(sampleHistory.all, span)))
  const resize = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: box.clientHeight }))
  resize.observe(box)
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  const recolour = () => {
    colours = readColours(box)
    plot.redraw()
  }
  scheme.addEventListener('change', recolour)
  return () => {
    stopListening()
    resize.disconnect()
    scheme.removeEventListener('change', recolour)
    plot.destroy()
  }
}

function readColours(box: HTMLElement): Colours {
  const style = getComputedStyle(box)
  const colour = (name: string) => style.getPropertyValue(`--graph-${name}`)
  return {
    sent: colour('sent'),
    sentFill: colour('sent-fill'),
    confirmed: colour('confirmed'),
    limit: colour('limit'),
    axis: colour('axis'),
    grid: colour('grid'),
  }
}

function ceiling(plot: uPlot): number {
  const [, sent = [], , limits = []] = plot.data as (number | null)[][]
  return ceilingOf(largest(sent), limits.at(-1) ?? null)
}

/** A limit far above the traffic would flatten it; it is named at the top edge instead. */
function drawLimitAbove(plot: uPlot, colours: Colours, font: string): void {
  const limit = plot.data[3]?.at(-1)
  const top = plot.scales.y?.max
  if (limit == null || top == null || limit <= top) return
  const { ctx, bbox } = plot
  ctx.save()
  ctx.fillStyle = colours.limit
  ctx.font = font.replace(/^\d+/, (size) => String(Number(size) * devicePixelRatio))
  ctx.textAlign = 'right'
  ctx.textBaseline = 'top'
  ctx.fillText(strings.graph.above(formatRate(limit)), bbox.left + bbox.width - 4, bbox.top + 3)
  ctx.restore()
}

function markText(minutes: number): string {
  if (minutes === 0) return strings.graph.agoNow
  return strings.graph.mark(formatDuration(minutes * 60_000))
}

function readoutOf(plot: uPlot): string | null {
  const index = plot.cursor.idx
  const time = index == null ? undefined : plot.data[0][index]
  const newest = plot.data[0].at(-1)
  if (index == null || time === undefined || newest === undefined) return null
  const agoMs = (newest - time) * 1000
  const when = agoMs < 500 ? strings.graph.agoNow : strings.graph.ago(formatDuration(agoMs))
  return `${formatRate(Math.round(plot.data[1]?.[index] ?? 0))} · ${when}`
}
