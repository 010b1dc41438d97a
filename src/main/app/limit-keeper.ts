import type { LimitPlan } from '../../shared/limit-plan.ts'
import type { PlanChange } from '../../shared/settings.ts'
import type { EngineClient } from '../engine/client.ts'
import { evaluatePlan, scheduledPauseWithin, settlePlan } from '../flow/limit-plan.ts'
import * as commands from '../flow/limit-plan-commands.ts'
import { BadInput } from './errors.ts'

/** The wall clock can jump (sleep, a change of the time): look again at least this often. */
const LOOK_AGAIN_MS = 30_000

/** Where the plan is kept; settings in a window, memory in a command. */
export interface PlanStore {
  plan: LimitPlan
}

/**
 * Holds the engine to the limit plan: evaluates it from the wall clock, tells the engine what holds and until when,
 * and looks again when the clock will change it. It has no state of its own beside the timer.
 */
export class LimitKeeper {
  readonly #store: PlanStore
  readonly #engine: Pick<EngineClient, 'call'>
  readonly #onChange: (plan: LimitPlan) => void
  #timer: NodeJS.Timeout | null = null
  #told = ''

  /** @param onChange called with each new plan, also when a timer has run out */
  constructor(store: PlanStore, engine: Pick<EngineClient, 'call'>, onChange: (plan: LimitPlan) => void) {
    this.#store = store
    this.#engine = engine
    this.#onChange = onChange
  }

  get plan(): LimitPlan {
    return this.#store.plan
  }

  /** Begins to follow the plan; again after the computer has slept. */
  async follow(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    const now = Date.now()
    const settled = settlePlan(this.plan, now)
    if (settled !== this.plan) this.#keep(settled)
    const holds = evaluatePlan(settled, now)
    const delayMs = Math.min(LOOK_AGAIN_MS, (holds.untilMs ?? Number.POSITIVE_INFINITY) - now)
    this.#timer = setTimeout(() => void this.follow(), Math.max(0, delayMs)).unref()
    await this.#tell(holds.limitBytesPerSecond === 0, now)
  }

  async setLimit(limitBytesPerSecond: number | null): Promise<void> {
    await this.#change(commands.setLimit(this.plan, limitBytesPerSecond, Date.now()))
  }

  async setPaused(paused: boolean): Promise<void> {
    await this.#change(paused ? commands.pause(this.plan) : commands.resume(this.plan, Date.now()))
  }

  /** @throws BadInput with one sentence for a timetable or a time zone that cannot be read */
  async change(change: PlanChange): Promise<LimitPlan> {
    await this.#change(changed(this.plan, change, Date.now()))
    return this.plan
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  async #change(plan: LimitPlan): Promise<void> {
    this.#keep(plan)
    await this.follow()
  }

  #keep(plan: LimitPlan): void {
    this.#store.plan = plan
    this.#onChange(plan)
  }

  /** Only what is new: a rate that is set again voids every ticket. */
  async #tell(paused: boolean, now: number): Promise<void> {
    const { plan } = this
    const { source, untilMs } = evaluatePlan(plan, now)
    // While something pauses, the limit to come back to is told, so that the slider stays where it is.
    const running = evaluatePlan({ ...plan, paused: false }, now).limitBytesPerSecond
    const limitBytesPerSecond = running === 0 ? plan.manual : running
    const nextPauseMs = paused ? null : scheduledPauseWithin(plan, now)
    const telling = JSON.stringify([limitBytesPerSecond, source, untilMs, nextPauseMs, paused])
    if (telling === this.#told) return
    this.#told = telling
    const setLimit = () => this.#engine.call('setLimit', { limitBytesPerSecond, source, untilMs, nextPauseMs })
    // Between the two nothing may start that the pause would cut off: it is no longer announced once it is here.
    if (!paused) await setLimit()
    await this.#engine.call('setPaused', { paused })
    if (paused) await setLimit()
  }
}

function changed(plan: LimitPlan, change: PlanChange, now: number): LimitPlan {
  switch (change.kind) {
    case 'for':
      return commands.setFor(plan, change.limitBytesPerSecond, change.durationMs, now)
    case 'end-timed':
      return commands.endTimed(plan)
    case 'pause-for':
      return commands.pauseFor(plan, change.durationMs, now)
    case 'alternative':
      return commands.toggleAlternative(plan, change.on)
    case 'alternative-limit':
      return commands.setAlternative(plan, change.limitBytesPerSecond)
    case 'schedule':
      return commands.switchSchedule(plan, change.on)
    case 'timetable': {
      const made = commands.setTimetable(plan, change.timetable, change.timeZone)
      if (!made.ok) throw new BadInput(made.message)
      return made.value
    }
  }
}
