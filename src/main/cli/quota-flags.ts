import { formatDuration } from '../../shared/units.ts'
import type { EngineQuota, QuotaState } from '../engine/api.ts'
import { formatQuota, parseQuota, spreadProblem } from '../flow/quota-text.ts'
import { must, Usage } from './flags.ts'

const SPREAD = /\s+spread\s*$/i

/** Reads each `--quota`: what `parseQuota` reads, and `spread` after it where it is not to stop. */
export function readQuotas(texts: readonly string[]): readonly EngineQuota[] {
  const byName = new Map<string, EngineQuota>()
  for (const text of texts) {
    const mode = SPREAD.test(text) ? 'spread' : 'stop'
    const amount = must(parseQuota(text.replace(SPREAD, '')), '--quota')
    const problem = spreadProblem({ ...amount, mode })
    if (problem !== null) throw new Usage(`--quota: ${problem}`)
    const name = formatQuota(amount)
    byName.set(name, { name, ...amount, mode, destinationId: null })
  }
  return [...byName.values()]
}

/** One line for people: which quota is used up, and when it goes on. `nowMs` is epoch ms. */
export function usedUpLine(quota: QuotaState, untilMs: number, nowMs: number): string {
  const time = new Date(untilMs).toTimeString().slice(0, 8)
  return `The quota of ${formatQuota(quota)} is used up: going on at ${time}, in ${formatDuration(Math.max(0, untilMs - nowMs))}`
}
