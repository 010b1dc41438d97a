import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import type { PartState, TransferDetails } from '../../shared/transfer-details.ts'
import { formatBytes } from '../../shared/units.ts'
import { layoutParts } from '../parts-layout.ts'
import { strings } from '../strings.ts'

const MAX_HEIGHT_PX = 110
const STATES: readonly PartState[] = ['confirmed', 'in-flight', 'waiting']

const text = strings.details.parts

/** Every part of the file in its order: confirmed, in flight or waiting. Drawn whole, also for 10 000 of them. */
export function PartsMap({ details }: { readonly details: TransferDetails }): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  const counts = countsOf(details.parts)
  useEffect(() => {
    if (canvas.current) draw(canvas.current, details.parts)
  }, [details])
  return (
    <>
      <canvas ref={canvas} className="parts-map" role="img" aria-label={text.label(...counts)} />
      <p className="parts-legend">
        {STATES.map((state, index) => (
          <span key={state} className={`parts-key parts-key-${state}`}>
            {text.states[state](counts[index] ?? 0)}
          </span>
        ))}
        <span className="parts-size">{text.each(formatBytes(details.partBytes))}</span>
      </p>
    </>
  )
}

/** Confirmed, in flight, waiting. */
function countsOf(parts: TransferDetails['parts']): [number, number, number] {
  const of = (wanted: PartState) => parts.reduce((sum, [count, state]) => sum + (state === wanted ? count : 0), 0)
  return [of('confirmed'), of('in-flight'), of('waiting')]
}

function draw(canvas: HTMLCanvasElement, parts: TransferDetails['parts']): void {
  const total = parts.reduce((sum, [count]) => sum + count, 0)
  const widthPx = canvas.parentElement?.clientWidth ?? 0
  const { columns, cellWidthPx, cellHeightPx, gapPx, heightPx } = layoutParts(total, widthPx, MAX_HEIGHT_PX)
  const scale = devicePixelRatio
  canvas.width = Math.round(widthPx * scale)
  canvas.height = Math.round(heightPx * scale)
  canvas.style.height = `${heightPx}px`
  const context = canvas.getContext('2d')
  if (!context) return
  context.scale(scale, scale)
  const style = getComputedStyle(canvas)
  let index = 0
  for (const [count, state] of parts) {
    context.fillStyle = style.getPropertyValue(`--part-${state}`)
    for (const end = index + count; index < end; index++) {
      const left = (index % columns) * cellWidthPx
      const top = Math.floor(index / columns) * cellHeightPx
      context.fillRect(left, top, cellWidthPx - gapPx, cellHeightPx - (heightPx > cellHeightPx ? gapPx : 0))
    }
  }
}
