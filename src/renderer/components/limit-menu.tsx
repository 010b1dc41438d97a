import { Popover } from '@base-ui/react/popover'
import { CalendarClock, ChevronsDown, Timer } from 'lucide-react'
import type { FormEvent, KeyboardEvent, ReactNode } from 'react'
import { useState } from 'react'
import type { LimitPlan } from '../../shared/limit-plan.ts'
import { formatRate, parseRate } from '../../shared/units.ts'
import { perform } from '../bridge.ts'
import { nudge } from '../limit-scale.ts'
import { rateText } from '../pace-form.ts'
import { currentRate } from '../phases.ts'
import type { AppState } from '../store.ts'
import { getState, openDialog, shownLimit, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { untilClock } from '../timers.ts'
import { Button } from './button.tsx'
import { TextField } from './form.tsx'
import './limit-menu.css'
import './menu.css'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const text = strings.timers

/** What acts on the limit by the clock: for a while, pause for a while, the alternative limit, the schedule. */
export function LimitMenu(): ReactNode {
  const [open, setOpen] = useState(false)
  const plan = useApp((state) => state.plan)
  const close = () => setOpen(false)
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="button icon-button" aria-label={text.label} title={text.label}>
        <Timer size={16} aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="menu-positioner" align="end" sideOffset={4}>
          <Popover.Popup className="menu timers" aria-label={text.label}>
            {plan && (
              <>
                <ForAWhile plan={plan} onDone={close} />
                <PauseFor onDone={close} />
                <Alternative plan={plan} />
                <Schedule plan={plan} onDone={close} />
              </>
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

interface PartProps {
  readonly plan: LimitPlan
  readonly onDone: () => void
}

/** A limit that ends by itself. The first guess is the alternative limit: the one of the moment would change nothing. */
function ForAWhile({ plan, onDone }: PartProps): ReactNode {
  const [rate, setRate] = useState(rateText(plan.timed?.limitBytesPerSecond ?? plan.alternative.limitBytesPerSecond))
  const [time, setTime] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  // As it was when the menu opened: a label that changes five times a second cannot be read.
  const [half] = useState(() => halfOfNow(getState()))

  async function keep(limitBytesPerSecond: number | null, durationMs: number): Promise<void> {
    const result = await perform('changePlan', { kind: 'for', limitBytesPerSecond, durationMs })
    if (result.ok) onDone()
  }
  async function hold(durationMs: number | null): Promise<void> {
    const parsed = parseRate(rate)
    if (!parsed.ok) setProblem(parsed.message)
    else if (durationMs === null) setProblem(text.noTime)
    else await keep(parsed.value, durationMs)
  }
  function holdUntil(event: FormEvent): void {
    event.preventDefault()
    void hold(untilClock(time, Date.now()))
  }

  return (
    <form className="timers-part" aria-label={text.forAWhile} onSubmit={holdUntil} noValidate>
      {half !== null && (
        <Button icon={ChevronsDown} onClick={() => void keep(half, HOUR_MS)}>
          {text.half(formatRate(half))}
        </Button>
      )}
      <TextField
        label={text.forAWhile}
        placeholder={strings.limit.placeholder}
        value={rate}
        onText={(next) => {
          setRate(next)
          setProblem(null)
        }}
      />
      <div className="timers-row">
        {[30, 60, 120].map((minutes) => (
          <Button key={minutes} onClick={() => void hold(minutes * MINUTE_MS)}>
            {text.for(minutes)}
          </Button>
        ))}
      </div>
      <div className="timers-row">
        <label className="timers-until">
          {text.until}
          <input
            type="time"
            className="field"
            value={time}
            onChange={(event) => {
              setTime(event.currentTarget.value)
              setProblem(null)
            }}
          />
        </label>
        <Button type="submit">{strings.limit.set}</Button>
      </div>
      {problem && (
        <p className="timers-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  )
}

/** Half of the limit, or where there is none of what goes out; null while there is nothing to halve. */
function halfOfNow(state: AppState): number | null {
  const rate = state.summary ? currentRate(state.summary) : 0
  const limit = shownLimit(state)
  return (limit === null ? rate : limit) > 0 ? nudge(limit, 0.5, rate) : null
}

function PauseFor({ onDone }: Pick<PartProps, 'onDone'>): ReactNode {
  async function pause(minutes: number): Promise<void> {
    const result = await perform('changePlan', { kind: 'pause-for', durationMs: minutes * MINUTE_MS })
    if (result.ok) onDone()
  }
  return (
    <fieldset className="timers-part" aria-label={text.pause}>
      <span className="form-label">{text.pause}</span>
      <div className="timers-row">
        {[30, 60].map((minutes) => (
          <Button key={minutes} onClick={() => void pause(minutes)}>
            {text.pauseFor(minutes)}
          </Button>
        ))}
      </div>
    </fieldset>
  )
}

/** The rate that the turtle switches to. */
function Alternative({ plan }: Pick<PartProps, 'plan'>): ReactNode {
  const { limitBytesPerSecond } = plan.alternative
  const [draft, setDraft] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  function apply(): void {
    if (draft === null) return
    const parsed = parseRate(draft)
    setProblem(parsed.ok ? null : parsed.message)
    if (!parsed.ok) return
    setDraft(null)
    void perform('changePlan', { kind: 'alternative-limit', limitBytesPerSecond: parsed.value })
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Enter') apply()
  }

  return (
    <div className="timers-part">
      <TextField
        label={text.alternative}
        hint={text.alternativeHint}
        value={draft ?? (rateText(limitBytesPerSecond) || formatRate(null))}
        onText={(next) => {
          setDraft(next)
          setProblem(null)
        }}
        onBlur={apply}
        onKeyDown={onKeyDown}
      />
      {problem && (
        <p className="timers-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}

function Schedule({ plan, onDone }: PartProps): ReactNode {
  const edit = () => {
    onDone()
    openDialog({ kind: 'schedule' })
  }
  return (
    <div className="timers-part timers-row timers-spread">
      {plan.schedule ? (
        <label className="timers-check">
          <input
            type="checkbox"
            checked={plan.schedule.on}
            onChange={(event) => void perform('changePlan', { kind: 'schedule', on: event.currentTarget.checked })}
          />
          {text.follow}
        </label>
      ) : (
        <span className="form-hint">{text.noSchedule}</span>
      )}
      <Button icon={CalendarClock} onClick={edit}>
        {text.schedule}
      </Button>
    </div>
  )
}
