import { Pause, Play, Turtle, Undo2 } from 'lucide-react'
import type { KeyboardEvent, ReactNode, WheelEvent } from 'react'
import { formatRate, formatRateBits } from '../../shared/units.ts'
import { togglePaused } from '../actions.ts'
import { perform } from '../bridge.ts'
import { beginDrag, changeLimit, stepLimit, undoLimitChange } from '../limit.ts'
import { limitAt, nudge, positionOf, TOP_POSITION } from '../limit-scale.ts'
import { currentRate } from '../phases.ts'
import { getState, shownLimit, useApp, useModifier } from '../store.ts'
import { strings } from '../strings.ts'
import { Button, IconButton } from './button.tsx'
import { LimitBox } from './limit-box.tsx'
import { LimitMenu } from './limit-menu.tsx'
import './limit-control.css'

const SMALL_STEP = 1.1
const LARGE_STEP = 2
const TICKS: readonly { readonly limit: number | null; readonly text: string }[] = [
  { limit: 16e3, text: '16k' },
  { limit: 100e3, text: '100k' },
  { limit: 1e6, text: '1M' },
  { limit: 10e6, text: '10M' },
  { limit: 100e6, text: '100M' },
  { limit: null, text: '∞' },
]

/** Everything that sets the limit of all uploads: slider, text, unlimited, undo, and pause beside them. */
export function LimitControl(): ReactNode {
  const mod = useModifier()
  const undoLimit = useApp((state) => state.undoLimit)
  const limit = useApp(shownLimit)
  const paused = useApp((state) => state.summary?.paused ?? false)
  const undoLabel = undoLimit === undefined ? strings.limit.undoNothing : strings.limit.undo(formatRate(undoLimit))
  return (
    <div className="limit">
      <div className="limit-head">
        <label className="limit-title" htmlFor="limit-slider">
          {strings.limit.label}
        </label>
        <AlternativeButton />
        <LimitMenu />
        <IconButton
          icon={Undo2}
          label={undoLabel}
          keys={`${mod}Z`}
          disabled={undoLimit === undefined}
          onClick={undoLimitChange}
        />
        <Button
          icon={paused ? Play : Pause}
          className="limit-pause"
          title={`${mod}Shift+P`}
          onClick={() => void togglePaused()}
        >
          {paused ? strings.strip.resumeAll : strings.strip.pauseAll}
        </Button>
      </div>
      <Slider limit={limit} />
      <div className="limit-foot">
        <LimitBox limit={limit} />
        <Button aria-pressed={limit === null} onClick={() => changeLimit(null)}>
          {strings.limit.unlimited}
        </Button>
      </div>
    </div>
  )
}

function AlternativeButton(): ReactNode {
  const alternative = useApp((state) => state.plan?.alternative)
  if (!alternative) return null
  const { on, limitBytesPerSecond } = alternative
  return (
    <IconButton
      icon={Turtle}
      label={strings.limit.alternative(formatRate(limitBytesPerSecond))}
      aria-pressed={on}
      onClick={() => void perform('changePlan', { kind: 'alternative', on: !on })}
    />
  )
}

function Slider({ limit }: { readonly limit: number | null }): ReactNode {
  const position = positionOf(limit)
  const fill = `${(position / TOP_POSITION) * 100}%`
  return (
    <div className="slider" onWheel={onWheel}>
      <input
        id="limit-slider"
        type="range"
        min={0}
        max={TOP_POSITION}
        value={position}
        style={{ '--fill': fill }}
        aria-label={strings.limit.slider}
        aria-valuetext={
          limit === null ? strings.limit.unlimited : strings.limit.valueText(formatRate(limit), formatRateBits(limit))
        }
        onPointerDown={beginDrag}
        onChange={(event) => stepLimit(limitAt(event.currentTarget.valueAsNumber))}
        onKeyDown={onKeyDown}
      />
      <div className="slider-ticks" aria-hidden>
        {TICKS.map((tick) => (
          <button
            key={tick.text}
            type="button"
            tabIndex={-1}
            style={{ '--at': positionOf(tick.limit) / TOP_POSITION }}
            onClick={() => changeLimit(tick.limit)}
          >
            {tick.text}
          </button>
        ))}
      </div>
    </div>
  )
}

/** A native range steps by position; ours steps by share, so that 10 % is 10 % everywhere on the track. */
function onKeyDown(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const step = event.shiftKey ? LARGE_STEP : SMALL_STEP
  switch (event.key) {
    case 'ArrowRight':
    case 'ArrowUp':
      move(step)
      break
    case 'ArrowLeft':
    case 'ArrowDown':
      move(1 / step)
      break
    case 'PageUp':
      move(LARGE_STEP)
      break
    case 'PageDown':
      move(1 / LARGE_STEP)
      break
    case 'Home':
      changeLimit(limitAt(0))
      break
    case 'End':
      changeLimit(null)
      break
    default:
      return
  }
  event.preventDefault()
}

function onWheel(event: WheelEvent): void {
  if (event.ctrlKey) return
  // With Shift the wheel scrolls sideways, so the movement is in the other axis.
  const delta = event.deltaY || event.deltaX
  if (delta === 0) return
  const step = event.shiftKey ? LARGE_STEP : SMALL_STEP
  move(delta < 0 ? step : 1 / step)
}

function move(factor: number): void {
  const state = getState()
  stepLimit(nudge(shownLimit(state), factor, state.summary ? currentRate(state.summary) : 0))
}
