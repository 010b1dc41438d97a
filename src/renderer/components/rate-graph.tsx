import type { ReactNode } from 'react'
import { useEffect, useRef, useState } from 'react'
import 'uplot/dist/uPlot.min.css'
import { formatRate } from '../../shared/units.ts'
import type { SpanMinutes } from '../graph-data.ts'
import { graphData, largest, SPANS } from '../graph-data.ts'
import { sampleHistory } from '../samples.ts'
import { getState, shownLimit, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { drawRateGraph } from './rate-graph-canvas.ts'
import './rate-graph.css'

/** How often the text alternative follows; more often would only tire its readers. */
const TEXT_MS = 5000

/** The rate of the last minutes: sent as an area, confirmed and limit as lines. */
export function RateGraph(): ReactNode {
  const [span, setSpan] = useState<SpanMinutes>(1)
  const [readout, setReadout] = useState<string | null>(null)
  const canvas = useRef<HTMLDivElement>(null)
  const appearance = useApp((state) => state.appearance)
  const text = useGraphText(span)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed appearance changes the colours that are read
  useEffect(() => {
    if (!canvas.current) return
    return drawRateGraph(canvas.current, span, setReadout)
  }, [span, appearance])

  return (
    <figure className="graph" aria-label={strings.graph.label}>
      <figcaption className="graph-head">
        <span className="graph-key graph-key-sent">{strings.graph.sent}</span>
        <span className="graph-key graph-key-confirmed" title={strings.graph.confirmedHint}>
          {strings.graph.confirmed}
        </span>
        <span className="graph-key graph-key-limit">{strings.graph.limit}</span>
        <span className="graph-readout">{readout}</span>
        <fieldset className="segments">
          <legend className="visually-hidden">{strings.graph.span}</legend>
          {SPANS.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="span"
                className="visually-hidden"
                checked={span === one}
                onChange={() => setSpan(one)}
              />
              {strings.graph.spans[one]}
            </label>
          ))}
        </fieldset>
      </figcaption>
      <div ref={canvas} className="graph-canvas" aria-hidden />
      <p className="visually-hidden" data-testid="graph-text">
        {text}
      </p>
    </figure>
  )
}

function useGraphText(span: SpanMinutes): string {
  const [text, setText] = useState<string>(strings.graph.none)
  useEffect(() => {
    const update = () => setText(describe(span))
    update()
    const timer = setInterval(update, TEXT_MS)
    return () => clearInterval(timer)
  }, [span])
  return text
}

function describe(span: SpanMinutes): string {
  const [, sent] = graphData(sampleHistory.all, span)
  const peak = largest(sent)
  if (peak === 0) return strings.graph.none
  const mean = sent.reduce<number>((sum, value) => sum + (value ?? 0), 0) / sent.length
  return strings.graph.text(
    strings.graph.spans[span] ?? '',
    formatRate(Math.round(sent.at(-1) ?? 0)),
    formatRate(Math.round(mean)),
    formatRate(Math.round(peak)),
    formatRate(shownLimit(getState())),
  )
}
