import type { LimitedBy } from '../shared/contract.ts'
import type { LogEntry, Slowness, TimeShares } from '../shared/transfer-details.ts'
import { strings } from './strings.ts'

const text = strings.slowness

/** "Why is it slow?" as one sentence: what binds, and what would help. */
export function slownessText(slowness: Slowness): string {
  switch (slowness.cause) {
    case 'limit':
      return text.limits[limitKey(slowness.by)]
    case 'waiting':
      return text.waiting[slowness.for]
    case 'server':
    case 'network':
    case 'disk':
    case 'small-files':
    case 'computer':
    case 'none':
      return text.causes[slowness.cause]
  }
}

/** The nodes that can hold the bytes of one transfer; anything else is the limit of all uploads. */
function limitKey(by: LimitedBy): keyof typeof text.limits {
  return by === 'destination' || by === 'transfer' || by === 'requests' || by === 'quota' ? by : 'global'
}

export const SHARES = [
  'limit',
  'server',
  'network',
  'disk',
  'files',
  'computer',
] as const satisfies readonly (keyof TimeShares)[]

/** `72 % limit, 20 % network`: what is at least a twentieth, the largest first. */
export function sharesText(shares: TimeShares): string {
  return SHARES.filter((share) => shares[share] >= 0.05)
    .sort((a, b) => shares[b] - shares[a])
    .map((share) => `${Math.round(shares[share] * 100)} % ${text.shares[share]}`)
    .join(', ')
}

/** One line of a transfer's log. */
export function logText({ what, message, attempt }: LogEntry): string {
  if (what === 'limit') return strings.log.limit(message ?? '')
  if (what === 'retry-later') return strings.log.retryLater(attempt, message ?? '')
  const sentence = strings.log.events[what]
  return message === null ? sentence : `${sentence}: ${message}`
}
