import type { QueueSummary } from '../shared/contract.ts'
import type { DestinationView } from '../shared/destination.ts'
import type { LimitPlan } from '../shared/limit-plan.ts'
import type { QuotaView } from '../shared/settings.ts'
import { formatBytes, formatRate } from '../shared/units.ts'
import { formatCount } from './strings/count.ts'
import { strings } from './strings.ts'

/** What the sentences about the limit need of the summary. */
type LimitFacts = Pick<
  QueueSummary,
  | 'limitBytesPerSecond'
  | 'limitedBy'
  | 'limitedTransfer'
  | 'limitSource'
  | 'limitUntilMs'
  | 'paused'
  | 'quotaUntilMs'
  | 'slowness'
>

/** What the chip's names are taken from. */
export interface Named {
  readonly destinations: readonly Pick<DestinationView, 'id' | 'name'>[]
  readonly quotas: readonly QuotaView[]
}

/** What holds the rate down, for the chip: names the one thing that binds. `nowMs` is epoch ms. */
export function bindingText(facts: LimitFacts, named: Named, nowMs: number): string {
  const { limitedBy, limitedTransfer, paused } = facts
  if (paused || limitedBy === 'paused') return pausedText(facts, nowMs)
  const destination = named.destinations.find(({ id }) => id === limitedTransfer?.destinationId)?.name ?? null
  switch (limitedBy) {
    case 'nothing':
      return unlimitedText(facts)
    case 'global':
      return globalText(facts, nowMs)
    case 'transfer':
      return strings.binding.by(strings.binding.transfer(limitedTransfer?.name ?? null))
    case 'quota':
      return strings.binding.by(quotaText(facts, named.quotas, nowMs))
    case 'destination':
    case 'requests':
    case 'server':
      return strings.binding.by(strings.binding[limitedBy](destination))
  }
}

/** No limit binds: what does, where that was measured. */
function unlimitedText({ limitBytesPerSecond, slowness }: LimitFacts): string {
  switch (slowness.cause) {
    case 'network':
    case 'disk':
    case 'small-files':
    case 'computer':
      return strings.binding.by(strings.binding.causes[slowness.cause])
    case 'server':
      return strings.binding.by(strings.binding.server(null))
    case 'limit':
    case 'waiting':
    case 'none':
      return limitBytesPerSecond === null ? strings.binding.noLimit : strings.binding.below
  }
}

/** The quota that holds, until when, and what is left of it. */
function quotaText({ quotaUntilMs }: LimitFacts, quotas: readonly QuotaView[], nowMs: number): string {
  const used = quotas.filter(({ blockedUntilMs }) => blockedUntilMs !== null)
  const spread = quotas.filter(({ mode }) => mode === 'spread')
  // Of quotas that spread, the one with the smallest part left is the strictest.
  const [quota] = [...(used.length > 0 ? used : spread)].sort((a, b) => a.left / a.amount - b.left / b.amount)
  const until = quotaUntilMs === null ? null : clockText(quotaUntilMs, nowMs)
  if (quota === undefined) return until === null ? strings.binding.quota : strings.binding.quotaUntil(until)
  const left = quota.unit === 'bytes' ? formatBytes(quota.left) : formatCount(quota.left)
  return strings.binding.quotaLeft(quota.name, left, until)
}

function globalText({ limitBytesPerSecond, limitSource, limitUntilMs }: LimitFacts, nowMs: number): string {
  const until = limitUntilMs === null ? null : clockText(limitUntilMs, nowMs)
  switch (limitSource) {
    case 'timed': {
      const rate = formatRate(limitBytesPerSecond)
      return strings.binding.by(
        limitUntilMs === null ? rate : strings.binding.forMore(rate, countdown(limitUntilMs - nowMs)),
      )
    }
    case 'alternative':
      return strings.binding.by(strings.binding.alternative)
    case 'schedule':
      return strings.binding.by(until === null ? strings.binding.schedule : strings.binding.scheduleUntil(until))
    case 'override':
      return strings.binding.by(until === null ? strings.binding.yours : strings.binding.yoursUntil(until))
    case 'paused':
    case 'manual':
      return strings.binding.by(strings.binding.yours)
  }
}

function pausedText({ limitSource, limitUntilMs }: LimitFacts, nowMs: number): string {
  if (limitUntilMs === null) return strings.binding.paused
  return limitSource === 'schedule'
    ? strings.binding.pausedBySchedule(clockText(limitUntilMs, nowMs))
    : strings.binding.pausedFor(countdown(limitUntilMs - nowMs))
}

/** Where the limit of the moment comes from when that is not simply the slider, for the line under its text box. */
export function sourceText(facts: LimitFacts, plan: LimitPlan | null, nowMs: number): string | null {
  const { limitSource, limitUntilMs } = facts
  if (limitSource === 'paused' || facts.paused) return limitUntilMs === null ? null : pausedText(facts, nowMs)
  if (limitSource === 'alternative') return strings.source.alternative
  if (limitUntilMs === null) return limitSource === 'schedule' ? strings.source.schedule : null
  switch (limitSource) {
    case 'timed':
      return strings.source.timed(countdown(limitUntilMs - nowMs), plan === null ? '' : afterTimed(plan))
    case 'schedule':
      return strings.source.scheduleUntil(clockText(limitUntilMs, nowMs))
    case 'override':
      return strings.source.overrideUntil(clockText(limitUntilMs, nowMs))
    case 'manual':
      return null
  }
}

function afterTimed({ alternative, schedule, manual }: LimitPlan): string {
  if (alternative.on) return formatRate(alternative.limitBytesPerSecond)
  return schedule?.on ? strings.source.theSchedule : formatRate(manual)
}

/** `42 min`, `1 h 5 min`, `30 s`: whole minutes, rounded up, so that "for 30 min" begins with 30. */
export function countdown(ms: number): string {
  if (ms < 60_000) return strings.time.seconds(Math.max(0, Math.ceil(ms / 1000)))
  const minutes = Math.ceil(ms / 60_000)
  const hours = Math.floor(minutes / 60)
  return hours === 0 ? strings.time.minutes(minutes) : strings.time.hours(hours, minutes % 60)
}

/** `18:00`, with the day when that is another one: `Mon 08:00`. In this computer's zone. */
export function clockText(atMs: number, nowMs: number): string {
  const at = new Date(atMs)
  const time = `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`
  if (at.toDateString() === new Date(nowMs).toDateString()) return time
  return `${strings.time.weekdays[at.getDay()] ?? ''} ${time}`
}
