import { z } from 'zod'
import { destinationSchema } from './destination.ts'
import type { LimitPlan } from './limit-plan.ts'
import { DEFAULT_LIMIT_PLAN } from './limit-plan.ts'
import { id, path, rate } from './values.ts'

/** What is kept between runs, and the changes that can be made to limits and quotas. */

const appearance = z.enum(['system', 'light', 'dark'])
export type Appearance = z.infer<typeof appearance>

const timerSchema = z.strictObject({ setAtMs: z.number(), untilMs: z.number() })
/** Longest "for a while": 30 days. */
const durationMs = z
  .number()
  .int()
  .min(1000)
  .max(30 * 86_400_000)
const timetableText = z.string().min(1).max(4096)
const timeZone = z.string().min(1).max(64).nullable()

const limitPlanSchema = z.strictObject({
  manual: rate,
  alternative: z.strictObject({ limitBytesPerSecond: rate, on: z.boolean() }),
  schedule: z.strictObject({ timetable: timetableText, timeZone, on: z.boolean() }).nullable(),
  override: z.strictObject({ limitBytesPerSecond: rate, setAtMs: z.number() }).nullable(),
  timed: timerSchema.extend({ limitBytesPerSecond: rate }).nullable(),
  paused: z.union([z.boolean(), timerSchema]),
}) satisfies z.ZodType<LimitPlan>

/** What can be done to the limit beside setting it and pausing. The newest wins; what it hides comes back after it. */
export const planChangeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('for'), limitBytesPerSecond: rate, durationMs }),
  z.strictObject({ kind: z.literal('end-timed') }),
  z.strictObject({ kind: z.literal('pause-for'), durationMs }),
  z.strictObject({ kind: z.literal('alternative'), on: z.boolean() }),
  z.strictObject({ kind: z.literal('alternative-limit'), limitBytesPerSecond: rate }),
  /** null takes the schedule away. */
  z.strictObject({ kind: z.literal('timetable'), timetable: timetableText.nullable(), timeZone }),
  z.strictObject({ kind: z.literal('schedule'), on: z.boolean() }),
])
export type PlanChange = z.infer<typeof planChangeSchema>

/** As many as a person keeps in view. */
export const MAX_QUOTAS = 50
const quotaName = z.string().trim().max(100)
const quotaMode = z.enum(['stop', 'spread'])

/** A budget over a moving window. */
export const quotaSchema = z.strictObject({
  /** What its counts are kept under. */
  name: quotaName.min(1),
  unit: z.enum(['bytes', 'requests', 'files', 'records']),
  amount: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  windowMs: z
    .number()
    .min(60_000)
    .max(366 * 86_400_000),
  /** Used up: nothing new begins, or what remains is spread evenly so that it never is. */
  mode: quotaMode,
  /** null: in total. */
  destinationId: id.nullable(),
})
export type QuotaSetting = z.infer<typeof quotaSchema>

/** A name that is known is changed and keeps its counts; '' makes one from the text. */
export const quotaChangeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('set'),
    name: quotaName,
    /** `20 GB/day`, `500 000 requests per hour`. */
    text: z.string().max(200),
    mode: quotaMode,
    destinationId: id.nullable(),
  }),
  z.strictObject({ kind: z.literal('remove'), name: quotaName.min(1) }),
])
export type QuotaChange = z.infer<typeof quotaChangeSchema>

/** A quota and how it stands; `used` and `left` in its unit. */
export interface QuotaView extends QuotaSetting {
  /** `20 GB per day`. */
  readonly text: string
  readonly used: number
  readonly left: number
  /** Nothing new begins before it; null while something may. */
  readonly blockedUntilMs: number | null
}

/** Few keys, written whole. */
export const settingsSchema = z.strictObject({
  appearance,
  /** Limits, schedule and timers that a start finds again. */
  limitPlan: limitPlanSchema,
  quotas: z.array(quotaSchema).max(MAX_QUOTAS),
  connections: z.number().int().min(1).max(64),
  partBytes: z
    .number()
    .int()
    .min(5 * 1024 * 1024)
    .max(5 * 1024 ** 3),
  multipartThresholdBytes: z
    .number()
    .int()
    .min(0)
    .max(5 * 1024 ** 3),
  selectedDestinationId: id.nullable(),
  destinations: z.array(destinationSchema).max(200),
  lastFolder: path.nullable(),
  /** A drop of more than a few files shows what would come of it before it starts. */
  askBeforeUpload: z.boolean(),
  /** In a browser's window: a notification as each batch ends while nobody looks. */
  notifyBatchEnd: z.boolean(),
})
export type Settings = z.infer<typeof settingsSchema>

export const DEFAULT_SETTINGS: Settings = {
  appearance: 'system',
  limitPlan: DEFAULT_LIMIT_PLAN,
  quotas: [],
  connections: 4,
  partBytes: 8 * 1024 * 1024,
  multipartThresholdBytes: 8 * 1024 * 1024,
  selectedDestinationId: null,
  destinations: [],
  lastFolder: null,
  askBeforeUpload: true,
  notifyBatchEnd: false,
}
