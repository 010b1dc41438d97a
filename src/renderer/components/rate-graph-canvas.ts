import uPlot from 'uplot'
import { formatDuration, formatRate } from '../../shared/units.ts'
import type { GraphMarks } from '../graph-data.ts'
import { ceilingOf, graphData, largest, marksOf, pointsOf } from '../graph-data.ts'
import type { SampleHistory } from '../samples.ts'
import { strings } from '../strings.ts'

/** Where the time axis is marked, as shares of the span before now. */
const MARKS = [0.75, 0.5, 0.25, 0] as const

/** Half the width of the marks of limit changes and retries. */
const MARK_PX = 3.5

interface Colours {
  readonly sent: string
  readonly sentFill: string
  readonly confirmed: string
  readonly limit: string
  readonly pause: string
  readonly retry: string
  readonly axis: string
  readonly grid: string
}

/** The values under the pointer. */
export interface Readout {
  /** Where it is, from the left edge of the box. */
  readonly leftPx: number
  readonly agoMs: number
  readonly sent: number
  readonly confirmed: number
  readonly limit: number | null
  readonly retries: number
}

export interface GraphOptions {
  readonly history: SampleHistory
  readonly minutes: number
  /** The values under the pointer, null when it leaves. */
  readonly onReadout: (readout: Readout | null) => void
}

/** Keeps a graph of a sample history in `box` until the returned function is called. */
export function drawRateGraph(box: HTMLElement, { history, minutes, onReadout }: GraphOptions): () => void {
  let colours = readColours(box)
  let points = pointsOf(history.all, minutes)
  let marks = marksOf(points)
  const { fontFamily, fontSize } = getComputedStyle(box)
  const font = `${fontSize} ${fontFamily}`
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
        x: { time: false, range: (_, __, max) => [max - minutes * 60, max] },
        y: { range: (self) => [0, ceiling(self)] },
      },
      axes: [
        {
          ...axis,
          size: 20,
          gap: 4,
          // Marks stand still and the curve moves under them: labels that crawl would draw the eye.
          splits: (_, __, ___, newest) => MARKS.map((share) => newest - share * minutes * 60),
          values: () => MARKS.map((share) => markText(share * minutes)),
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
        drawClear: [(self) => drawPauses(self, marks, colours.pause)],
        draw: [(self) => drawMarks(self, marks, colours), (self) => drawLimitAbove(self, colours, font)],
        setCursor: [(self) => onReadout(readoutOf(self))],
      },
    },
    graphData(points, minutes),
    box,
  )

  function readoutOf({ cursor, data, bbox }: uPlot): Readout | null {
    const time = cursor.idx == null ? undefined : data[0][cursor.idx]
    const point = points.find(({ atMs }) => time !== undefined && Math.abs(atMs - time * 1000) < 1)
    const newest = points.at(-1)
    if (point === undefined || newest === undefined || cursor.left == null || cursor.left < 0) return null
    return {
      leftPx: bbox.left / devicePixelRatio + cursor.left,
      agoMs: newest.atMs - point.atMs,
      sent: point.sentBytesPerSecond,
      confirmed: point.confirmedBytesPerSecond,
      limit: point.limitBytesPerSecond,
      retries: point.retries,
    }
  }

  const stopListening = history.onChange(() => {
    points = pointsOf(history.all, minutes)
    marks = marksOf(points)
    plot.setData(graphData(points, minutes))
  })
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
    pause: colour('pause'),
    retry: colour('retry'),
    axis: colour('axis'),
    grid: colour('grid'),
  }
}

function ceiling(plot: uPlot): number {
  const [, sent = [], , limits = []] = plot.data as (number | null)[][]
  return ceilingOf(largest(sent), limits.at(-1) ?? null)
}

/** Bands behind the curves. */
function drawPauses(plot: uPlot, { pauses }: GraphMarks, colour: string): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.fillStyle = colour
  for (const { from, to } of pauses) {
    const left = Math.max(bbox.left, plot.valToPos(from, 'x', true))
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true))
    if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height)
  }
  ctx.restore()
}

/** A change of the limit hangs from the top edge, a retry stands on the bottom. */
function drawMarks(plot: uPlot, { limits, retries }: GraphMarks, colours: Colours): void {
  const { ctx, bbox } = plot
  const half = MARK_PX * devicePixelRatio
  const bottom = bbox.top + bbox.height
  const triangle = (at: number, edge: number, towards: number, colour: string) => {
    const x = plot.valToPos(at, 'x', true)
    if (x < bbox.left || x > bbox.left + bbox.width) return
    ctx.fillStyle = colour
    ctx.beginPath()
    ctx.moveTo(x - half, edge)
    ctx.lineTo(x + half, edge)
    ctx.lineTo(x, edge + towards * half * 1.6)
    ctx.fill()
  }
  ctx.save()
  for (const { at } of limits) triangle(at, bbox.top, 1, colours.limit)
  for (const { at } of retries) triangle(at, bottom, -1, colours.retry)
  ctx.restore()
}

/** A limit far above the traffic would flatten it; it is named at the top edge instead. */
function drawLimitAbove(plot: uPlot, colours: Colours, font: string): void {
  const limit = plot.data[3]?.at(-1)
  const top = plot.scales.y?.max
  if (limit == null || top == null || limit <= top) return
  const { ctx, bbox } = plot
  ctx.save()
  ctx.fillStyle = colours.limit
  ctx.font = font.replace(/^[\d.]+/, (size) => String(Number(size) * devicePixelRatio))
  ctx.textAlign = 'right'
  ctx.textBaseline = 'top'
  ctx.fillText(strings.graph.above(formatRate(limit)), bbox.left + bbox.width - 10, bbox.top + 3)
  ctx.restore()
}

function markText(minutes: number): string {
  if (minutes === 0) return strings.graph.agoNow
  return strings.graph.mark(formatDuration(minutes * 60_000))
}
