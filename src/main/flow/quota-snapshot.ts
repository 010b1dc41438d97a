import type { Parsed } from '../../shared/units.ts'
import type { Bucket } from './moving-window.ts'

export type QuotaUnit = 'bytes' | 'requests' | 'files' | 'records'
export const QUOTA_UNITS: readonly QuotaUnit[] = ['bytes', 'requests', 'files', 'records']

/** What a restart must not forget of one quota. Times are the wall clock's. */
export interface SavedQuota {
  readonly name: string
  readonly unit: QuotaUnit
  readonly total: number
  readonly runMs: number
  readonly buckets: readonly Bucket[]
}

/** Plain data for a JSON file. */
export interface QuotaSnapshot {
  readonly version: 1
  readonly quotas: readonly SavedQuota[]
}

/** Reads what `Quotas.snapshot` wrote and a file gave back. Never throws; a broken file is refused as a whole. */
export function readQuotaSnapshot(json: unknown): Parsed<QuotaSnapshot> {
  const wrong = { ok: false, message: 'The saved quota counts cannot be read, so counting starts anew.' } as const
  if (!isRecord(json) || json.version !== 1 || !Array.isArray(json.quotas)) return wrong
  const quotas: SavedQuota[] = []
  for (const entry of json.quotas) {
    const quota = readQuota(entry)
    if (quota === null) return wrong
    quotas.push(quota)
  }
  return { ok: true, value: { version: 1, quotas } }
}

function readQuota(entry: unknown): SavedQuota | null {
  if (!isRecord(entry) || typeof entry.name !== 'string' || !Array.isArray(entry.buckets)) return null
  const unit = QUOTA_UNITS.find((known) => known === entry.unit)
  if (unit === undefined || !isCount(entry.total) || !isCount(entry.runMs)) return null
  const buckets: Bucket[] = []
  for (const bucket of entry.buckets) {
    if (!isRecord(bucket) || !isCount(bucket.endMs) || !isCount(bucket.count)) return null
    buckets.push({ endMs: bucket.endMs, count: bucket.count })
  }
  return { name: entry.name, unit, total: entry.total, runMs: entry.runMs, buckets }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
