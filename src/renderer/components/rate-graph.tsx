import type { ReactNode } from 'react'
import { useEffect, useId, useRef, useState } from 'react'
import 'uplot/dist/uPlot.min.css'
import type { RateSample } from '../../shared/samples.ts'
import { SPANS } from '../../shared/samples.ts'
import { formatDuration, formatRate } from '../../shared/units.ts'
import { marksOf, peakOf } from '../graph-data.ts'
import type { SampleHistory } from '../samples.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { usePoints } from '../use-points.ts'
import type { Readout } from './rate-graph-canvas.ts'
import { drawRateGraph } from './rate-graph-canvas.ts'
import './rate-graph.css'

/** Room for the values under the pointer, at the left of it. */
const HOVER_PX = 230

const text = strings.graph

interface GraphProps {
  readonly label: string
  readonly history: SampleHistory
  /** The longest span that is offered. */
  readonly maxMinutes?: number
}

/** The rate of the last minutes: sent as an area, confirmed and limit as lines, pauses as bands, changes as marks. */
export function RateGraph({ label, history, maxMinutes = Number.POSITIVE_INFINITY }: GraphProps): ReactNode {
  const [minutes, setMinutes] = useState(1)
  const [readout, setReadout] = useState<Readout | null>(null)
  const canvas = useRef<HTMLDivElement>(null)
  const appearance = useApp((state) => state.appearance)
  const points = usePoints(history, minutes)
  const groupName = useId()

  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed appearance changes the colours that are read
  useEffect(() => {
    if (!canvas.current) return
    return drawRateGraph(canvas.current, { history, minutes, onReadout: setReadout })
  }, [history, minutes, appearance])

  return (
    <figure className="graph" aria-label={label}>
      <figcaption className="graph-head">
        <span className="graph-keys">
          <span className="graph-key graph-key-sent">{text.sent}</span>
          <span className="graph-key graph-key-confirmed" title={text.confirmedHint}>
            {text.confirmed}
          </span>
          <span className="graph-key graph-key-limit">{text.limit}</span>
        </span>
        <fieldset className="segments">
          <legend className="visually-hidden">{text.span}</legend>
          {SPANS.filter((span) => span.minutes <= maxMinutes).map((span) => (
            <label key={span.minutes}>
              <input
                type="radio"
                name={groupName}
                className="visually-hidden"
                checked={minutes === span.minutes}
                onChange={() => setMinutes(span.minutes)}
              />
              {spanText(span.minutes)}
            </label>
          ))}
        </fieldset>
      </figcaption>
      <div className="graph-body" aria-hidden>
        <div ref={canvas} className="graph-canvas" />
        {readout && <Hover readout={readout} />}
      </div>
      <p className="visually-hidden" data-testid="graph-text">
        {describe(points, minutes)}
      </p>
    </figure>
  )
}

/** The values under the pointer, on the side of it that has room. */
function Hover({ readout }: { readonly readout: Readout }): ReactNode {
  const { leftPx, agoMs, sent, confirmed, limit, retries } = readout
  const when = agoMs < 500 ? text.agoNow : text.ago(formatDuration(agoMs))
  return (
    <dl
      className="graph-hover"
      data-testid="graph-hover"
      data-side={leftPx > HOVER_PX ? 'left' : 'right'}
      style={{ '--at': `${leftPx}px` }}
    >
      <div className="graph-hover-when">{when}</div>
      <div>
        <dt className="graph-key graph-key-sent">{text.sent}</dt>
        <dd>{formatRate(sent)}</dd>
      </div>
      <div>
        <dt className="graph-key graph-key-confirmed">{text.confirmed}</dt>
        <dd>{formatRate(confirmed)}</dd>
      </div>
      <div>
        <dt className="graph-key graph-key-limit">{text.limit}</dt>
        <dd>{limitText(limit)}</dd>
      </div>
      {retries > 0 && <div className="graph-hover-retries">{text.retries(retries)}</div>}
    </dl>
  )
}

/** The whole graph as sentences, for people who hear it. No live region: it would never be silent. */
function describe(points: readonly RateSample[], minutes: number): string {
  const peak = peakOf(points)
  const newest = points.at(-1)
  if (peak === 0 || newest === undefined) return text.none
  const mean = points.reduce((sum, { sentBytesPerSecond }) => sum + sentBytesPerSecond, 0) / points.length
  const { pauses, limits, retries } = marksOf(points)
  const tries = retries.reduce((sum, { count }) => sum + count, 0)
  return [
    text.text(
      spanText(minutes),
      formatRate(newest.sentBytesPerSecond),
      formatRate(Math.round(mean)),
      formatRate(peak),
      limitText(newest.limitBytesPerSecond),
    ),
    text.events(pauses.length, limits.length, tries),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ')
}

function limitText(limit: number | null): string {
  return limit === 0 ? text.paused : formatRate(limit)
}

function spanText(minutes: number): string {
  return formatDuration(minutes * 60_000)
}
